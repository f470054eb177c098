import { describe, expect, test } from "vitest";
import { noKwargs, PyObject, type Value } from "#jinja/index.ts";
import { AdapterColumn, ColumnClass } from "./column.ts";

const flat = (type: string) => new AdapterColumn("col", type).flatten().map((c) => [c.column, c.dtype]);

// expected values are those of dbt-duckdb 1.11.0
describe("DuckDBColumn", () => {
  test.each([
    ["VARCHAR", "character varying(256)", "string"],
    ["text", "character varying(256)", "string"],
    ["DECIMAL(10,2)", "DECIMAL(10,2)", ""],
    ["decimal", "decimal", "numeric number"],
    ["HUGEINT", "HUGEINT", "integer number"],
    ["INTEGER", "INTEGER", "integer number"],
    ["DOUBLE", "DOUBLE", "float number"],
    ["INTEGER[]", "INTEGER[]", ""],
    ["TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", ""],
  ])("%s", (dtype, dataType, kinds) => {
    const column = new AdapterColumn("a", dtype);
    expect(column.dataType).toBe(dataType);
    const found = [
      column.isString() && "string",
      column.isInteger() && "integer",
      column.isFloat() && "float",
      column.isNumeric() && "numeric",
      column.isNumber() && "number",
    ];
    expect(found.filter(Boolean).join(" ")).toBe(kinds);
  });

  test("structs become their leaves", () => {
    expect(flat("STRUCT(a INTEGER, b STRUCT(c VARCHAR, d DECIMAL(3,1)))")).toEqual([
      ["col.a", "INTEGER"],
      ["col.b.c", "VARCHAR"],
      ["col.b.d", "DECIMAL(3,1)"],
    ]);
    expect(flat("STRUCT(a INTEGER)[]")).toEqual([["col.a", "INTEGER"]]);
    expect(flat("INTEGER")).toEqual([["col", "INTEGER"]]);
    expect(flat('struct("a b" int)')).toEqual([['col."a', 'b" int']]);
  });

  test("prints like the dataclass", () => {
    expect(new AdapterColumn("a", "VARCHAR").repr()).toBe(
      "DuckDBColumn(column='a', dtype='VARCHAR', char_size=None, numeric_precision=None, numeric_scale=None, fields=[])",
    );
  });

  test("from_description", () => {
    const { charSize, dtype } = AdapterColumn.fromDescription("n", "varchar(10)");
    expect([dtype, charSize]).toEqual(["varchar", 10]);
    expect(AdapterColumn.fromDescription("n", "decimal(5,2)").dataType).toBe("decimal(5,2)");
    expect(() => AdapterColumn.fromDescription("n", "x(1,b)")).toThrow(
      'Could not interpret data_type "x(1,b)": could not convert "b" to an integer',
    );
    expect(() => AdapterColumn.fromDescription("n", "")).toThrow('Could not interpret data type ""');
  });

  test("strings expand to longer strings only", () => {
    const short = new AdapterColumn("a", "varchar", 10);
    expect(short.canExpandTo(new AdapterColumn("a", "varchar", 20))).toBe(true);
    expect(short.canExpandTo(new AdapterColumn("a", "integer"))).toBe(false);
    expect(() => new AdapterColumn("a", "int").stringSize()).toThrow("Called string_size() on non-string field!");
  });
});

test("api.Column", () => {
  const api = new ColumnClass();
  const made = api.call(["a", "STRING"], noKwargs) as Value;
  expect((made as AdapterColumn).dtype).toBe("STRING");
  const call = (name: string, ...args: Value[]) => (api.getAttr(name) as PyObject).call(args, noKwargs);
  expect((call("create", "n", "string") as AdapterColumn).dtype).toBe("TEXT");
  expect(call("translate_type", "string")).toBe("TEXT");
  expect(call("numeric_type", "decimal", 1, 2)).toBe("decimal(1,2)");
  expect(call("numeric_type", "d", null, 2)).toBe("d");
  expect(call("string_type", 3)).toBe("character varying(3)");
});
