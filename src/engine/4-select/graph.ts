/**
 * The dependency graph as adjacency lists of small integers. Edges run from parent to child.
 * Test edges (a model waits for the tests of its ancestors, `build` only) are kept apart: selection never walks them,
 * execution always does.
 */
export class Graph {
  /** Unique ids in the order in which dbt's linker meets them. */
  readonly ids: readonly string[];
  private readonly index: ReadonlyMap<string, number>;
  private readonly childLists: readonly (readonly number[])[];
  private readonly parentLists: readonly (readonly number[])[];
  private readonly testChildLists: readonly (readonly number[])[] | undefined;
  private readonly testParentLists: readonly (readonly number[])[] | undefined;

  private constructor(
    ids: readonly string[],
    index: ReadonlyMap<string, number>,
    edges: { children: number[][]; parents: number[][] },
    testEdges?: { children: number[][]; parents: number[][] },
  ) {
    this.ids = ids;
    this.index = index;
    this.childLists = edges.children;
    this.parentLists = edges.parents;
    this.testChildLists = testEdges?.children;
    this.testParentLists = testEdges?.parents;
  }

  /** A graph of the given nodes (in order) and `[parent, child]` edges; unknown ends are added, doubles are dropped. */
  static from(nodes: Iterable<string>, edges: Iterable<readonly [string, string]>): Graph {
    const ids: string[] = [];
    const index = new Map<string, number>();
    const children: number[][] = [];
    const parents: number[][] = [];
    const add = (id: string): number => {
      let at = index.get(id);
      if (at === undefined) {
        at = ids.length;
        index.set(id, at);
        ids.push(id);
        children.push([]);
        parents.push([]);
      }
      return at;
    };
    for (const id of nodes) add(id);
    for (const [parent, child] of edges) {
      const from = add(parent);
      const to = add(child);
      const known = parents[to] as number[];
      if (known.includes(from)) continue;
      known.push(from);
      (children[from] as number[]).push(to);
    }
    return new Graph(ids, index, { children, parents });
  }

  /** The same graph with test edges besides the real ones: positions `[test, node that waits]`, each pair once. */
  withTestEdges(edges: Iterable<readonly [number, number]>): Graph {
    const children: number[][] = this.ids.map(() => []);
    const parents: number[][] = this.ids.map(() => []);
    for (const [test, node] of edges) {
      (children[test] as number[]).push(node);
      (parents[node] as number[]).push(test);
    }
    const own = { children: this.childLists as number[][], parents: this.parentLists as number[][] };
    return new Graph(this.ids, this.index, own, { children, parents });
  }

  get size(): number {
    return this.ids.length;
  }

  get hasTestEdges(): boolean {
    return this.testChildLists !== undefined;
  }

  has(id: string): boolean {
    return this.index.has(id);
  }

  /** Position of a node in {@link ids}. */
  at(id: string): number {
    const at = this.index.get(id);
    if (at === undefined) throw new RangeError(`node ${id} is not in the graph`);
    return at;
  }

  /** Positions of the direct children; with `tests`, also of nodes that wait for this test. */
  childrenAt(at: number, tests = false): readonly number[] {
    const own = this.childLists[at] ?? [];
    const extra = tests ? this.testChildLists?.[at] : undefined;
    return extra?.length ? [...own, ...extra] : own;
  }

  parentsAt(at: number, tests = false): readonly number[] {
    const own = this.parentLists[at] ?? [];
    const extra = tests ? this.testParentLists?.[at] : undefined;
    return extra?.length ? [...own, ...extra] : own;
  }

  children(id: string): string[] {
    return this.names(this.childrenAt(this.at(id)));
  }

  parents(id: string): string[] {
    return this.names(this.parentsAt(this.at(id)));
  }

  /** Everything upstream of a node, at most `depth` steps away (no limit when undefined). */
  ancestors(id: string, depth?: number): Set<string> {
    return this.walk([id], "up", depth);
  }

  /** Everything downstream of a node, at most `depth` steps away. */
  descendants(id: string, depth?: number): Set<string> {
    return this.walk([id], "down", depth);
  }

  /** Everything upstream of any of the nodes; a node of `selected` counts only when it is upstream of another one. */
  selectParents(selected: Iterable<string>, depth?: number): Set<string> {
    return this.walk(selected, "up", depth);
  }

  selectChildren(selected: Iterable<string>, depth?: number): Set<string> {
    return this.walk(selected, "down", depth);
  }

  /** The `@` operator: the nodes, everything downstream, and everything upstream of all that. */
  selectChildrensParents(selected: ReadonlySet<string>): Set<string> {
    const reached = this.selectChildren(selected);
    for (const id of selected) reached.add(id);
    const result = this.selectParents(reached);
    for (const id of reached) result.add(id);
    return result;
  }

  /** Direct children of all the nodes together. */
  successors(selected: Iterable<string>): Set<string> {
    const result = new Set<string>();
    for (const id of selected) for (const child of this.childrenAt(this.at(id))) result.add(this.ids[child] as string);
    return result;
  }

  /** Everything that must be skipped when a node fails: all descendants, test edges included. */
  dependents(id: string): Set<string> {
    return this.walk([id], "down", undefined, true);
  }

  private walk(start: Iterable<string>, way: "up" | "down", depth?: number, tests = false): Set<string> {
    const seen = new Uint8Array(this.size);
    const result = new Set<string>();
    let layer: number[] = [];
    for (const id of start) layer.push(this.at(id));
    for (let step = 0; layer.length > 0 && (depth === undefined || step < depth); step++) {
      const next: number[] = [];
      for (const at of layer) {
        for (const to of way === "up" ? this.parentsAt(at, tests) : this.childrenAt(at, tests)) {
          if (seen[to]) continue;
          seen[to] = 1;
          result.add(this.ids[to] as string);
          next.push(to);
        }
      }
      layer = next;
    }
    return result;
  }

  private names(positions: readonly number[]): string[] {
    return positions.map((at) => this.ids[at] as string);
  }
}
