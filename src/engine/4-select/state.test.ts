import { noteMissingMacro } from "../manifest/missing-macro.ts";
import { expect, test } from "vitest";
import { buildGraph, selectNodes } from "./index.ts";
import { node, testManifest } from "./test-manifest.ts";

type Change = Record<string, unknown>;

/** Which of a few nodes are selected when the older manifest differs by `change` in model `a`. */
function changed(spec: string, change: Change = {}, now: Change = {}) {
  const macro = (sql: string) => node("macro", "m", [], { macro_sql: sql, depends_on: { macros: [] } });
  const nodes = (own: Change, sql = "1") => [
    node("model", "a", [], { depends_on: { macros: ["macro.p.m"], nodes: [] }, ...own }),
    node("model", "b", ["model.p.a"]),
    node("test", "t", ["model.p.b"], {
      test_metadata: { name: "unique", kwargs: {}, namespace: null },
      depends_on: { macros: ["macro.dbt.test_unique"], nodes: ["model.p.b"] },
    }),
    macro(sql),
  ];
  const manifest = testManifest(...nodes(now));
  const { macro: sql, ...own } = change as Change & { macro?: string };
  const previous = testManifest(...nodes(own, sql));
  const result = selectNodes(manifest, buildGraph(manifest), {
    select: [spec],
    indirectSelection: "empty",
    previousState: { folder: "state", manifest: previous },
  });
  return { ids: [...result.selected].sort(), warnings: result.warnings };
}

test.each([
  ["state:modified", {}, []],
  ["state:modified", { raw_code: "select 2" }, ["model.p.a"]],
  ["state:modified.body", { raw_code: "select 2" }, ["model.p.a"]],
  ["state:modified.configs", { raw_code: "select 2" }, []],
  ["state:modified.configs", { unrendered_config: { materialized: "table" } }, ["model.p.a"]],
  ["state:modified.configs", { unrendered_config: { tags: ["x"], schema: "s" } }, []],
  ["state:modified.relation", { unrendered_config: { schema: "s" } }, ["model.p.a"]],
  ["state:modified", { description: "other" }, []],
  ["state:modified", { fqn: ["p", "moved", "a"] }, ["model.p.a"]],
  ["state:modified", { access: "public" }, ["model.p.a"]],
  ["state:modified", { macro: "2" }, ["model.p.a"]],
  ["state:modified.macros", { macro: "2" }, ["model.p.a"]],
  ["state:new", { unique_id: "model.p.z", name: "z" }, ["model.p.a"]],
  ["state:old", {}, ["model.p.a", "model.p.b", "test.p.t"]],
  ["state:unmodified", { raw_code: "select 2" }, ["model.p.b", "test.p.t"]],
])("%s after %o", (spec, change, expected) => {
  expect(changed(spec, change).ids).toEqual(expected);
});

test("a generic test whose macro is gone cannot be compared", () => {
  const test = node("test", "t", [], { test_metadata: { name: "gone", kwargs: {}, namespace: null } });
  noteMissingMacro(test);
  const macro = node("macro", "test_gone", [], { macro_sql: "1", depends_on: { macros: [] } });
  const manifest = testManifest(test);
  const select = () =>
    selectNodes(manifest, buildGraph(manifest), {
      select: ["state:modified"],
      indirectSelection: "empty",
      command: "run",
      previousState: { manifest: testManifest(test, macro) },
    } as never);
  expect(select).toThrow("Node 't' (in models/t.sql) depends on a macro or test that does not exist.");
});

test("descriptions count where they are persisted", () => {
  const persisted = { config: { enabled: true, persist_docs: { relation: true } } };
  expect(changed("state:modified", { ...persisted, description: "old" }, persisted).ids).toEqual(["model.p.a"]);
});

const contract = { enforced: true, alias_types: true, checksum: "new" };
const column = (type: string) => ({ id: { name: "id", data_type: type, constraints: [] } });
const before = { contract: { ...contract, checksum: "old" }, columns: column("int") };

test("a breaking change of an unversioned contract is a warning, of a versioned one an error", () => {
  const now = { contract, columns: column("text") };
  const { ids, warnings } = changed("state:modified.contract", before, now);
  expect(ids).toEqual(["model.p.a"]);
  expect(warnings.map((warning) => warning.name)).toEqual(["UnversionedBreakingChange"]);
  expect(warnings[0]?.text).toContain("id (int -> text)");
  const versioned = { version: 1, latest_version: 1 };
  expect(() => changed("state:modified", { ...before, ...versioned }, { ...now, ...versioned })).toThrow(
    /breaking change to an enforced contract/,
  );
});

test("a wider type and a new column break nothing", () => {
  const now = { contract, columns: { ...column("INT(4)"), z: { name: "z", data_type: "int", constraints: [] } } };
  const { ids, warnings } = changed("state:modified.contract", before, now);
  expect([ids, warnings]).toEqual([["model.p.a"], []]);
});

test("a contracted model that is gone is reported", () => {
  const { warnings } = changed("state:modified", { ...before, unique_id: "model.p.gone", name: "gone" });
  expect(warnings[0]?.text).toContain("Contracted model 'model.p.gone' was deleted or renamed.");
});

test("seeds too large to hash say so", () => {
  const seed = (checksum: string) =>
    testManifest(node("seed", "s", [], { checksum: { name: "path", checksum }, raw_code: "" }));
  const now = seed("data/s.csv");
  const ask = (then: typeof now) =>
    selectNodes(now, buildGraph(now), { select: ["state:modified"], previousState: { folder: "x", manifest: then } });
  expect(ask(seed("data/s.csv")).warnings.map((warning) => warning.code)).toContain("I053");
  expect([...ask(seed("old/s.csv")).selected]).toEqual(["seed.p.s"]);
});
