import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const project = (more: string): string => `name: shop\nprofile: shop\n${more}`;

describe("the config of a model", () => {
  const files = {
    "dbt_project.yml": project(`
models:
  +tags: root
  +meta: {owner: team, level: 1}
  +grants: {select: [all]}
  shop:
    +materialized: view
    +pre-hook: select 'project'
    gold:
      +materialized: table
      +tags: [gold]
      +grants: {+select: [gold]}
`),
    "models/gold/orders.sql":
      "{{ config(tags=['call'], meta={'call': true}, pre_hook='select 1', grants={'+select': ['me'], 'insert': 'you'}) }} select 1 as id",
    "models/gold/s.yml": `
models:
  - name: orders
    config: {tags: [yml], meta: {level: 2}, materialized: incremental, pre_hook: [select 'yml']}
`,
  };

  test("merges project, properties and calls, each key in its way", () => {
    const { config, tags, meta } = parse(files).node("model.shop.orders");
    expect(config.materialized).toBe("incremental");
    expect(config.tags).toEqual(["root", "gold", "yml", "call"]);
    expect(new Set(tags)).toEqual(new Set(["root", "gold", "yml", "call"]));
    expect(config.meta).toEqual({ owner: "team", level: 2, call: true });
    expect(meta).toEqual(config.meta);
    expect(config.grants).toEqual({ select: ["all", "gold", "me"], insert: ["you"] });
    expect(config["pre-hook"]).toEqual(
      ["select 'project'", "select 'yml'", "select 1"].map((sql) => ({ sql, transaction: true, index: null })),
    );
  });

  test("is kept unrendered beside: calls as source, the last level of a key alone", () => {
    const { unrendered_config: unrendered } = parse(files).node("model.shop.orders");
    expect(unrendered).toMatchObject({
      materialized: "incremental",
      tags: "['call']",
      meta: "{'call': True}",
      pre_hook: "select 1",
      grants: "{'+select': ['me'], 'insert': 'you'}",
    });
  });

  test("keeps Jinja of the project and of properties in the unrendered record", () => {
    const { config, unrendered_config: unrendered } = parse({
      "dbt_project.yml": project("models:\n  +schema: \"{{ 's' ~ var('n', 1) }}\"\n"),
      "models/a.sql": "select 1",
      "models/s.yml": "models:\n  - name: a\n    config: {alias: \"{{ var('n', 2) }}x\"}\n",
    }).node("model.shop.a");
    expect([config.schema, config.alias]).toEqual(["s1", "2x"]);
    expect(unrendered).toEqual({ schema: "{{ 's' ~ var('n', 1) }}", alias: "{{ var('n', 2) }}x" });
  });

  test("doubles lists of properties in the unrendered record, as dbt does", () => {
    const { unrendered_config: unrendered } = parse({
      "models/a.sql": "select 1",
      "models/s.yml": "models:\n  - name: a\n    config: {tags: [x]}\n",
    }).node("model.shop.a");
    expect(unrendered.tags).toEqual(["x", "x"]);
  });

  test("refuses a key that stands both beside config and in it", () => {
    const error = parseError({
      "models/a.sql": "select 1",
      "models/s.yml": "models:\n  - name: a\n    meta: {x: 1}\n    config: {meta: {y: 1}}\n",
    });
    expect(error.message).toContain(
      "In models/s.yml: found meta dictionary in 'config' dictionary and as top-level key.",
    );
    expect(error.place).toMatchObject({ file: "models/s.yml", line: 3 });
  });

  test("of a package gives way to the root project", () => {
    const { config } = parse({
      "dbt_project.yml": project("models: {lib: {+materialized: table, +tags: [root]}}\n"),
      "packages.yml": "packages: [{local: dbt_packages/lib}]\n",
      "dbt_packages/lib/dbt_project.yml": "name: lib\nmodels: {+materialized: view, +tags: own}\n",
      "dbt_packages/lib/models/a.sql": "{{ config(materialized='incremental', tags='call') }} select 1",
    }).node("model.lib.a");
    expect([config.materialized, config.tags]).toEqual(["table", ["own", "call", "root"]]);
  });

  test("a Python model is a table whatever the project says", () => {
    const { config } = parse({
      "dbt_project.yml": project("models: {+materialized: view}\n"),
      "models/a.py": "def model(dbt, session):\n    return dbt.ref('b')\n",
      "models/b.sql": "select 1",
    }).node("model.shop.a");
    expect(config.materialized).toBe("table");
  });
});

describe("other resources", () => {
  test("analyses are configured as models, until their own tree is asked for", () => {
    const files = (flags: string) => ({
      "dbt_project.yml": project(`${flags}\nmodels: {+tags: m}\nanalyses: {+tags: a}\n`),
      "analyses/x.sql": "select 1",
    });
    const old = parse(files("")).node("analysis.shop.x");
    expect([old.config.tags, old.fqn, old.path]).toEqual([["m"], ["shop", "analysis", "x"], "analysis/x.sql"]);
    const corrected = parse(files("flags: {require_corrected_analysis_fqns: true}")).node("analysis.shop.x");
    expect([corrected.config.tags, corrected.fqn, corrected.path]).toEqual([["a"], ["shop", "x"], "x.sql"]);
  });

  test("the tags of sources replace those of the project, meta merges", () => {
    const { config } = parse({
      "dbt_project.yml": project("sources: {+tags: [p], +meta: {p: 1}}\n"),
      "models/s.yml":
        "sources:\n  - name: raw\n    tags: [a]\n    tables: [{name: t, config: {tags: [b], meta: {t: 1}}}]\n",
    }).source("source.shop.raw.t");
    expect([config.tags, config.meta]).toEqual([["a", "b"], { p: 1, t: 1 }]);
  });

  test("exposures take nothing from the project but what they do not say", () => {
    const { config } = parse({
      "dbt_project.yml": project("exposures: {+meta: {p: 1}}\n"),
      "models/s.yml": "exposures:\n  - {name: e, type: ml, owner: {email: x}, config: {meta: {e: 1}}}\n",
    }).other("exposures", "exposure.shop.e");
    expect(config.meta).toEqual({ e: 1 });
  });

  test("store_failures_as decides about store_failures", () => {
    const { node } = parse({
      "dbt_project.yml": project("data_tests: {+store_failures: true}\n"),
      "tests/a.sql": "select 1",
      "tests/b.sql": "{{ config(store_failures_as='ephemeral') }} select 1",
    });
    const of = (id: string) => [
      node(id).config.store_failures,
      node(id).config.store_failures_as,
      node(id).relation_name,
    ];
    expect(of("test.shop.a")).toEqual([true, "table", '"shop"."main_dbt_test__audit"."a"']);
    expect(of("test.shop.b")).toEqual([false, "ephemeral", null]);
  });
});

const query = (config: string) => ({ "models/m.sql": `{{ config(${config}) }} select 1 as id` });
const yml = (text: string) => ({ "models/m.sql": "select 1 as id", "models/s.yml": text });

test.each([
  [query("meta='x'"), "at path ['meta']: expected dict, got x"],
  [query("contract=true"), "at path ['contract']: expected dict, got True"],
  [yml("models: [{name: m, config: {grants: null}}]"), "at path ['grants']: expected dict, got None"],
  [yml("models: [{name: m, config: {persist_docs: true}}]"), "at path ['persist_docs']: expected dict, got True"],
  [
    yml("models: [{name: m, config: {pre_hook: {sqll: x}}}]"),
    "at path ['pre-hook'][0]: a hook needs its SQL as a text",
  ],
  [query("post_hook={'sql': 'x', 'transaction': 'y'}"), "['transaction']: 'y' is not of type 'boolean'"],
  [query("pre_hook=5"), "['pre-hook'][0]: a hook needs its SQL"],
  [query("contract={'enforced': 'x'}"), "at path ['contract']['enforced']: 'x' is not of type 'boolean'"],
  [query("on_configuration_change='zzz'"), "has invalid value 'zzz'"],
  [query("docs={'show': 'x'}"), "at path ['docs']['show']: 'x' is not of type 'boolean'"],
  [
    yml("unit_tests: [{name: u, model: m, given: [], expect: {rows: []}, overrides: {vars: [1]}}]"),
    "at path ['overrides']['vars']: [1] is not of type 'object'",
  ],
  [query("tags=var()"), "missing 1 required positional argument: 'var_name'"],
  [{ ...yml(""), "dbt_project.yml": project("config-version: 1") }, "unexpected project version=1, expected 2"],
  [{ ...yml(""), "dbt_project.yml": project("version: 5") }, "at path ['version']: 5 is not valid"],
  [
    { ...yml(""), "packages.yml": "packages: [{local: lib, version: 1}]", "lib/dbt_project.yml": "name: lib" },
    "is not valid under any of the given schemas",
  ],
  [yml("models: [{name: m, deprecation_date: soon}]"), "has invalid value 'soon'"],
  [
    yml("models: [{name: m, columns: [{name: id, data_tests: [{unique: {config: {limit: x}}}]}]}]"),
    'Field "limit" of type Optional[int] in TestConfig has invalid value',
  ],
  [
    yml("exposures: [{name: e, type: ml, maturity: grown, owner: {email: x}}]"),
    "'grown' is not one of low, medium, high",
  ],
  [
    { ...yml(""), "dbt_project.yml": project("query-comment: {comment: 5}") },
    "{'comment': 5} is not valid under any of the given schemas",
  ],
])("settings of a wrong kind are refused: %j", (files, message) => {
  expect(parseError(files).message).toContain(message);
});
