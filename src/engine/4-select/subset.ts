import { Graph } from "./graph.ts";

/**
 * The graph of the selected nodes only: what was connected through unselected nodes is connected directly.
 * Test edges become plain edges: the result is for execution, not for selection.
 * For running, {@link RunQueue} does the same without writing the edges down.
 */
export function subsetGraph(graph: Graph, selected: ReadonlySet<string>): Graph {
  const reachable = new Map<number, Set<number>>();
  const edges: [string, string][] = [];
  // Children first, so that what an unselected node leads to is known when its parents ask.
  for (const at of topological(graph).reverse()) {
    const targets = new Set<number>();
    for (const child of graph.childrenAt(at, true)) {
      if (selected.has(graph.ids[child] as string)) targets.add(child);
      else for (const through of reachable.get(child) ?? []) targets.add(through);
    }
    const id = graph.ids[at] as string;
    if (selected.has(id)) for (const target of targets) edges.push([id, graph.ids[target] as string]);
    else if (targets.size > 0) reachable.set(at, targets);
  }
  return Graph.from(
    graph.ids.filter((id) => selected.has(id)),
    edges,
  );
}

/** Positions of all nodes, parents before children, test edges included. */
export function topological(graph: Graph): number[] {
  const waiting = graph.ids.map((_, at) => graph.parentsAt(at, true).length);
  const order: number[] = [];
  for (let at = 0; at < graph.size; at++) if (waiting[at] === 0) order.push(at);
  for (let i = 0; i < order.length; i++) {
    for (const child of graph.childrenAt(order[i] as number, true)) {
      const left = (waiting[child] as number) - 1;
      waiting[child] = left;
      if (left === 0) order.push(child);
    }
  }
  return order;
}
