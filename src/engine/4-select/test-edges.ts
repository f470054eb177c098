import type { Manifest } from "../manifest/types.ts";
import { dependencies } from "./build-graph.ts";
import type { Graph } from "./graph.ts";

/**
 * The graph of `build`: a node additionally waits for every test whose parents are all among its ancestors.
 * dbt adds one edge for each such pair; here only the nearest such nodes get one, which orders everything alike.
 */
export function addTestEdges(graph: Graph, manifest: Manifest): Graph {
  const byParents = new Map<string, { parents: string[]; tests: string[] }>();
  for (const node of Object.values(manifest.nodes)) {
    if (node.resource_type !== "test") continue;
    const parents = [...new Set(dependencies(node))].sort();
    if (parents.length === 0) continue;
    const key = parents.join("\n");
    const group = byParents.get(key);
    if (group) group.tests.push(node.unique_id);
    else byParents.set(key, { parents, tests: [node.unique_id] });
  }
  const kinds = graph.ids.map((id) => {
    const type = manifest.nodes[id]?.resource_type;
    return type === undefined ? "pass" : type === "test" ? "test" : "wait";
  });
  const edges: [string, string][] = [];
  for (const { parents, tests } of byParents.values()) {
    for (const node of nearest(
      graph,
      parents.map((id) => graph.at(id)),
      kinds,
    )) {
      for (const test of tests) edges.push([test, graph.ids[node] as string]);
    }
  }
  return graph.withTestEdges(edges);
}

/** The nearest nodes that wait and have all of `parents` upstream. */
function nearest(graph: Graph, parents: number[], kinds: readonly string[]): Set<number> {
  const [first] = parents;
  if (first === undefined) return new Set();
  let start: readonly number[];
  if (parents.length === 1) start = graph.childrenAt(first);
  else {
    let common = downstream(graph, first);
    for (const parent of parents.slice(1)) {
      const other = downstream(graph, parent);
      common = new Set([...common].filter((at) => other.has(at)));
    }
    start = [...common].filter((at) => !graph.parentsAt(at).some((up) => common.has(up)));
  }
  const found = new Set<number>();
  const seen = new Set<number>(start);
  for (const at of seen) {
    if (kinds[at] === "wait") found.add(at);
    else if (kinds[at] === "pass") for (const child of graph.childrenAt(at)) seen.add(child);
  }
  return found;
}

function downstream(graph: Graph, from: number): Set<number> {
  const seen = new Set<number>(graph.childrenAt(from));
  for (const at of seen) for (const child of graph.childrenAt(at)) seen.add(child);
  return seen;
}
