import { expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { buildGraph } from "./build-graph.ts";
import { findCycle } from "./cycle.ts";
import { Graph } from "./graph.ts";
import { subsetGraph } from "./subset.ts";
import { addTestEdges } from "./test-edges.ts";
import { node, testManifest } from "./test-manifest.ts";

const chain = Graph.from(
  ["a", "b", "c", "d"],
  [
    ["a", "b"],
    ["b", "c"],
    ["c", "d"],
    ["a", "b"],
  ],
);

test("ancestors and descendants stop at the given depth", () => {
  expect([...chain.descendants("a")]).toEqual(["b", "c", "d"]);
  expect([...chain.descendants("a", 1)]).toEqual(["b"]);
  expect([...chain.ancestors("d", 2)]).toEqual(["c", "b"]);
  expect([...chain.ancestors("d", 0)]).toEqual([]);
  expect(chain.children("a")).toEqual(["b"]);
});

test("@ takes the parents of everything downstream", () => {
  const graph = Graph.from(
    [],
    [
      ["a", "c"],
      ["b", "c"],
      ["x", "b"],
      ["c", "d"],
    ],
  );
  expect([...graph.selectChildrensParents(new Set(["a"]))].sort()).toEqual(["a", "b", "c", "d", "x"]);
});

test("the subset keeps what was connected through unselected nodes", () => {
  const subset = subsetGraph(chain, new Set(["a", "d"]));
  expect(subset.ids).toEqual(["a", "d"]);
  expect(subset.children("a")).toEqual(["d"]);
});

test("a cycle is reported as a whole, with its files", () => {
  expect(findCycle(chain)).toBeUndefined();
  const manifest = testManifest(
    node("model", "a", ["model.p.c"]),
    node("model", "b", ["model.p.a"]),
    node("model", "c", ["model.p.b"]),
    node("model", "free", []),
  );
  try {
    buildGraph(manifest);
    expect.unreachable();
  } catch (error) {
    if (!isLabsError(error)) throw error;
    expect(error.code).toBe("ENG-004");
    expect(error.message).toBe("Found a cycle: model.p.a --> model.p.b --> model.p.c");
    expect(error.hint).toContain("models/b.sql, models/c.sql, models/a.sql");
  }
});

test("a parent that is not in the manifest is an error", () => {
  expect(() => buildGraph(testManifest(node("model", "a", ["model.p.gone"])))).toThrow(/depends on 'model.p.gone'/);
});

test("a node waits for tests whose parents are all upstream of it, and for no others", () => {
  const manifest = testManifest(
    node("model", "a"),
    node("model", "b", ["model.p.a"]),
    node("model", "side"),
    node("model", "c", ["model.p.b", "model.p.side"]),
    node("test", "on_a", ["model.p.a"]),
    node("test", "on_a_and_side", ["model.p.a", "model.p.side"]),
    node("test", "on_c", ["model.p.c"]),
  );
  const graph = addTestEdges(buildGraph(manifest), manifest);
  const waits = (id: string) =>
    graph
      .parentsAt(graph.at(id), true)
      .map((at) => graph.ids[at])
      .filter((parent) => parent?.startsWith("test."));
  expect(waits("model.p.b")).toEqual(["test.p.on_a"]);
  expect(waits("model.p.c")).toEqual(["test.p.on_a_and_side"]);
  expect(waits("model.p.a")).toEqual([]);
  expect([...graph.dependents("test.p.on_a")].sort()).toEqual(["model.p.b", "model.p.c", "test.p.on_c"]);
  expect([...graph.descendants("test.p.on_a")]).toEqual([]);
});
