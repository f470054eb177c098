import { expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

test("keys that stand twice in a properties file are told of", () => {
  const { warnings } = parse({ "models/m.sql": "select 1", "models/s.yml": "models: []\n\nmodels: [{name: m}]\n" });
  expect(warnings).toEqual([
    `DuplicateYAMLKeysDeprecation: Duplicate key 'models' in "<unicode string>", line 3, column 1 in file \`models/s.yml\``,
  ]);
});

test("a properties file enables an analysis that the project disables", () => {
  const project = {
    "dbt_project.yml":
      "name: shop\nprofile: shop\nanalyses: {+enabled: false}\nflags: {require_corrected_analysis_fqns: true}\n",
  };
  const files = { ...project, "analyses/a.sql": "select 1", "analyses/b.sql": "select 2" };
  const { manifest } = parse({ ...files, "analyses/s.yml": "analyses: [{name: a, config: {enabled: true}}]" });
  expect(Object.keys(manifest.nodes)).toEqual(["analysis.shop.a"]);
  expect(Object.keys(manifest.disabled)).toEqual(["analysis.shop.b"]);
});

test.each([
  ["{count: 1}", "`freshness.build_after` must have a value for `period` if a `count` is provided"],
  ["{period: day}", "`freshness.build_after` must have a value for `count` if a `period` is provided"],
])("build_after: %s is refused", (after, message) => {
  const yml = `models: [{name: m, config: {freshness: {build_after: ${after}}}}]`;
  expect(parseError({ "models/m.sql": "select 1", "models/s.yml": yml }).message).toBe(message);
});

test("doc blocks are those that are the text itself", () => {
  const columns = [
    `{name: a, doc_blocks: 2, description: "{{ doc('x') }}"}`,
    `{name: b, description: "{{ doc('x').upper() }}"}`,
    `{name: c, description: "{{ doc('x') ~ '!' }}"}`,
  ];
  const { node } = parse({
    "models/m.sql": "select 1",
    "models/d.md": "{% docs x %}text{% enddocs %}",
    "models/s.yml": `models: [{name: m, columns: [${columns.join(", ")}]}]`,
  });
  const { a, b, c } = node("model.shop.m").columns;
  expect([a, b, c].map((column) => [column?.description, column?.doc_blocks])).toEqual([
    ["text", ["doc.shop.x"]],
    ["TEXT", []],
    ["text!", []],
  ]);
});

test("a schema macro that answers nothing leaves the schema empty, with a warning", () => {
  const macro = "{% macro generate_schema_name(custom, node) %}{{ return(none) }}{% endmacro %}";
  const { node, warnings } = parse({ "models/m.sql": "select 1", "macros/s.sql": macro });
  expect(node("model.shop.m").schema).toBeNull();
  expect(warnings[0]).toMatch(/^GenerateSchemaNameNullValueDeprecation: /);
});

test("the primary key of several unique columns is listed in order", () => {
  const yml = "models: [{name: m, columns: [{name: b, data_tests: [unique]}, {name: a, data_tests: [unique]}]}]";
  const { node } = parse({ "models/m.sql": "select 1 as a, 2 as b", "models/s.yml": yml });
  expect(node("model.shop.m").primary_key).toEqual(["a", "b"]);
});

test("kinds of semantic models are read without case, and their elements' descriptions are rendered", () => {
  const semantic = `semantic_models:
  - name: sm
    model: ref('m')
    defaults: {agg_time_dimension: at}
    dimensions: [{name: at, type: TIME, type_params: {time_granularity: DAY}, description: "{{ doc('x') }}"}]
    entities: [{name: id, type: PRIMARY, description: "{{ doc('x') }}"}]
    measures: [{name: rows, agg: SUM, expr: 1}]
metrics: [{name: row_count, label: Rows, type: SIMPLE, type_params: {measure: rows}}]
`;
  const { other } = parse({
    "models/m.sql": "select 1 as id, today() as at",
    "models/d.md": "{% docs x %}text{% enddocs %}",
    "models/s.yml": semantic,
  });
  expect(other("semantic_models", "semantic_model.shop.sm")).toMatchObject({
    dimensions: [{ type: "time", type_params: { time_granularity: "day" }, description: "text" }],
    entities: [{ type: "primary", description: "text" }],
    measures: [{ agg: "sum" }],
  });
  expect(other("metrics", "metric.shop.row_count")).toMatchObject({ type: "simple" });
});
