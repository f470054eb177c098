import type { Graph } from "./graph.ts";

/**
 * One circle of the graph as unique ids, parents before children, or undefined when there is none.
 * Depth-first from the first node on, so the same graph always names the same circle.
 */
export function findCycle(graph: Graph): string[] | undefined {
  const state = new Uint8Array(graph.size); // 0 new, 1 on the path, 2 done
  for (let root = 0; root < graph.size; root++) {
    if (state[root]) continue;
    const path: number[] = [root];
    const cursor: number[] = [0];
    state[root] = 1;
    while (path.length > 0) {
      const top = path.length - 1;
      const at = path[top] as number;
      const next = graph.childrenAt(at)[cursor[top] as number];
      if (next === undefined) {
        state[at] = 2;
        path.pop();
        cursor.pop();
      } else {
        cursor[top] = (cursor[top] as number) + 1;
        if (state[next] === 1) return path.slice(path.indexOf(next)).map((i) => graph.ids[i] as string);
        if (!state[next]) {
          state[next] = 1;
          path.push(next);
          cursor.push(0);
        }
      }
    }
  }
  return undefined;
}
