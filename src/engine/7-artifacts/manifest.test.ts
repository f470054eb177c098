import { expect, test } from "vitest";
import { node, testManifest } from "../4-select/test-manifest.ts";
import { nodeRecord } from "./fields.ts";
import { manifestJson } from "./manifest.ts";

const now = new Date("2026-02-03T04:05:06.789Z");
const parsed = (...nodes: Record<string, unknown>[]) => JSON.parse(manifestJson(testManifest(...nodes), now));

test("the file has dbt's top-level keys in dbt's order", () => {
  const manifest = parsed();
  expect(Object.keys(manifest)).toEqual([
    "metadata",
    "nodes",
    "sources",
    "macros",
    "docs",
    "exposures",
    "metrics",
    "groups",
    "selectors",
    "disabled",
    "parent_map",
    "child_map",
    "group_map",
    "saved_queries",
    "semantic_models",
    "unit_tests",
    "functions",
  ]);
  expect(manifest.metadata).toMatchObject({
    dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v12.json",
    generated_at: "2026-02-03T04:05:06.789000Z",
    project_name: "p",
  });
});

test("a model has exactly dbt's fields, whatever the engine keeps on it", () => {
  const own = { _event_status: {}, config_call_dict: { a: 1 }, defer_relation: { x: 1 }, mine: 1 };
  const { nodes } = parsed(node("model", "a", [], { ...own, columns: { id: { name: "id", odd: 5 } } }));
  const model = nodes["model.p.a"];
  for (const key of Object.keys(own)) expect(model).not.toHaveProperty(key);
  expect(model).toMatchObject({ access: "protected", version: null, primary_key: [], time_spine: null, functions: [] });
  expect(model).not.toHaveProperty("compiled_code");
  expect(model.columns.id).toMatchObject({ description: "", data_type: null, dimension: null, doc_blocks: [], odd: 5 });
});

test("compiled nodes say so", () => {
  const { nodes } = parsed(node("model", "a", [], { compiled: true, compiled_code: "select 1", extra_ctes: [] }));
  expect(nodes["model.p.a"]).toMatchObject({ compiled: true, compiled_code: "select 1", extra_ctes: [] });
});

test.each([
  ["seed", ["root_path", "depends_on"], ["refs", "language", "compiled_path"]],
  ["snapshot", ["refs", "contract"], ["access", "index"]],
  ["operation", ["index"], ["access"]],
] as const)("%s", (type, has, hasNot) => {
  const record = nodeRecord(node(type, "x"));
  for (const key of has) expect(record).toHaveProperty(key);
  for (const key of hasNot) expect(record).not.toHaveProperty(key);
});

test("generic and singular tests differ in their fields", () => {
  const kind = { name: "unique", kwargs: {}, namespace: null };
  expect(nodeRecord(node("test", "g", [], { test_metadata: kind }))).toMatchObject({
    test_metadata: kind,
    attached_node: null,
  });
  expect(nodeRecord(node("test", "s"))).not.toHaveProperty("test_metadata");
});

test("maps of parents, children and groups are made from the nodes, sorted", () => {
  const manifest = testManifest(
    node("model", "b", ["model.p.a"], { group: "fin" }),
    node("model", "a", [], { group: "gone" }),
    node("model", "c", ["model.p.b", "model.p.a", "model.p.nowhere"]),
  );
  manifest.groups["group.p.fin"] = node("group", "fin") as never;
  const { parent_map, child_map, group_map } = JSON.parse(manifestJson(manifest, now));
  expect(parent_map["model.p.c"]).toEqual(["model.p.a", "model.p.b", "model.p.nowhere"]);
  expect(child_map).toEqual({ "model.p.b": ["model.p.c"], "model.p.a": ["model.p.b", "model.p.c"], "model.p.c": [] });
  expect(group_map).toEqual({ fin: ["model.p.b"] });
});

test("built-in macros have the same fields as a project's", () => {
  const macro = (name: string, pkg: string) => ({
    ...node("macro", name, [], { package_name: pkg, macro_sql: "{% macro m() %}{% endmacro %}" }),
    depends_on: { macros: [] },
    docs: { show: true, node_color: null },
    config: { meta: {}, docs: { show: true, node_color: null } },
    arguments: [],
    supported_languages: null,
  });
  const { macros } = parsed(macro("a", "dbt"), macro("b", "p"));
  expect(Object.keys(macros["macro.p.a"])).toEqual(Object.keys(macros["macro.p.b"]));
  expect(macros["macro.p.a"]).toEqual({
    ...macros["macro.p.b"],
    name: "a",
    unique_id: "macro.p.a",
    package_name: "dbt",
    path: "a.sql",
    original_file_path: "models/a.sql",
  });
});

test("Python values and big integers become JSON", () => {
  const date = { toPlain: () => "2020-01-01" };
  const text = manifestJson(
    testManifest(node("model", "a", [], { meta: { date, big: 2n ** 64n, list: [date] } })),
    now,
  );
  expect(text).toContain('"meta":{"date":"2020-01-01","big":18446744073709551616,"list":["2020-01-01"]}');
});
