import { describe, expect, it } from "vitest";
import { family, layout, nodeHeight, nodeWidth } from "./layout.ts";

const large = () => {
  const ids = Array.from({ length: 1000 }, (_, i) => `n${i}`);
  const edges = ids.slice(100).map((id, i): [string, string] => [`n${(i * 7919) % (i + 100)}`, id]);
  return { ids, edges };
};

describe("the layout of a graph", () => {
  it("puts every node behind what it needs, and none upon another", () => {
    const { ids, edges } = large();
    const { nodes, width, height } = layout(ids, edges);
    expect(nodes.size).toBe(1000);
    for (const [from, to] of edges) expect(nodes.get(from)?.x).toBeLessThan(nodes.get(to)?.x ?? 0);
    const all = [...nodes.values()];
    expect(new Set(all.map(({ x, y }) => `${x} ${y}`)).size).toBe(1000);
    for (const { x, y } of all) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x + nodeWidth).toBeLessThanOrEqual(width);
      expect(y + nodeHeight).toBeLessThanOrEqual(height);
    }
  });

  it("folds a layer of hundreds into columns", () => {
    const ids = Array.from({ length: 800 }, (_, i) => `n${i}`);
    const { width, height } = layout(ids, []);
    expect(width / height).toBeGreaterThan(0.8);
    expect(width / height).toBeLessThan(4);
  });

  it("draws a circle, which dbt would refuse, without hanging", () => {
    const { nodes } = layout(
      ["a", "b", "c"],
      [
        ["a", "b"],
        ["b", "a"],
        ["b", "c"],
      ],
    );
    expect(nodes.size).toBe(3);
  });
});

describe("the family of a node", () => {
  it("is what lies before and behind it, not beside it", () => {
    const edges: [string, string][] = [
      ["a", "b"],
      ["b", "c"],
      ["a", "side"],
      ["x", "c"],
    ];
    expect([...family("b", edges)].sort()).toEqual(["a", "b", "c"]);
  });
});
