import { describe, expect, it } from "vitest";
import { columnsLayout, nodeWidth } from "./columns-layout.ts";

const edge = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });
const nodes = (...ids: string[]) =>
  ids.map((id, i) => ({ id, columns: Array.from({ length: i + 1 }, (_, n) => `c${n}`) }));

describe("the drawing of column lineage", () => {
  it("puts every table behind what it is made of, and none upon another", () => {
    const edges = [edge("a", "c"), edge("b", "c"), edge("c", "d"), edge("a", "d"), edge("d", "e"), edge("b", "e")];
    const { nodes: placed, width, height } = columnsLayout(nodes("a", "b", "c", "d", "e"), edges);
    for (const { from, to } of edges)
      expect((placed.get(from.node)?.x ?? 0) + nodeWidth).toBeLessThan(placed.get(to.node)?.x ?? 0);
    const all = [...placed.values()];
    for (const [i, one] of all.entries()) {
      expect(one.x + nodeWidth).toBeLessThanOrEqual(width);
      expect(one.y + one.height).toBeLessThanOrEqual(height);
      for (const other of all.slice(i + 1).filter(({ x }) => x === one.x))
        expect(one.y >= other.y + other.height || other.y >= one.y + one.height).toBe(true);
    }
  });

  it("puts a source right before what uses it", () => {
    const { nodes: placed } = columnsLayout(nodes("a", "s", "b", "c"), [
      edge("a", "b"),
      edge("b", "c"),
      edge("s", "c"),
    ]);
    expect(placed.get("s")?.x).toBe(placed.get("b")?.x);
  });

  it("has a place for what is connected to nothing", () => {
    expect(columnsLayout(nodes("a"), []).nodes.get("a")).toMatchObject({ x: 12, y: 12 });
  });
});
