import { describe, expect, test } from "vitest";
import { linkMacroDependencies } from "./index.ts";
import { buildGraph } from "../4-select/index.ts";
import { parse, parseError } from "../testing/project.ts";

const lib = (files: Record<string, string>) => ({
  "packages.yml": "packages: [{local: dbt_packages/lib}]\n",
  "dbt_packages/lib/dbt_project.yml": "name: lib\n",
  ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`dbt_packages/lib/${path}`, text])),
});

describe("ref()", () => {
  test("finds models, seeds and snapshots, and fills both maps", () => {
    const { manifest, node } = parse({
      "models/a.sql": "select * from {{ ref('s') }}",
      "models/b.sql": "select * from {{ ref('a') }} join {{ ref('shop', 'a') }}",
      "seeds/s.csv": "id\n1\n",
    });
    expect(node("model.shop.b").depends_on.nodes).toEqual(["model.shop.a"]);
    expect(manifest.parent_map["model.shop.a"]).toEqual(["seed.shop.s"]);
    expect(manifest.child_map["seed.shop.s"]).toEqual(["model.shop.a"]);
  });

  test("of a package looks in the root project first and says so, until told otherwise", () => {
    const files = (flags: string) => ({
      "dbt_project.yml": `name: shop\nprofile: shop\n${flags}`,
      "models/a.sql": "{{ config(alias='root_a') }} select 1",
      ...lib({ "models/a.sql": "select 1", "models/b.sql": "select * from {{ ref('a') }}" }),
    });
    const first = parse(files(""));
    expect(first.node("model.lib.b").depends_on.nodes).toEqual(["model.shop.a"]);
    expect(first.warnings[0]).toContain(
      "PackageNodeDependsOnRootProjectNode: The node 'b'in package 'lib' depends on the root project node 'model.shop.a'.",
    );
    const second = parse(files("flags: {require_ref_searches_node_package_before_root: true}\n"));
    expect(second.node("model.lib.b").depends_on.nodes).toEqual(["model.lib.a"]);
    expect(second.warnings).toEqual([]);
  });

  test("in a branch that only runs is not seen while parsing", () => {
    const { node } = parse({ "models/a.sql": "{% if execute %}{{ ref('later') }}{% endif %} select 1" });
    expect(node("model.shop.a").refs).toEqual([]);
  });

  test.each([
    [
      "select * from {{ ref('gone') }}",
      "Model 'model.shop.m' (models/m.sql) depends on a node named 'gone' which was not found",
    ],
    ["select * from {{ ref('off') }}", "depends on a node named 'off' which is disabled"],
    [
      "select * from {{ ref('nope', 'a') }}",
      "depends on a node named 'a' in package or project 'nope' which was not found",
    ],
    ["select * from {{ ref('a', v=3) }}", "depends on a node named 'a' with version '3' which was not found"],
    ["select * from {{ source('raw', 'gone') }}", "depends on a source named 'raw.gone' which was not found"],
  ])("%s is refused", (sql, message) => {
    const error = parseError({
      "models/m.sql": sql,
      "models/a.sql": "select 1",
      "models/off.sql": "{{ config(enabled=false) }} select 1",
    });
    expect(error.message).toContain(message);
    expect(error.place?.file).toBe("models/m.sql");
  });

  test("guesses what was meant", () => {
    const error = parseError({ "models/m.sql": "select * from {{ ref('ordres') }}", "models/orders.sql": "select 1" });
    expect(error.hint).toBe("Did you mean 'orders'?");
  });

  test("in a test that leads nowhere only warns, and the test is left out", () => {
    const { manifest, warnings } = parse({
      "models/s.yml": "models: [{name: gone, columns: [{name: a, data_tests: [unique]}]}]",
    });
    expect(warnings[1]).toMatch(
      /^NodeNotFoundOrDisabled: Test 'test\.shop\.unique_gone_a\.4?\w+' \(models\/s\.yml\) depends on a node named 'gone' in package '' which was not found$/,
    );
    expect(Object.values(manifest.nodes).map((n) => n.config.enabled)).toEqual([false]);
  });
});

describe("access", () => {
  const files = (access: string, group: string) => ({
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select * from {{ ref('a') }}",
    "models/s.yml": `groups: [{name: g, owner: {name: x}}, {name: h, owner: {name: x}}]\nmodels: [{name: a, access: ${access}, group: g}, {name: b, group: ${group}}]`,
  });
  test("a private model is for its group alone", () => {
    expect(parse(files("private", "g")).node("model.shop.b").depends_on.nodes).toEqual(["model.shop.a"]);
    expect(parseError(files("private", "h")).message).toContain(
      "Node model.shop.b attempted to reference node model.shop.a, which is not allowed because the referenced node is private to the 'g' group.",
    );
  });
  test("an unknown word and an unknown group are refused", () => {
    expect(parseError(files("secret", "g")).message).toContain("invalid value (secret) for the access field");
    expect(parseError(files("public", "nope")).message).toContain("Invalid group 'nope', expected one of ['g', 'h']");
  });
});

describe("what must be unique", () => {
  test("names of models in one package", () => {
    const error = parseError({ "models/x/a.sql": "select 1", "models/y/a.sql": "select 2" });
    expect(error.message).toContain('dbt found two models with the name "a".');
    expect(error.message).toContain("models/x/a.sql");
    expect(error.message).toContain("models/y/a.sql");
  });
  test("relations, of ephemeral models too", () => {
    const error = parseError({
      "models/a.sql": "{{ config(materialized='ephemeral') }} select 1",
      "models/b.sql": "{{ config(alias='a') }} select 1",
    });
    expect(error.message).toContain('dbt found two resources with the database representation ""shop"."main"."a""');
  });
  test("names across kinds, at least by a warning", () => {
    const files = (flags: string) => ({
      "dbt_project.yml": `name: shop\nprofile: shop\n${flags}`,
      "models/a.sql": "select 1",
      "seeds/a.csv": "x\n1\n",
      "seeds/s.yml": "seeds: [{name: a, config: {alias: b}}]",
    });
    expect(parse(files("")).warnings).toContainEqual(
      expect.stringContaining("DuplicateNameDistinctNodeTypesDeprecation: Found resources with the same name 'a'"),
    );
    expect(parseError(files("flags: {require_unique_project_resource_names: true}\n")).message).toContain(
      'with the name "a"',
    );
  });
  test("entries of properties, macros and docs", () => {
    const twice = "models: [{name: a}, {name: a}]";
    expect(parseError({ "models/a.sql": "select 1", "models/s.yml": twice }).message).toContain(
      "two schema.yml entries for the same resource named a",
    );
    expect(
      parseError({ "macros/m.sql": "{% macro a() %}{% endmacro %}{% macro a() %}{% endmacro %}" }).message,
    ).toContain('multiple macros named "a"');
    expect(parseError({ "models/d.md": "{% docs a %}x{% enddocs %}{% docs a %}y{% enddocs %}" }).message).toContain(
      "two docs with the same name: 'a'",
    );
  });
});

describe("checks of the whole", () => {
  test("a circle is found when the graph is built, with every member", () => {
    const { manifest } = parse({
      "models/a.sql": "select * from {{ ref('b') }}",
      "models/b.sql": "select * from {{ ref('a') }}",
    });
    expect(() => buildGraph(manifest)).toThrow(
      /Found a cycle: .*model\.shop\.a.*model\.shop\.b|Found a cycle: .*model\.shop\.b.*model\.shop\.a/,
    );
  });

  test("every error is listed, not the first", () => {
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`models/m${i}.sql`, `select * from {{ ref('gone_${i}') }}`]),
    );
    const error = parseError(files);
    expect(error.code).toBe("ENG-007");
    expect(error.data?.errors).toHaveLength(200);
    expect(error.message).toContain("'gone_0'");
    expect(error.message).toContain("'gone_199'");
  });

  test("names with spaces are refused, and told when the project allows them", () => {
    const files = (flags: string) => ({
      "dbt_project.yml": `name: shop\nprofile: shop\n${flags}`,
      "models/a b.sql": "select 1",
    });
    expect(parseError(files("")).message).toContain(
      "Resource names cannot contain spaces:\n  * 'model.shop.a b' (models/a b.sql)",
    );
    expect(parse(files("flags: {require_resource_names_without_spaces: false}\n")).warnings).toEqual([
      "SpacesInResourceNameDeprecation: Found spaces in the name of `model.shop.a b`",
      expect.stringContaining("ResourceNamesWithSpacesDeprecation: Spaces found in 1 resource name(s)."),
    ]);
  });

  test("paths of dbt_project.yml that configure nothing are told", () => {
    const { warnings } = parse({
      "dbt_project.yml":
        "name: shop\nprofile: shop\nmodels: {shop: {gold: {+tags: x}, glod: {+tags: y}}}\nseeds: {+tags: z}\n",
      "models/gold/a.sql": "select 1",
    });
    expect(warnings).toEqual([
      "UnusedResourceConfigPath: Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are 2 unused configuration paths:\n- models.shop.glod\n- seeds",
    ]);
  });

  const batch = (config: string) => ({
    "models/m.sql": `{{ config(materialized='incremental', incremental_strategy='microbatch', ${config}) }} select 1`,
  });
  test("a microbatch model has its moments as such, and wants an input to filter", () => {
    const { node, warnings } = parse(batch("event_time='t', begin='2024-01-01', batch_size='day'"));
    expect(String(node("model.shop.m").config.begin)).not.toBe("2024-01-01");
    expect(JSON.stringify([(node("model.shop.m").config.begin as { isoformat(): string }).isoformat()])).toBe(
      '["2024-01-01T00:00:00"]',
    );
    expect(warnings).toEqual([
      expect.stringContaining(
        "MicrobatchModelNoEventTimeInputs: The microbatch model 'm' has no 'ref' or 'source' input",
      ),
    ]);
  });
  test.each([
    ["begin='2024-01-01', batch_size='day'", "must provide an 'event_time' (string) config"],
    ["event_time='t', batch_size='day'", "must provide a 'begin' (datetime) config"],
    [
      "event_time='t', begin='soon', batch_size='day'",
      "must provide a 'begin' config of valid datetime (ISO format), but got: soon.",
    ],
    [
      "event_time='t', begin=5, batch_size='day'",
      "must provide a 'begin' config of type datetime, but got: <class 'int'>.",
    ],
    [
      "event_time='t', begin='2024-01-01', batch_size='week'",
      "one of ['hour', 'day', 'month', 'year'], but got: week.",
    ],
    [
      "event_time=5, begin='2024-01-01', batch_size='day'",
      "'event_time' config of type string, but got: <class 'int'>.",
    ],
    [
      "event_time='t', begin='2024-01-01', batch_size='day', lookback='x'",
      "'lookback' config as type int, but got: <class 'str'>).",
    ],
  ])("a microbatch model with %s is refused", (config, message) => {
    expect(parseError(batch(config)).message).toContain(message);
  });

  test("descriptions take docs blocks, var() and nothing of macros", () => {
    const { node } = parse({
      "models/m.sql": "select 1",
      "macros/doc.sql": "{% macro doc(name) %}macro{% endmacro %}",
      "models/d.md": "{% docs hello %}\n  Hello\n{% enddocs %}",
      "models/s.yml":
        "models: [{name: m, description: \"{{ doc('hello') }} {{ var('x', 1) }}\", columns: [{name: c, description: \"{{ doc('hello') }}\"}]}]",
    });
    expect(node("model.shop.m")).toMatchObject({ description: "Hello 1", doc_blocks: ["doc.shop.hello"] });
    expect(node("model.shop.m").columns.c?.description).toBe("Hello");
    const missing = {
      "models/m.sql": "select 1",
      "models/s.yml": "models: [{name: m, description: \"{{ doc('gone') }}\"}]",
    };
    expect(parseError(missing).message).toContain("depends on doc 'gone' which was not found");
  });
});

test("macros depend on what they call: by name, by package and through dispatch", () => {
  const { runtime } = parse({
    "macros/m.sql": `{% macro a() %}{{ b() }}{{ lib.c() }}{{ adapter.dispatch('d')() }}{{ dbt.type_string() }}{{ log('x') }}{{ a() }}{% endmacro %}
{% macro b() %}{{ adapter.dispatch('b', 'lib')() }}{% endmacro %}
{% macro duckdb__d() %}{% endmacro %}{% macro default__d() %}{% endmacro %}`,
    ...lib({
      "macros/m.sql":
        "{% macro c() %}{{ helper() }}{% endmacro %}{% macro default__b() %}{% endmacro %}{% macro helper() %}{% endmacro %}",
    }),
  });
  linkMacroDependencies(runtime);
  const of = (id: string) => runtime.manifest.macros[id]?.depends_on.macros;
  expect(of("macro.shop.a")).toEqual(["macro.shop.b", "macro.lib.c", "macro.shop.duckdb__d", "macro.dbt.type_string"]);
  expect(of("macro.shop.b")).toEqual(["macro.lib.default__b"]);
  expect(of("macro.lib.c")).toEqual(["macro.lib.helper"]);
});

test("a dispatch that leads nowhere is an error, wherever a project's macro has it; in a comment it is none", () => {
  const of = (text: string) => parseError({ "macros/m.sql": `{% macro m() %}\n  ${text}\n{% endmacro %}` });
  const error = of("{{ return(adapter.dispatch('gone', 'shop')()) }}");
  expect(error.message).toBe(
    "In dispatch: No macro named 'gone' found within namespace: 'shop'\n    Searched for: 'shop.duckdb__gone', 'shop.default__gone', 'shop.duckdb__gone', 'shop.default__gone'",
  );
  expect(error.place).toMatchObject({ file: "macros/m.sql", line: 2 });
  expect(of("{{ adapter.dispatch('gone')() }}").message).toContain("found within namespace: 'None'");
  const { manifest } = parse({
    "macros/m.sql": `{% macro m() %}{# adapter.dispatch('gone') #}{{ adapter.dispatch(name)() }}{{ adapter.dispatch('date_trunc', 'dbt')() }}{% endmacro %}`,
  });
  expect(Object.keys(manifest.macros)).toContain("macro.shop.m");
});
