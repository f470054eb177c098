import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const macros = `{% test positive(model, column_name, min=0, names=[]) %}select 1{% endtest %}
{% test table_level(model, other) %}select * from {{ other }}{% endtest %}`;

/** Ids and names below were written by dbt-core 1.12 for the same properties. */
describe("names of generic tests", () => {
  const files = {
    "models/orders.sql": "select 1 as id",
    "seeds/countries.csv": "code\n1\n",
    "macros/tests.sql": macros,
    "models/s.yml": `
models:
  - name: orders
    columns:
      - name: id
        data_tests:
          - unique
          - not_null: {name: my_custom_name, config: {where: "1=1", tags: [w], enabled: true}}
          - relationships: {arguments: {to: ref('countries'), field: code}}
          - accepted_values:
              arguments: {values: [a, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccccccc, 4, true, null]}
              config: {severity: warn, limit: 10}
      - {name: amount, quote: true, data_tests: [{positive: {arguments: {min: "{{ var('n') }}", names: [a, b]}}}]}
    data_tests:
      - table_level: {arguments: {other: "{{ ref('orders') }}"}, config: {alias: tl, schema: audit}}
sources:
  - name: raw
    tags: [s]
    config: {tags: [c]}
    tables:
      - name: orders
        tags: [t]
        columns: [{name: id, quote: true, tags: [col], data_tests: [unique]}]
        data_tests: [{table_level: {arguments: {other: ref('orders')}}}]
`,
  };
  const parsed = () => parse(files, { vars: { n: 3 } });

  test("and their hashes are dbt's", () => {
    const ids = Object.keys(parsed().manifest.nodes).filter((id) => id.startsWith("test."));
    expect(ids).toEqual([
      "test.shop.unique_orders_id.1360ecc70e",
      "test.shop.my_custom_name.6b9a192e41",
      "test.shop.relationships_orders_id__code__ref_countries_.cedb792ca7",
      "test.shop.accepted_values_orders_id__a__bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb__ccccccccccccccccccccccccccccc__4__True__None.219ef3420e",
      "test.shop.positive_orders__amount____var_n___a__b.8c11869d45",
      expect.stringMatching(/^test\.shop\.table_level_orders__ref_orders_\.[0-9a-f]{10}$/),
      "test.shop.source_unique_raw_orders__id_.542acc2601",
      "test.shop.source_table_level_raw_orders_ref_orders_.be33218f24",
    ]);
  });

  test("that are long get a short alias", () => {
    const { manifest } = parsed();
    const long = Object.values(manifest.nodes).find((n) => n.name.startsWith("accepted_values"));
    expect([long?.alias, long?.path]).toEqual([
      "accepted_values_orders_6fb5a33611eaba5eff7428139f66896b",
      "accepted_values_orders_6fb5a33611eaba5eff7428139f66896b.sql",
    ]);
    expect(long?.raw_code).toContain('{{ config(severity="warn",limit=10,alias="accepted_values_orders_');
  });

  test("carry config, tags, references and the node that they are about", () => {
    const { node } = parsed();
    expect(node("test.shop.my_custom_name.6b9a192e41")).toMatchObject({
      tags: ["w"],
      attached_node: "model.shop.orders",
      column_name: "id",
      config: { where: "1=1", severity: "ERROR" },
    });
    expect(node("test.shop.relationships_orders_id__code__ref_countries_.cedb792ca7").depends_on).toEqual({
      macros: ["macro.dbt.test_relationships", "macro.dbt.get_where_subquery"],
      nodes: ["seed.shop.countries", "model.shop.orders"],
    });
    expect(node("test.shop.source_unique_raw_orders__id_.542acc2601")).toMatchObject({
      tags: ["col", "s", "t"],
      attached_node: null,
      file_key_name: "sources.raw",
      sources: [["raw", "orders"]],
    });
  });
});

describe("how a test is written", () => {
  const model = { "models/m.sql": "select 1 as id", "macros/t.sql": macros };
  const properties = (tests: string) => ({
    ...model,
    "models/s.yml": `models: [{name: m, columns: [{name: id, data_tests: [${tests}]}]}]`,
  });

  test("dbt's deprecations are told", () => {
    const { warnings } = parse(properties("{accepted_values: {values: [1], severity: warn}}"));
    expect(warnings).toEqual([
      "PropertyMovedToConfigDeprecation: Found `severity` as a top-level property of `data_tests.accepted_values.severity` in file `models/s.yml`. The `severity` top-level property should be moved into the `config` of `data_tests.accepted_values.severity`.",
      "MissingArgumentsPropertyInGenericTestDeprecation: Found top-level arguments to test `accepted_values` defined on 'm' in package 'shop' (models/s.yml). Arguments to generic tests should be nested under the `arguments` property.",
    ]);
  });

  test.each([
    ["{unique: null}", "test arguments must be a dict"],
    ["{unique: {a: 1}, not_null: {}}", "must have exactly one key"],
    ["{unique: {model: x}}", 'Test arguments include "model", which is a reserved argument'],
    [
      "{unique: {severity: warn, config: {severity: error}}}",
      "Test cannot have the same key at the top-level and in config",
    ],
  ])("%s is refused", (tests, message) => {
    const error = parseError(properties(tests));
    expect(error.message).toContain(message);
    expect(error.place?.file).toBe("models/s.yml");
  });

  test("a severity that is none is refused", () => {
    expect(parseError(properties("{unique: {config: {severity: loud}}}")).message).toContain(
      "Severity must be either 'warn' or 'error'. Got 'loud'",
    );
  });
});
