import { expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { buildGraph, manifestSelectors, parseSelectors, selectNodes } from "./index.ts";
import { node, testManifest } from "./test-manifest.ts";

const manifest = testManifest(
  node("model", "a", [], { tags: ["t"] }),
  node("model", "b", ["model.p.a"]),
  node("model", "c", ["model.p.b"]),
  node("test", "ab", ["model.p.a", "model.p.b"]),
);
const graph = buildGraph(manifest);

function file(data: unknown) {
  return {
    file: "selectors.yml",
    document: { data, position: (path: (string | number)[]) => ({ line: path.length, column: 1 }) },
  };
}
function choose(definition: unknown, selector = "s") {
  const selectors = parseSelectors(
    file({
      selectors: [
        { name: "s", definition },
        { name: "base", definition: "tag:t+" },
      ],
    }),
  );
  return [...selectNodes(manifest, graph, { selector, selectors }).selected].map((id) => id.split(".").at(-1)).sort();
}

test.each([
  ["+c", ["a", "ab", "b", "c"]],
  [{ tag: "t" }, ["a", "ab"]],
  [{ method: "fqn", value: "a", children: true, children_depth: 1 }, ["a", "ab", "b"]],
  [{ method: "fqn", value: "a", indirect_selection: "cautious" }, ["a"]],
  [{ union: ["a", { fqn: "c" }] }, ["a", "ab", "c"]],
  [{ intersection: ["+b", "a+", { exclude: ["ab"] }] }, ["a", "b"]],
  [{ union: ["+c", { exclude: ["c", "ab"] }] }, ["a", "b"]],
  [{ method: "fqn", value: "*", exclude: ["b", "ab"] }, ["a", "c"]],
  [{ method: "selector", value: "base" }, ["a", "ab", "b", "c"]],
  [{ union: [{ method: "selector", value: "base" }, { exclude: [{ method: "selector", value: "base" }] }] }, []],
])("%o", (definition, expected) => {
  expect(choose(definition)).toEqual(expected);
});

test.each([
  [{ union: ["a"], intersection: ["b"] }, /Only a single 'union' or 'intersection'/, 3],
  [{ union: "a" }, /Expected a list/, 4],
  [{ union: ["a", { exclude: ["b"] }, { exclude: ["c"] }] }, /multiple exclude/, 5],
  [{ union: [3] }, /Invalid value type/, 5],
  [{ odd: "x" }, /'odd' is not a valid method name/, 3],
  [{ method: "fqn", parents: true }, /Expected either 1 key/, 3],
  [["a"], /no lists/, 3],
])("%o is refused at its place", (definition, message, line) => {
  try {
    parseSelectors(file({ selectors: [{ name: "s", definition }] }));
    expect.unreachable();
  } catch (error) {
    if (!isLabsError(error)) throw error;
    expect(error.message).toMatch(message);
    expect(error.place).toMatchObject({ file: "selectors.yml", line });
  }
});

test("defaults: used when nothing is asked for, at most one", () => {
  const entry = (name: string, definition: string) => ({ name, definition, default: true });
  const selectors = parseSelectors(file({ selectors: [entry("only", "c")] }));
  const { selected, warnings } = selectNodes(manifest, graph, { selectors });
  expect([...selected]).toEqual(["model.p.c"]);
  expect(warnings).toEqual([
    { level: "info", name: "DefaultSelector", code: "Q023", text: "Using default selector only" },
  ]);
  expect(selectNodes(manifest, graph, { selectors, select: ["b"] }).selected.has("model.p.b")).toBe(true);
  expect(() => parseSelectors(file({ selectors: [entry("x", "a"), entry("y", "b")] }))).toThrow(/x and y/);
});

test("an unknown selector and a circle are errors", () => {
  expect(() => choose("a", "bas")).toThrow(/Could not find selector named bas/);
  expect(() => choose({ method: "selector", value: "s" })).toThrow(/Circular dependency/);
  expect(() => choose({ method: "selector", value: "none" })).toThrow(/did not match any selector/);
});

test("the manifest records selectors taken apart", () => {
  const data = { selectors: [{ name: "s", description: "d", definition: { union: ["2+tag:t+", { fqn: "a" }] } }] };
  expect(manifestSelectors(data)).toEqual({
    s: {
      name: "s",
      description: "d",
      definition: {
        union: [
          { parents: true, parents_depth: "2", method: "tag", value: "t", children: true },
          { method: "fqn", value: "a" },
        ],
      },
    },
  });
});
