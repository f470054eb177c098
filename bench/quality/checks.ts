import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openDatabase } from "#duck/index.ts";

interface Check {
  soda: string;
  ours: string;
  /** Kind and arguments in Great Expectations. */
  great: [string, Record<string, unknown>];
}

const notNull = (column: string): Check => ({
  soda: `missing_count(${column}) = 0`,
  ours: `{ check: not_null, column: ${column} }`,
  great: ["ExpectColumnValuesToNotBeNull", { column }],
});
const unique = (column: string): Check => ({
  soda: `duplicate_count(${column}) = 0`,
  ours: `{ check: unique, column: ${column} }`,
  great: ["ExpectColumnValuesToBeUnique", { column }],
});
const range = (column: string, min: number, max: number): Check => ({
  soda: `invalid_count(${column}) = 0:\n      valid min: ${min}\n      valid max: ${max}`,
  ours: `{ check: range, column: ${column}, min: ${min}, max: ${max} }`,
  great: ["ExpectColumnValuesToBeBetween", { column, min_value: min, max_value: max }],
});
const length = (column: string, min: number, max: number): Check => ({
  soda: `invalid_count(${column}) = 0:\n      valid min length: ${min}\n      valid max length: ${max}`,
  ours: `{ check: length, column: ${column}, min: ${min}, max: ${max} }`,
  great: ["ExpectColumnValueLengthsToBeBetween", { column, min_value: min, max_value: max }],
});

/** The same twenty checks in three languages. All hold. */
const twenty: Check[] = [
  {
    soda: "row_count > 0",
    ours: "{ check: row_count, min: 1 }",
    great: ["ExpectTableRowCountToBeBetween", { min_value: 1 }],
  },
  ...["id", "order_no", "store", "amount", "day", "customer"].map(notNull),
  ...["id", "code"].map(unique),
  range("store", 0, 999),
  range("weekday", 0, 6),
  range("measure", -1_000_000, 1_000_000),
  range("amount", 0, 1_000_000),
  range("price", 0, 1000),
  range("ratio", 0, 1),
  {
    soda: "invalid_count(color) = 0:\n      valid values: [red, green, blue]",
    ours: "{ check: in_set, column: color, values: [red, green, blue] }",
    great: ["ExpectColumnValuesToBeInSet", { column: "color", value_set: ["red", "green", "blue"] }],
  },
  length("code", 32, 32),
  length("store_name", 7, 8),
  length("customer", 10, 14),
  {
    soda: "invalid_count(region) = 0:\n      valid regex: ^DE-[0-9]+$",
    ours: "{ check: regex, column: region, pattern: '^DE-[0-9]+$' }",
    great: ["ExpectColumnValuesToMatchRegex", { column: "region", regex: "^DE-[0-9]+$" }],
  },
];

const lab = "checked";

export interface Checks {
  workspace: string;
  /** soda's configuration and checks. */
  configuration: string;
  checks: string;
  /** The table for others, and the checks for Great Expectations. */
  table: string;
  great: string;
  count: number;
}

/** A lab whose table is in its database, and the same table for soda in a file that the DuckDB of its release can read. */
export async function makeChecks(root: string, from: string): Promise<Checks> {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    return join(root, path);
  };
  write("workspace/shared/config/labs_config.yaml", `labs:\n  ${lab}: {}\n`);
  write(`workspace/${lab}/dbt/dbt_project.yml`, `name: ${lab}\nversion: "1.0"\nprofile: ${lab}\n`);
  write(
    `workspace/${lab}/lab.yml`,
    `quality:\n  tables:\n    gold.facts:\n      expectations:\n${twenty.map(({ ours }) => `        - ${ours}\n`).join("")}`,
  );
  const database = join(root, "workspace", lab, "data", `${lab}.duckdb`);
  const theirs = join(root, "soda.duckdb");
  mkdirSync(dirname(database), { recursive: true });
  if (!existsSync(theirs)) {
    const source = await openDatabase(from);
    const connection = await source.connect();
    await connection.run(`ATTACH '${database}' AS ours`);
    await connection.run("CREATE SCHEMA ours.gold");
    await connection.run("CREATE TABLE ours.gold.facts AS FROM gold.facts");
    // soda's adapter asks one schema: the tables of main.
    await connection.run(`ATTACH '${theirs}' AS theirs (STORAGE_VERSION 'v1.0.0')`);
    await connection.run("CREATE TABLE theirs.main.facts AS FROM gold.facts");
    await connection.run("DETACH ours");
    await connection.run("DETACH theirs");
    await source.close();
  }
  write(".soda/config.yml", "send_anonymous_usage_stats: false\n");
  return {
    workspace: join(root, "workspace"),
    configuration: write(
      "configuration.yml",
      `data_source facts_db:\n  type: duckdb\n  path: ${theirs}\n  read_only: true\n`,
    ),
    checks: write("checks.yml", `checks for facts:\n${twenty.map(({ soda }) => `  - ${soda}\n`).join("")}`),
    table: theirs,
    great: write("great.json", JSON.stringify(twenty.map(({ great }) => great))),
    count: twenty.length,
  };
}

export const checkedLab = lab;
