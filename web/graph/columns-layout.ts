/** Width of a table, height of its name and of each of its columns, in pixels. */
export const nodeWidth = 210;
export const headHeight = 28;
export const lineHeight = 20;
const gapX = 64;
const gapY = 18;

interface Node {
  id: string;
  columns: readonly string[];
}
interface Edge {
  from: { node: string };
  to: { node: string };
}

export interface PlacedTables {
  nodes: Map<string, { x: number; y: number; height: number }>;
  width: number;
  height: number;
}

/** Tables from left to right, each behind the last of what it is made of. `nodes`: parents come first. */
export function columnsLayout(nodes: readonly Node[], edges: readonly Edge[]): PlacedTables {
  const rank = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { id } of nodes) {
    const before = edges
      .filter(({ from, to }) => to.node === id && from.node !== id)
      .map(({ from }) => rank.get(from.node) ?? 0);
    rank.set(id, before.length === 0 ? 0 : Math.max(...before) + 1);
  }
  // What nothing is made into stands right before what uses it first.
  for (const { id } of nodes) {
    if (edges.some(({ to }) => to.node === id)) continue;
    const after = edges.filter(({ from }) => from.node === id).map(({ to }) => rank.get(to.node) ?? 1);
    if (after.length > 0) rank.set(id, Math.max(0, Math.min(...after) - 1));
  }
  const layers: Node[][] = [];
  for (const node of nodes) (layers[rank.get(node.id) ?? 0] ??= []).push(node);
  const heightOf = ({ columns }: Node) => headHeight + columns.length * lineHeight + 8;
  const tall = (layer: Node[]) => layer.reduce((sum, node) => sum + heightOf(node) + gapY, -gapY);
  const all = Array.from(layers, (layer) => layer ?? []);
  const height = Math.max(0, ...all.map(tall));
  const placed: PlacedTables["nodes"] = new Map();
  for (const [i, layer] of all.entries()) {
    let y = 12 + (height - tall(layer)) / 2;
    for (const node of layer) {
      placed.set(node.id, { x: 12 + i * (nodeWidth + gapX), y, height: heightOf(node) });
      y += heightOf(node) + gapY;
    }
  }
  return { nodes: placed, width: all.length * (nodeWidth + gapX) - gapX + 24, height: height + 24 };
}
