import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const none = { count: null, period: null };

describe("freshness of sources", () => {
  const { source, warnings } = freshnessProject();
  const of = (table: string) => {
    const { freshness, loaded_at_field, loaded_at_query } = source(`source.shop.raw.${table}`);
    return { freshness, loaded_at_field, loaded_at_query };
  };

  function freshnessProject() {
    let parsed: ReturnType<typeof parse> | undefined;
    const get = () =>
      (parsed ??= parse({
        "dbt_project.yml": "name: shop\nprofile: shop\nsources: {+freshness: {warn_after: {count: 9, period: day}}}\n",
        "models/s.yml": `
sources:
  - name: raw
    loaded_at_field: ts
    freshness: {warn_after: {count: 1, period: day}, filter: "x > 1"}
    tables:
      - name: inherits
      - {name: adds, freshness: {error_after: {count: 2, period: hour}}, loaded_at_field: own}
      - {name: in_config, config: {freshness: {warn_after: {count: 3}}}}
      - {name: without, freshness: null}
      - {name: queries, loaded_at_query: "select {{ this }}"}
  - {name: bare, tables: [{name: t}]}
`,
      }));
    return { source: (id: string) => get().source(id), warnings: () => get().warnings };
  }

  test("a table takes its source's, key by key", () => {
    expect(of("inherits").freshness).toEqual({
      warn_after: { count: 1, period: "day" },
      error_after: none,
      filter: "x > 1",
    });
    expect(of("adds")).toEqual({
      freshness: {
        warn_after: { count: 1, period: "day" },
        error_after: { count: 2, period: "hour" },
        filter: "x > 1",
      },
      loaded_at_field: "own",
      loaded_at_query: null,
    });
    expect(of("in_config").freshness?.warn_after).toEqual({ count: 3, period: "day" });
  });

  test("null switches it off, and what is not said anywhere comes from the project", () => {
    expect(of("without").freshness).toBeNull();
    expect(source("source.shop.bare.t").freshness).toEqual({
      warn_after: { count: 9, period: "day" },
      error_after: none,
      filter: null,
    });
  });

  test("a query is kept as written and stands beside no field of the table", () => {
    expect(of("queries")).toMatchObject({ loaded_at_query: "select {{ this }}" });
  });

  test("without a field only warns", () => {
    expect(warnings()).toEqual([
      "FreshnessConfigProblem: The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified for source 'bare.t'.",
    ]);
  });

  test("field and query on one level are refused", () => {
    const yml = "sources: [{name: raw, loaded_at_field: a, loaded_at_query: b, tables: [{name: t}]}]";
    expect(parseError({ "models/s.yml": yml }).message).toContain(
      "Cannot specify both loaded_at_field and loaded_at_query at source level.",
    );
  });
});

describe("definitions of sources", () => {
  test("database, schema and identifier have defaults, and their Jinja is remembered", () => {
    const { source } = parse(
      {
        "models/s.yml": `
sources:
  - {name: a, tables: [{name: t}]}
  - {name: b, database: other, schema: "{{ var('s') }}", quoting: {identifier: false}, tables: [{name: t, identifier: T1}]}
`,
      },
      { vars: { s: "sch" } },
    );
    expect(source("source.shop.a.t").relation_name).toBe('"shop"."a"."t"');
    expect(source("source.shop.b.t")).toMatchObject({
      relation_name: '"other"."sch".T1',
      unrendered_schema: "{{ var('s') }}",
      unrendered_database: "other",
    });
  });

  test("the project's quoting holds for them", () => {
    const { source } = parse({
      "dbt_project.yml": "name: shop\nprofile: shop\nquoting: {identifier: false}\n",
      "models/s.yml": "sources: [{name: a, tables: [{name: t}]}]",
    });
    expect(source("source.shop.a.t").relation_name).toBe('"shop"."a".t');
  });

  test("a disabled one is kept aside, and tests on it warn", () => {
    const { manifest, warnings } = parse({
      "models/s.yml":
        "sources: [{name: a, tables: [{name: t, config: {enabled: false}, columns: [{name: c, data_tests: [unique]}]}]}]",
    });
    expect(Object.keys(manifest.disabled)).toEqual(["source.shop.a.t"]);
    expect(warnings[0]).toMatch(
      /^InvalidDisabledTargetInTestNode: Test 'test\.shop\.source_unique_a_t_c\.\w+' \(models\/s\.yml\) depends on a source named 'a\.t' which is disabled$/,
    );
  });

  test("the same table twice is refused", () => {
    const yml = "sources: [{name: a, tables: [{name: t}]}, {name: a, tables: [{name: t}]}]";
    expect(parseError({ "models/s.yml": yml }).message).toContain("dbt found two sources with the name");
  });
});

test("the YAML of a package knows the root project by project_name, and its own vars", () => {
  const { source } = parse({
    "packages.yml": "packages: [{local: dbt_packages/lib}]\n",
    "dbt_packages/lib/dbt_project.yml": "name: lib\nvars: {lib: {own: 5}}\n",
    "dbt_packages/lib/models/s.yml":
      "sources: [{name: raw, schema: \"{{ project_name ~ '_' ~ var('own') }}\", tables: [{name: t}]}]",
  });
  expect(source("source.lib.raw.t").schema).toBe("shop_5");
});

describe("overrides of a package's source", () => {
  const files = (own: string) => ({
    "packages.yml": "packages: [{local: dbt_packages/lib}]\n",
    "dbt_packages/lib/dbt_project.yml": "name: lib\n",
    "dbt_packages/lib/models/s.yml":
      "sources: [{name: raw, schema: lib_raw, config: {tags: [lib]}, tables: [{name: t, description: old}, {name: u}]}]",
    "models/s.yml": own,
  });

  test("lie over the source, and over the tables that they name", () => {
    const { source } = parse(
      files(
        "sources: [{name: raw, overrides: lib, description: mine, schema: own, tables: [{name: t, description: new}]}]",
      ),
    );
    expect(source("source.lib.raw.t")).toMatchObject({
      description: "new",
      schema: "own",
      source_description: "mine",
      tags: [],
    });
    expect(source("source.lib.raw.u")).toMatchObject({ description: "", schema: "own", source_description: "mine" });
  });

  test("that match nothing are told", () => {
    const { warnings } = parse(
      files("sources: [{name: raw, overrides: lib, tables: [{name: z}]}, {name: nope, overrides: lib, tables: []}]"),
    );
    expect(warnings).toEqual([
      "UnusedTables: During parsing, dbt encountered source overrides that had no target:\n  - Source table lib.raw.z (in models/s.yml)\n  - Source lib.nope (in models/s.yml)\n",
    ]);
  });
});

test("a source that a plugin reads is a table, whatever its location", () => {
  const { source } = parse({
    "models/s.yml": `
sources:
  - name: sheets
    tables:
      - {name: plain, config: {meta: {external_location: "data/{name}.csv"}}}
      - {name: sales, config: {meta: {plugin: excel, external_location: "data/{name}.xlsx"}}}
`,
  });
  expect(source("source.shop.sheets.plain").relation_name).toBe("'data/plain.csv'");
  expect(source("source.shop.sheets.sales").relation_name).toBe('"shop"."sheets"."sales"');
});
