import { expect, test } from "vitest";
import { parse, parseError, type Files } from "../testing/project.ts";

const v2 = { "dbt_project.yml": "name: shop\nprofile: shop\nflags: {use_catalogs_v2: true}\n" };
const old = (rest: string): Files => ({ "catalogs.yml": `catalogs: [{name: c, ${rest}}]` });
const two = "write_integrations: [{name: a, catalog_type: t}, {name: b, catalog_type: t}]";
const now = (...entries: string[]): Files => ({ ...v2, "catalogs.yml": `catalogs: [${entries.join(", ")}]` });

test.each<[Files, string]>([
  [old(two), "Catalog 'c' must specify an 'active_write_integration' when multiple 'write_integrations' are provided."],
  [old(`${two}, active_write_integration: x`), "from its set of defined 'write_integrations': ['a', 'b']. Got: 'x'."],
  [
    old("write_integrations: [{name: a}, {name: a}]"),
    "Catalog 'c' cannot have multiple 'write_integrations' with the same name: 'a'.",
  ],
  [old(`${two}, active_write_integration: b`), "Catalog type is not supported.\nReceived: t"],
  [now("{name: c, type: glue, table_format: iceberg}"), "Missing required keys in catalog entry: ['config']"],
  [now("{name: c, type: glue, table_format: parquet, config: {}}"), "Invalid table_format 'parquet'."],
  [
    now(
      "{name: c, type: glue, table_format: iceberg, config: {}}",
      "{name: c, type: x, table_format: default, config: {}}",
    ),
    "Duplicate catalog name 'c' in catalogs.yml",
  ],
  [
    now("{name: c, type: glue, table_format: iceberg, config: {}}"),
    "Adapter 'duckdb' does not support catalogs.yml v2 yet.",
  ],
])("catalogs.yml %# is refused", (files, message) => {
  const error = parseError(files);
  expect(error.message).toContain(message);
  expect(error).toMatchObject({ code: "READ-011", place: { line: 1 } });
});

test("a list without catalogs is none", () => {
  expect(parse({ "catalogs.yml": "catalogs: []\n" }).warnings).toEqual([]);
});
