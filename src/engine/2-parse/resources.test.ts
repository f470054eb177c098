import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

describe("vars", () => {
  const files = {
    "dbt_project.yml": "name: shop\nprofile: shop\nvars: {a: global, b: global, shop: {b: own}, lib: {c: root}}\n",
    "packages.yml": "packages: [{local: dbt_packages/lib}]\n",
    "dbt_packages/lib/dbt_project.yml": "name: lib\nvars: {a: lib, c: lib, d: lib}\n",
    "dbt_packages/lib/models/m.sql": "{{ config(meta={'v': [var('a'), var('c'), var('d')]}) }} select 1",
    "models/n.sql": "{{ config(meta={'v': [var('a'), var('b'), var('none', 'default')]}) }} select 1",
  };

  test("of the command line win over a package's key, that over the project's, that over the package's own", () => {
    expect(parse(files).node("model.shop.n").meta.v).toEqual(["global", "own", "default"]);
    expect(parse(files).node("model.lib.m").meta.v).toEqual(["global", "root", "lib"]);
    expect(parse(files, { vars: { b: "cli", d: "cli" } }).node("model.shop.n").meta.v).toEqual([
      "global",
      "cli",
      "default",
    ]);
    expect(parse(files, { vars: { d: "cli" } }).node("model.lib.m").meta.v).toEqual(["global", "root", "cli"]);
  });

  test("that properties miss are an error, those that models miss are None while parsing", () => {
    expect(parse({ "models/m.sql": "select {{ var('x') }}" }).node("model.shop.m").refs).toEqual([]);
    const yml = "models: [{name: m, config: {alias: \"{{ var('x') }}\"}}]";
    const error = parseError({ "models/m.sql": "select 1", "models/s.yml": yml });
    expect(error.message).toContain("Required var 'x' not found in config");
  });
});

describe("snapshots", () => {
  test("come from blocks and from properties", () => {
    const { node } = parse({
      "models/m.sql": "select 1 as id",
      "snapshots/a.sql":
        "{% snapshot a %}{{ config(unique_key='id', strategy='check', check_cols=['x'], target_schema='old') }} select * from {{ ref('m') }}{% endsnapshot %}",
      "snapshots/b.yml":
        "snapshots: [{name: b, relation: ref('m'), config: {unique_key: id, strategy: timestamp, updated_at: t, schema: new}}]",
    });
    expect(node("snapshot.shop.a")).toMatchObject({ fqn: ["shop", "a", "a"], schema: "old", refs: [{ name: "m" }] });
    expect(node("snapshot.shop.b")).toMatchObject({
      fqn: ["shop", "b"],
      schema: "main_new",
      raw_code: "select * from {{ ref('m') }}",
    });
  });

  test.each([
    ["strategy: check", "Snapshots must be configured with a 'strategy' and 'unique_key'."],
    [
      "strategy: check, unique_key: id",
      "A snapshot configured with the check strategy must specify a check_cols configuration.",
    ],
    [
      "strategy: timestamp, unique_key: id",
      "A snapshot configured with the timestamp strategy must specify an updated_at configuration.",
    ],
    [
      "strategy: check, unique_key: id, check_cols: x",
      "Invalid value for 'check_cols': x. Expected 'all' or a list of strings.",
    ],
  ])("refuse %s", (config, message) => {
    const yml = `snapshots: [{name: b, relation: ref('m'), config: {${config}}}]`;
    expect(parseError({ "models/m.sql": "select 1", "snapshots/b.yml": yml }).message).toContain(message);
  });
});

describe("unit tests", () => {
  const files = {
    "models/a.sql": "select 1 as id",
    "models/m.sql": "select * from {{ ref('a') }}",
    "tests/fixtures/rows.csv": "id,name\n1,x\n2,\n",
  };
  const unit = (more: string) => ({ ...files, "models/u.yml": `unit_tests:\n  - {name: u, model: m, ${more}}\n` });

  test("read rows in every format, fixtures too", () => {
    const { other } = parse(
      unit("given: [{input: ref('a'), format: csv, fixture: rows}], expect: {format: sql, rows: \"select 1\"}"),
    );
    expect(other("unit_tests", "unit_test.shop.m.u")).toMatchObject({
      given: [
        {
          input: "ref('a')",
          rows: [
            { id: "1", name: "x" },
            { id: "2", name: null },
          ],
          fixture: "rows",
        },
      ],
      expect: { rows: "select 1", format: "sql" },
      depends_on: { nodes: ["model.shop.m"] },
      fqn: ["shop", "m", "u"],
    });
  });

  test("are hashed as dbt hashes them, dates as texts", () => {
    const { other } = parse({
      "models/b_eph.sql": "select 1 as a",
      "models/c.sql": "select * from {{ ref('b_eph') }}",
      "models/u.yml": `unit_tests:
  - {name: u1, model: c, given: [{input: "ref('b_eph')", format: csv, rows: "a\\n1\\n"}], expect: {format: sql, rows: "select 1 as a"}, overrides: {vars: {x: 2}}}
  - {name: u2, model: c, given: [], expect: {rows: [{d: 2020-01-01}]}}
`,
    });
    expect(other("unit_tests", "unit_test.shop.c.u1").checksum).toBe(
      "0407e5c11dc9efefbbbc28083932d8fed88c4c2e4fd5c582245d79526356023d",
    );
    expect(other("unit_tests", "unit_test.shop.c.u2").expect).toMatchObject({ rows: [{ d: "2020-01-01" }] });
  });

  test.each([
    ["given: [{input: ref('a'), rows: 5}], expect: {rows: []}", "which do not match format dict"],
    ["given: [{input: ref('a'), format: csv, fixture: gone}], expect: {rows: []}", "File not found for fixture 'gone'"],
    ["versions: {include: [1]}, given: [], expect: {rows: []}", "should not have a versions include or exclude"],
  ])("refuse %s", (more, message) => {
    expect(parseError(unit(more)).message).toContain(message);
  });
});

describe("metrics", () => {
  const models = {
    "models/orders.sql": "select 1 as id",
    "models/sm.yml": `
semantic_models:
  - name: orders
    model: ref('orders')
    config: {meta: {sm: 1}}
    defaults: {agg_time_dimension: ts}
    entities: [{name: id, type: primary}]
    dimensions: [{name: ts, type: time, type_params: {time_granularity: day}}]
    measures: [{name: revenue, agg: sum, expr: 1, create_metric: true}, {name: cnt, agg: count, expr: id}]
metrics:
  - {name: rev, label: Rev, type: simple, type_params: {measure: {name: cnt, filter: "x > 1"}}}
  - {name: ratio, label: R, type: ratio, type_params: {numerator: rev, denominator: revenue}}
  - {name: cum, label: C, type: cumulative, type_params: {measure: cnt, cumulative_type_params: {window: 7 days}}}
`,
  };

  test("depend on the models of their measures, and take the measures of what they are made of", () => {
    const { other } = parse(models);
    const ratio = other("metrics", "metric.shop.ratio");
    expect(ratio.depends_on.nodes).toEqual(["metric.shop.rev", "metric.shop.revenue"]);
    expect((ratio.type_params as { input_measures: { name: string }[] }).input_measures.map((m) => m.name)).toEqual([
      "cnt",
      "revenue",
    ]);
    expect(other("metrics", "metric.shop.cum")).toMatchObject({
      depends_on: { nodes: ["semantic_model.shop.orders"] },
      type_params: { cumulative_type_params: { window: { count: 7, granularity: "day" }, period_agg: "first" } },
    });
  });

  test("are made of measures that ask for it", () => {
    const { other } = parse(models);
    expect(other("metrics", "metric.shop.revenue")).toMatchObject({
      label: "revenue",
      description: "Metric created from measure revenue",
      meta: { sm: 1 },
      type_params: { measure: { name: "revenue" }, expr: "1" },
    });
    expect(other("semantic_models", "semantic_model.shop.orders").measures).toMatchObject([
      { create_metric: false, expr: "1", config: { meta: { sm: 1 } } },
      {},
    ]);
  });

  test.each([
    [
      "{name: x, label: x, type: simple, type_params: {measure: gone}}",
      "A semantic model having a measure `gone` does not exist but was referenced.",
    ],
    [
      "{name: x, label: x, type: derived, type_params: {expr: a, metrics: [gone]}}",
      "The metric `gone` does not exist but was referenced by metric `x`.",
    ],
    ["{name: x, label: x, type: ratio, type_params: {numerator: rev}}", "Invalid ratio metric."],
    [
      "{name: x, label: x, type: cumulative, type_params: {measure: cnt, window: 7 days}}",
      "Semantic Manifest validation failed.",
    ],
    [
      "{name: x, label: x, type: cumulative, type_params: {measure: cnt, cumulative_type_params: {window: many days}}}",
      "Invalid count (many)",
    ],
  ])("%s is refused", (metric, message) => {
    const error = parseError({ ...models, "models/x.yml": `metrics: [${metric}]` });
    expect(error.message).toContain(message);
  });
});

describe("macros", () => {
  test("described wrongly are told", () => {
    const { warnings } = parse({
      "macros/m.sql": "{% macro a(x, y) %}{% endmacro %}",
      "macros/m.yml": "macros: [{name: a, arguments: [{name: z}]}, {name: gone}]",
    });
    expect(warnings).toEqual([
      "InvalidMacroAnnotation: Argument z in yaml for macro a does not match the jinja definition.",
      "InvalidMacroAnnotation: The number of arguments in the yaml for macro a does not match the jinja definition.",
      'MacroNotFoundForPatch: Found patch for macro "gone" which was not found',
    ]);
  });
});
