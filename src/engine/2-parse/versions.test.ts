import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const files = {
  "models/dim_v1.sql": "select 1 as id, 'x' as name",
  "models/dim_two.sql": "{{ config(tags=['sql']) }} select 1 as id, 3 as extra",
  "models/uses.sql": "select * from {{ ref('dim', v=1) }} join {{ ref('dim') }}",
  "models/s.yml": `
models:
  - name: dim
    latest_version: 2
    description: base
    config: {tags: [dim], meta: {a: 1}, contract: {enforced: true}}
    columns:
      - {name: id, data_type: int, data_tests: [unique]}
      - {name: name, data_type: text}
    versions:
      - {v: 1, deprecation_date: 2020-01-01 00:00:00+00:00, config: {alias: dim_one, meta: {b: 2}}}
      - v: 2
        defined_in: dim_two
        description: two
        data_tests: []
        columns: [{include: all, exclude: [name]}, {name: extra, data_type: int}]
`,
};

describe("versions of a model", () => {
  test("take what the model says and what they say themselves", () => {
    const { node } = parse(files);
    expect(node("model.shop.dim.v1")).toMatchObject({
      name: "dim",
      alias: "dim_one",
      fqn: ["shop", "dim", "v1"],
      version: 1,
      latest_version: 2,
      description: "base",
      deprecation_date: "2020-01-01T00:00:00+00:00",
      config: { tags: ["dim"], meta: { a: 1, b: 2 } },
    });
    expect(node("model.shop.dim.v2")).toMatchObject({
      alias: "dim_v2",
      description: "two",
      config: { tags: ["dim", "sql"] },
    });
    expect(Object.keys(node("model.shop.dim.v2").columns)).toEqual(["id", "extra"]);
  });

  test("are what ref() means by number, and the latest one by name", () => {
    expect(parse(files).node("model.shop.uses").depends_on.nodes).toEqual(["model.shop.dim.v1", "model.shop.dim.v2"]);
  });

  test("have tests of their own", () => {
    const { manifest } = parse(files);
    expect(Object.keys(manifest.nodes).filter((id) => id.startsWith("test."))).toEqual([
      "test.shop.unique_dim_v1_id.2f98b9f679",
      "test.shop.unique_dim_v2_id.fb0fd31dac",
    ]);
  });

  test("past their date warn, and so do those who refer to them", () => {
    expect(parse(files).warnings).toEqual([
      "DeprecatedModel: Model dim.v1 has passed its deprecation date of 2020-01-01T00:00:00+00:00. This model should be disabled or removed.",
      "DeprecatedReference: While compiling 'uses': Found a reference to dim.v1, which was deprecated on '2020-01-01T00:00:00+00:00'. A new version of 'dim' is available. Migrate now: {{ ref('shop', 'dim', v='2') }}.",
    ]);
  });

  test("without a file are told", () => {
    const { warnings } = parse({
      "models/a_v1.sql": "select 1",
      "models/s.yml": "models: [{name: a, versions: [{v: 1}, {v: 2}]}]",
    });
    expect(warnings[0]).toContain("Did not find matching node for patch with name 'a_v2'");
  });

  test("the highest number is the latest, not the last text", () => {
    const { node } = parse({
      "models/a_v9.sql": "select 1",
      "models/a_v10.sql": "select 1",
      "models/s.yml": "models: [{name: a, versions: [{v: 10}, {v: 9}]}]",
    });
    expect(node("model.shop.a.v9").latest_version).toBe(10);
  });

  test("do not stand beside a plain model of that name", () => {
    const error = parseError({
      "models/a_v1.sql": "select 1",
      "models/a.sql": "select 1",
      "models/s.yml": "models: [{name: a, versions: [{v: 1}]}]",
    });
    expect(error.message).toContain('dbt found versioned and unversioned models with the name "a".');
  });
});

describe("a contract", () => {
  test("is hashed as dbt hashes it", () => {
    const { node } = parse({
      "models/kpi.sql": "{{ config(materialized='table') }} select 1",
      "seeds/countries.csv": "code\n1\n",
      "models/s.yml": `
models:
  - name: kpi
    config: {contract: {enforced: true}}
    constraints:
      - {type: primary_key, columns: [id]}
      - {type: check, expression: "id > 0", name: chk}
    columns:
      - name: id
        data_type: integer
        constraints: [{type: not_null}, {type: foreign_key, to: ref('countries'), to_columns: [code]}]
      - {name: name, data_type: varchar, constraints: [{type: unique, warn_unsupported: false}]}
      - {name: v, data_type: "decimal(10,2)"}
`,
    });
    const kpi = node("model.shop.kpi");
    expect(kpi.contract.checksum).toBe("ac5215a53ffb9f0d571adf1e6984528e9c9dc40b8faaf19401635a6ffa6f5c80");
    expect(kpi.depends_on.nodes).toEqual(["seed.shop.countries"]);
    expect(kpi.primary_key).toEqual(["id"]);
  });

  test.each([
    ["columns: []", "Constraints must be defined in a `yml` schema configuration file"],
    [
      "columns: [{name: a, constraints: [{type: primary_key}]}, {name: b, constraints: [{type: primary_key}]}]",
      "with primary key constraints defined",
    ],
    ["columns: [{name: a}]\n    constraints: [{type: odd}]", "Type must be one of"],
  ])("refuses %s", (columns, message) => {
    const yml = `models:\n  - name: m\n    config: {contract: {enforced: true}}\n    ${columns}\n`;
    expect(parseError({ "models/m.sql": "select 1", "models/s.yml": yml }).message).toContain(message);
  });
});

test.each([
  ["latest_version: 3, versions: [{v: 1}]", "latest_version: 3 is not one of model 'm' versions: [1]"],
  ["latest_version: '1', versions: [{v: 1}]", "latest_version: 1 is not one of model 'm' versions: [1]"],
  ["versions: [{v: 1}, {v: '1'}]", "Found duplicate version: '1' in versions list of model 'm'"],
])("refuses versions that do not agree: %s", (text, message) => {
  const error = parseError({ "models/m.sql": "select 1", "models/s.yml": `models:\n  - {name: m, ${text}}\n` });
  expect(error.message).toContain(message);
  expect(error.place).toMatchObject({ file: "models/s.yml", line: 2 });
});
