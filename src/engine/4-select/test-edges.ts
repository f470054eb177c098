import type { Manifest } from "../manifest/types.ts";
import type { Graph } from "./graph.ts";
import { topological } from "./subset.ts";

/** How a node behaves: it waits for tests, it is a test, or it only passes on what is upstream of it. */
type Kind = "wait" | "test" | "pass";

/**
 * The graph of `build`: a node additionally waits for every test whose parents are all among its ancestors.
 * dbt adds one edge for each such pair; here only the first such nodes on each way down get one, which orders
 * everything alike.
 */
export function addTestEdges(graph: Graph, manifest: Manifest): Graph {
  const single = new Map<number, number[]>();
  const multiple = new Map<string, { parents: number[]; tests: number[] }>();
  const kinds: Kind[] = graph.ids.map((id) => {
    const type = manifest.nodes[id]?.resource_type;
    return type === undefined ? "pass" : type === "test" ? "test" : "wait";
  });
  kinds.forEach((kind, test) => {
    if (kind !== "test") return;
    const parents = graph.parentsAt(test);
    const [only] = parents;
    if (parents.length === 1 && only !== undefined) append(single, only, test);
    if (parents.length < 2) return;
    const sorted = [...parents].sort((a, b) => a - b);
    const key = sorted.join();
    const group = multiple.get(key);
    if (group) group.tests.push(test);
    else multiple.set(key, { parents: sorted, tests: [test] });
  });

  const edges: [number, number][] = [];
  const add = (tests: number[], nodes: Iterable<number>) => {
    for (const node of nodes) for (const test of tests) edges.push([test, node]);
  };
  for (const [parent, tests] of single)
    add(
      tests,
      firstBelow(graph, parent, kinds, () => true),
    );
  if (multiple.size > 0) {
    const ancestry = new Ancestry(
      graph,
      [...multiple.values()].flatMap(({ parents }) => parents),
    );
    for (const { parents, tests } of multiple.values()) {
      // Whatever is below all parents is below the one that comes last.
      const last = parents.reduce((a, b) => (ancestry.order(a) > ancestry.order(b) ? a : b));
      const others = parents.filter((parent) => parent !== last);
      const below = (node: number) => others.every((parent) => ancestry.has(node, parent));
      add(tests, firstBelow(graph, last, kinds, below));
    }
  }
  return graph.withTestEdges(edges);
}

function append(map: Map<number, number[]>, key: number, value: number): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

/** The first nodes below `start` that wait and satisfy the condition, on every way down. */
function firstBelow(graph: Graph, start: number, kinds: readonly Kind[], fits: (node: number) => boolean): number[] {
  const found: number[] = [];
  const seen = new Set(graph.childrenAt(start));
  for (const at of seen) {
    if (kinds[at] === "test") continue;
    if (kinds[at] === "wait" && fits(at)) found.push(at);
    else for (const child of graph.childrenAt(at)) seen.add(child);
  }
  return found;
}

/** Which of some chosen nodes are ancestors of a node: one bit each. */
class Ancestry {
  private readonly bit = new Map<number, number>();
  private readonly bits: Uint32Array;
  private readonly width: number;
  private readonly place: Int32Array;

  constructor(graph: Graph, chosen: number[]) {
    for (const at of chosen) if (!this.bit.has(at)) this.bit.set(at, this.bit.size);
    this.width = Math.ceil(this.bit.size / 32);
    this.bits = new Uint32Array(this.width * graph.size);
    this.place = new Int32Array(graph.size);
    topological(graph).forEach((at, place) => {
      this.place[at] = place;
      for (const parent of graph.parentsAt(at)) {
        for (let word = 0; word < this.width; word++) {
          const own = at * this.width + word;
          this.bits[own] = (this.bits[own] as number) | (this.bits[parent * this.width + word] as number);
        }
        const own = this.bit.get(parent);
        if (own !== undefined) this.set(at, own);
      }
    });
  }

  /** Place in topological order. */
  order(at: number): number {
    return this.place[at] as number;
  }

  /** Whether `ancestor`, one of the chosen, is upstream of a node. */
  has(at: number, ancestor: number): boolean {
    const own = this.bit.get(ancestor) as number;
    return ((this.bits[at * this.width + (own >> 5)] as number) & (1 << (own & 31))) !== 0;
  }

  private set(at: number, own: number): void {
    const word = at * this.width + (own >> 5);
    this.bits[word] = (this.bits[word] as number) | (1 << (own & 31));
  }
}
