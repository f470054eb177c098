import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { str } from "#jinja/index.ts";
import { convertType } from "./convert-type.ts";
import { readSeedTable } from "./seed-table.ts";

interface Case {
  csv: string;
  delimiter?: string;
  text?: string[];
  error?: true;
  names: string[];
  types: string[];
  sql: string[];
  rows: (string | null)[][];
}

/** What agate 1.9 and dbt-duckdb 1.11 made of the same texts. */
const cases = readFileSync(new URL("./seed-table.cases.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

const read = ({ csv, delimiter, text = [] }: Case) =>
  readSeedTable(csv, { delimiter, columnTypes: Object.fromEntries(text.map((name) => [name, "text"])) });

describe("seed files are read as dbt reads them", () => {
  test.each(cases.map((c) => [JSON.stringify(c.csv), c] as const))("%s", (_name, expected) => {
    if (expected.error) {
      expect(() => read(expected)).toThrow();
      return;
    }
    const table = read(expected);
    expect(table.columnNames).toEqual(expected.names);
    expect(table.columnTypes).toEqual(expected.types);
    expect(table.columnNames.map((_, i) => convertType(table, i))).toEqual(expected.sql);
    expect(table.allRows().map((row) => row.map((v) => (v === null ? null : str(v))))).toEqual(expected.rows);
  });
});

test("column types that the header does not have are reported, the others stay text", () => {
  const table = readSeedTable("id,code\n1,007\n", { columnTypes: { code: "varchar", nope: "int" } });
  expect(table.unknownTypes).toEqual(["nope"]);
  expect(table.columnTypes).toEqual(["Number", "Text"]);
  expect(table.row(0).named("code")).toBe("007");
});

test("a row with too many values names the row and both counts", () => {
  expect(() => readSeedTable("a,b\n1,2\n1,2,3\n")).toThrow("Row 1 has 3 values, but Table only has 2 columns.");
});

test("rows of a large file are read back from the text by position", () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i},"name ${i}, with ""quotes""",${i / 4}`);
  const table = readSeedTable(`id,name,x\n${lines.join("\n")}\n`);
  expect(table.rowCount).toBe(20_000);
  expect(table.columnTypes).toEqual(["Number", "Text", "Number"]);
  expect(convertType(table, 0)).toBe("integer");
  expect(convertType(table, 2)).toBe("float8");
  expect(table.row(19_999).items().map(str)).toEqual(["19999", 'name 19999, with "quotes"', "4999.75"]);
  expect(table.row(3).items().map(str)).toEqual(["3", 'name 3, with "quotes"', "0.75"]);
});
