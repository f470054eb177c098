/** Where nodes and edges of a graph stand, in pixels. */
export interface Placed {
  nodes: Map<string, { x: number; y: number }>;
  width: number;
  height: number;
}

export const nodeWidth = 190;
export const nodeHeight = 40;
const gapX = 70;
const gapY = 14;
/** Between columns of one layer. */
const gapInside = 24;
/** Width to height that a large drawing should come near to. */
const aspect = 1.9;

/**
 * A layered drawing from left to right: a node stands one layer behind the last of what it needs, and within its layer near
 * what it is connected to (barycentres, a few sweeps). Linear but for the sorting; a thousand nodes take some milliseconds.
 */
export function layout(ids: readonly string[], edges: readonly (readonly [string, string])[]): Placed {
  const parents = new Map<string, string[]>(ids.map((id) => [id, []]));
  const children = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const [from, to] of edges) {
    if (!parents.has(to) || !children.has(from)) continue;
    parents.get(to)?.push(from);
    children.get(from)?.push(to);
  }
  const layers = ranks(ids, parents, children);
  for (let sweep = 0; sweep < 6; sweep++) {
    const down = sweep % 2 === 0;
    const near = down ? parents : children;
    for (const layer of down ? layers : layers.toReversed()) sortByNeighbours(layer, near, layers);
  }
  // A layer of hundreds is folded into several columns: a thin strip could not be read at any zoom.
  const most = Math.max(14, Math.ceil(Math.sqrt((ids.length * (nodeWidth + gapX)) / ((nodeHeight + gapY) * aspect))));
  const tallest = Math.min(most, Math.max(1, ...layers.map((layer) => layer.length)));
  const height = tallest * (nodeHeight + gapY);
  const nodes = new Map<string, { x: number; y: number }>();
  let x = 20;
  for (const layer of layers) {
    const columns = Math.max(1, Math.ceil(layer.length / most));
    const rows = Math.ceil(layer.length / columns);
    const top = (height - rows * (nodeHeight + gapY)) / 2;
    for (const [i, id] of layer.entries()) {
      // Along the rows, so that neighbours of the order stay near each other.
      const [row, column] = [Math.floor(i / columns), i % columns];
      nodes.set(id, { x: x + column * (nodeWidth + gapInside), y: 20 + top + row * (nodeHeight + gapY) });
    }
    x += columns * (nodeWidth + gapInside) - gapInside + gapX;
  }
  return { nodes, width: x - gapX + 20, height: height + 40 - gapY };
}

function ranks(ids: readonly string[], parents: Map<string, string[]>, children: Map<string, string[]>): string[][] {
  const rank = new Map<string, number>();
  const open = new Map([...parents].map(([id, list]) => [id, list.length]));
  const ready = ids.filter((id) => open.get(id) === 0);
  for (let at = 0; at < ready.length; at++) {
    const id = ready[at] ?? "";
    const own = Math.max(-1, ...(parents.get(id) ?? []).map((parent) => rank.get(parent) ?? 0)) + 1;
    rank.set(id, own);
    for (const child of children.get(id) ?? []) {
      const left = (open.get(child) ?? 0) - 1;
      open.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  // A source stands right before the first that uses it.
  for (const id of ids) {
    const uses = children.get(id) ?? [];
    if ((parents.get(id) ?? []).length > 0 || uses.length === 0) continue;
    rank.set(id, Math.max(0, Math.min(...uses.map((child) => rank.get(child) ?? 1)) - 1));
  }
  const layers: string[][] = [];
  for (const id of ids) (layers[rank.get(id) ?? 0] ??= []).push(id);
  return Array.from(layers, (layer) => layer ?? []);
}

function sortByNeighbours(layer: string[], near: Map<string, string[]>, layers: string[][]): void {
  const at = new Map<string, number>();
  for (const each of layers)
    for (const [i, id] of each.entries()) at.set(id, each.length < 2 ? 0.5 : i / (each.length - 1));
  const center = new Map(
    layer.map((id) => {
      const own = (near.get(id) ?? []).map((other) => at.get(other) ?? 0.5);
      return [id, own.length === 0 ? (at.get(id) ?? 0.5) : own.reduce((a, b) => a + b, 0) / own.length];
    }),
  );
  layer.sort((a, b) => (center.get(a) ?? 0) - (center.get(b) ?? 0));
}

/** Everything before and behind a node, itself included. */
export function family(id: string, edges: readonly (readonly [string, string])[]): Set<string> {
  const found = new Set([id]);
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const next = new Map<string, string[]>();
    for (const edge of edges) {
      const list = next.get(edge[from]);
      if (list) list.push(edge[to]);
      else next.set(edge[from], [edge[to]]);
    }
    const todo = [id];
    const seen = new Set(todo);
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      for (const other of next.get(at) ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        found.add(other);
        todo.push(other);
      }
    }
  }
  return found;
}
