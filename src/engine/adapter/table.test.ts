import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "#duck/index.ts";
import { noKwargs, PyFunction, PyObject, PySlice, repr, str, type Value } from "#jinja/index.ts";
import { renderTable } from "./render-table.ts";
import { AdapterSession } from "./session.ts";
import { type AgateTable, mergeTables } from "./table.ts";
import { tableToCsv, tableToJson } from "./table-text.ts";

let db: Database;
let session: AdapterSession;
const printed: string[] = [];
beforeAll(async () => {
  db = await openDatabase(":memory:");
  const connect = async () => {
    const connection = await db.connect();
    await connection.run("set timezone = 'Europe/Berlin'");
    return connection;
  };
  session = new AdapterSession({ connect, tableOptions: { print: (text) => printed.push(text) } });
});
afterAll(() => db.close());

const query = async (sql: string): Promise<AgateTable> => (await session.execute(sql, { fetch: true })).table;
const call = (target: Value | undefined, name: string, ...args: Value[]): Value => {
  const method = (target as PyObject).getAttr(name);
  return (method as PyObject).call(args, noKwargs) as Value;
};

describe("values and types as dbt gives them to templates", () => {
  // [SQL, agate's type, str() of the value]: measured with dbt-core 1.12.3, dbt-duckdb 1.11.0, DuckDB 1.5.5
  test.each([
    ["1::tinyint", "Integer", "1"],
    ["123456789012345678901234567890::hugeint", "Integer", "123456789012345678901234567890"],
    ["1.5::float", "Number", "1.5"],
    ["0.1::float", "Number", "0.10000000149011612"],
    ["1e20::double", "Number", "1E+20"],
    ["1e-7::double", "Number", "1E-7"],
    ["123456789012345680.0::double", "Number", "1.2345678901234568E+17"],
    ["1.0::double", "Number", "1.0"],
    ["'-0.0'::double", "Number", "-0.0"],
    ["'nan'::double", "Number", "NaN"],
    ["'-inf'::double", "Number", "-Infinity"],
    ["1.50::decimal(9,2)", "Number", "1.50"],
    ["date '2024-01-02'", "Date", "2024-01-02"],
    ["date 'infinity'", "Date", "9999-12-31"],
    ["date '12000-01-01'", "Text", "12000-01-01"],
    ["timestamp '2024-01-02 03:04:05'", "DateTime", "2024-01-02 03:04:05"],
    ["timestamp '2024-01-02 03:04:05.123456'", "DateTime", "2024-01-02 03:04:05.123456"],
    ["timestamp_ns '2024-01-02 03:04:05.123456789'", "DateTime", "2024-01-02 03:04:05.123456"],
    ["timestamp_s '1969-12-31 23:59:59'", "DateTime", "1969-12-31 23:59:59"],
    ["'-infinity'::timestamp", "DateTime", "0001-01-01 00:00:00"],
    ["timestamptz '2024-07-02 03:04:05+00'", "DateTime", "2024-07-02 05:04:05+02:00"],
    ["time '10:00:00.5'", "Text", "10:00:00.500000"],
    ["timetz '10:00:00+02'", "Text", "10:00:00+02:00"],
    ["interval '1 day'", "Text", "1 day, 0:00:00"],
    ["interval '1 month -3 hours'", "Text", "29 days, 21:00:00"],
    ["interval '-1 day'", "Text", "-1 day, 0:00:00"],
    ["'1 year 2 months 3 days 04:05:06.789'::interval", "Text", "423 days, 4:05:06.789000"],
    ["'\\xAA''\"'::blob", "Text", "b'\\xaa\\'\"'"],
    ["'101'::bit", "Text", "101"],
    ["[1, 2]", "Text", "[1, 2]"],
    ["[1.5::double, null]", "Text", "[1.5, null]"],
    ["[1, 2]::int[2]", "Text", "[1, 2]"],
    ["{'a': 1, 'b c': 'x'}", "Text", '{"a": 1, "b c": "x"}'],
    ["map {1: 'x'}", "Text", '{"1": "x"}'],
    ["map {1.5::double: true}", "Text", '{"1.5": true}'],
    [
      "{'a': [{'b': date '2020-01-01', 'c': 1.50::decimal(5,2), 'i': 'é', 'k': 'nan'::double}]}",
      "Text",
      '{"a": [{"b": "2020-01-01", "c": 1.5, "i": "\\u00e9", "k": NaN}]}',
    ],
    ["[timestamptz '2024-01-01 00:00:00+00']", "Text", '["2024-01-01T01:00:00+01:00"]'],
    ["union_value(num := 2)", "Integer", "2"],
    ["'a'::enum('a', 'b')", "Text", "a"],
    ["'12345678901234567890'::bignum", "Text", "12345678901234567890"],
    ["'007'", "Text", "007"],
    ["''", "Text", ""],
    ["null", "Integer", "None"],
    ["null::varchar", "Integer", "None"],
    ["true", "Boolean", "True"],
  ])("%s", async (sql, type, text) => {
    const table = await query(`select ${sql} as x`);
    expect([table.columnTypes[0], str(table.row(0).at(0) as Value)]).toEqual([type, text]);
  });

  test("a column is typed by all of its values, an empty one is Integer", async () => {
    const mixed = await query(
      "select union_value(num := 1)::union(num int, s varchar) a union all select union_value(s := 'x')::union(num int, s varchar)",
    );
    expect([mixed.columnTypes[0], mixed.column(0).items()]).toEqual(["Text", ["1", "x"]]);
    expect((await query("select 'x' as a where false")).columnTypes).toEqual(["Integer"]);
  });
  test("repeated names are numbered, statements report counts", async () => {
    expect((await query("select 1 as a, 2 as a, 3 as A, 4 as a_2")).columnNames).toEqual(["a", "a_2", "A", "a_2_2"]);
    expect((await query("create table counted(a int)")).columnNames).toEqual(["Count"]);
    expect((await query("insert into counted values (1), (2)")).row(0).at(0)).toBe(2);
  });
  test("without fetch the table is empty", async () => {
    const { table, response } = await session.execute("select 1");
    expect([table.columnNames, table.rowCount, response]).toEqual([[], 0, { _message: "OK" }]);
    expect((await session.execute("from range(10)", { fetch: true, limit: 3 })).table.rowCount).toBe(3);
  });
});

describe("rows and columns", () => {
  test("are read by position, name, slice and method", async () => {
    const table = await query("select * from (values (1, 'x', 1.0::double), (2, null, 2.5)) t(a, b, c)");
    const rows = table.getAttr("rows") as PyObject;
    const columns = table.getAttr("columns") as PyObject;
    const row = rows.getItem(0) as PyObject;
    expect([row.getItem(1), row.getItem("b"), row.getItem(-3), row.getItem("nope"), row.getItem(9)]).toEqual([
      "x",
      "x",
      1,
      undefined,
      undefined,
    ]);
    expect(repr(row)).toBe("<agate.Row: (1, 'x', Decimal('1.0'))>");
    expect(repr(columns.getItem("a") as Value)).toBe("<agate.Column: (1, 2)>");
    expect(repr(call(columns.getItem("b"), "values"))).toBe("('x', None)");
    expect(repr(call(columns, "keys"))).toBe("('a', 'b', 'c')");
    expect(call(rows, "keys")).toBe(null);
    expect(repr(call(row, "dict"))).toBe("{'a': 1, 'b': 'x', 'c': Decimal('1.0')}");
    expect(repr(call(row, "items"))).toBe("(('a', 1), ('b', 'x'), ('c', Decimal('1.0')))");
    expect([call(row, "get", "a"), call(row, "get", "z", "d"), call(row, "get", "z")]).toEqual([1, "d", null]);
    expect(repr(rows.getItem(new PySlice(1, null, null)) as Value)).toBe("(<agate.Row: (2, None, Decimal('2.5'))>,)");
    expect([rows.length(), table.length(), [...(row.iterate() ?? [])].length]).toEqual([2, 2, 3]);
    expect([
      (columns.getItem(0) as PyObject).getAttr("name"),
      (columns.getItem(0) as PyObject).getAttr("index"),
    ]).toEqual(["a", 0]);
    expect(repr(table.getAttr("column_names") as Value)).toBe("('a', 'b', 'c')");
    expect(table.str()).toBe(
      "| column | data_type |\n| ------ | --------- |\n| a      | Integer   |\n| b      | Text      |\n| c      | Number    |\n",
    );
  });
});

describe("operations", () => {
  test("select, exclude, order_by, limit, distinct, rename, merge, group_by, where", async () => {
    const table = await query("select * from (values (2, 'b'), (1, 'a'), (null, 'c'), (2, 'b')) t(n, s)");
    const rows = (value: Value) => (value as AgateTable).allRows();
    expect(rows(call(table, "select", ["s"]))).toEqual([["b"], ["a"], ["c"], ["b"]]);
    expect(rows(call(table, "exclude", "s"))).toEqual([[2], [1], [null], [2]]);
    expect(rows(call(table, "order_by", "n")).map(([n]) => n)).toEqual([1, 2, 2, null]);
    expect(rows(call(table, "order_by", "n", true)).map(([n]) => n)).toEqual([null, 2, 2, 1]);
    expect(rows(call(table, "limit", 1))).toEqual([[2, "b"]]);
    expect(rows(call(table, "limit", 1, 3))).toEqual([
      [1, "a"],
      [null, "c"],
    ]);
    expect(rows(call(table, "distinct"))).toHaveLength(3);
    expect((call(table, "rename", ["x", "x"]) as AgateTable).columnNames).toEqual(["x", "x_2"]);
    const groups = call(table, "group_by", "s") as PyObject;
    expect(repr(call(groups, "keys"))).toBe("('b', 'a', 'c')");
    expect((groups.getItem("b") as AgateTable).rowCount).toBe(2);
    const other = await query("select 9 as n, true as flag");
    const merged = mergeTables([table, other]);
    expect([merged.columnNames, merged.columnTypes, merged.allRows().at(-1)]).toEqual([
      ["n", "s", "flag"],
      ["Integer", "Text", "Boolean"],
      [9, null, true],
    ]);
    const isTwo = new PyFunction("is_two", ([row]) => (row as PyObject).getItem("n") === 2);
    expect((await (call(table, "where", isTwo) as unknown as Promise<AgateTable>)).rowCount).toBe(2);
    expect(() => call(table, "select", "nope")).toThrow("The table has no column 'nope'.");
  });
});

describe("text", () => {
  // expected texts were printed by agate 1.9
  test.each([
    [
      "select * from (values (1,'a',1.5::double,date '2024-01-01',true,timestamp '2024-01-01 10:00:00'),(20000,null,-1234567.12345,null,null,null)) t(id,name,amount,d,flag,ts)",
      {},
      "|    id | name |          amount |          d | flag |                  ts |\n| ----- | ---- | --------------- | ---------- | ---- | ------------------- |\n|     1 | a    |          1.500… | 2024-01-01 | True | 2024-01-01 10:00:00 |\n| 20000 |      | -1,234,567.123… |            |      |                     |\n",
    ],
    [
      "select 1 a,2 b,3 c,4 d,5 e,6 f,7 g,8 h",
      {},
      "| a | b | c | d | e | f | ... |\n| - | - | - | - | - | - | --- |\n| 1 | 2 | 3 | 4 | 5 | 6 | ... |\n",
    ],
    [
      "select i, 'a rather long text that is cut off' as a_rather_long_column_name from range(25) t(i)",
      { maxRows: 2 },
      "| i | a_rather_long_col... |\n| - | -------------------- |\n| 0 | a rather long tex... |\n| 1 | a rather long tex... |\n| ... | ...                  |\n",
    ],
    [
      "select 1.005::double x, 2.5::double y, -0.0001::double z, 1e20::double e union all select 2.0, 3, 1, 'nan'::double",
      {},
      "|     x |   y |       z |                    e |\n| ----- | --- | ------- | -------------------- |\n| 1.005 | 2.5 | -0.000… | 100,000,000,000,0... |\n| 2.000 | 3.0 |  1.000… |                  NaN |\n",
    ],
    [
      "select 'é😀' a, 'x\"y,z' b, '' c, null d",
      {},
      '| a  | b     | c | d |\n| -- | ----- | - | - |\n| é😀 | x"y,z |   |   |\n',
    ],
    [
      "select 1.23456::decimal(10,5) x, 100::decimal(10,2) y",
      { maxPrecision: null },
      "|       x |   y |\n| ------- | --- |\n| 1.23456 | 100 |\n",
    ],
    ["select 1.5::double x", { maxPrecision: 0 }, "|  x |\n| -- |\n| 2… |\n"],
    [
      "select 12345.678::double x, 'inf'::double y, 0.5::decimal(3,2) z",
      { maxRows: null },
      "|          x |        y |   z |\n| ---------- | -------- | --- |\n| 12,345.678 | Infinity | 0.5 |\n",
    ],
    ["select 1 as a where false", {}, "| a |\n| - |\n"],
  ])("%s", async (sql, options, expected) => {
    expect(renderTable(await query(sql), options)).toBe(expected);
  });

  test("JSON and CSV", async () => {
    const table = await query(
      "select 1 a, 'é\"x' b, 1e20::double c, 'nan'::double d, timestamp '2024-01-01 10:00:00' e, true f, null g, 1.50::decimal(5,2) h",
    );
    expect(tableToJson(table)).toBe(
      '[{"a": 1, "b": "é\\"x", "c": 1e+20, "d": NaN, "e": "2024-01-01T10:00:00", "f": true, "g": null, "h": 1.5}]',
    );
    expect(tableToCsv(table)).toBe('a,b,c,d,e,f,g,h\n1,"é""x",1E+20,NaN,2024-01-01T10:00:00,True,,1.50\n');
    expect(tableToCsv(await query("select ''"))).toBe("''\n\"\"\n");
  });
  test("print_table writes and returns None", async () => {
    expect(call(await query("select 1 a"), "print_table")).toBe(null);
    expect(printed.at(-1)).toBe("| a |\n| - |\n| 1 |\n");
  });
});
