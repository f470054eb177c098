import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, type Database, openDatabase, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { DataInspector, type TableProfile } from "./index.ts";

let database: Database;
let connection: Connection;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  connection = await database.connect();
  await connection.run("SET TimeZone = 'UTC'");
});
afterAll(() => database.close());

const rowsOf = async (sql: string) =>
  (await connection.query(sql)).rows.map((row) => row.map((v) => (v === null ? null : String(v))));
const number = async (sql: string) => Number((await rowsOf(sql))[0]?.[0]);
const only = async (table: string, options = {}): Promise<TableProfile> =>
  (await new DataInspector(connection).inspect({ tables: [table], ...options })).tables[0] as TableProfile;

/** Compares the shape of every column with queries of its own, written differently from the inspector's. */
async function agrees(found: TableProfile, from: string): Promise<number> {
  let compared = 0;
  for (const column of found.columns) {
    const c = quoteIdentifier(column.name);
    const float = column.notFinite !== undefined;
    const finite = `SELECT ${c} AS v FROM ${from} WHERE ${c} IS NOT NULL${float ? ` AND ${c}::VARCHAR NOT IN ('nan', 'inf', '-inf')` : ""}`;
    const count = await number(`SELECT count(*) FROM (${finite})`);
    if (column.quantiles && column.distinctExact && count > 0) {
      for (const { share, value } of column.quantiles) {
        // The least value that at least such a share of all does not exceed.
        const [[wanted] = []] = await rowsOf(
          `SELECT min(v)::VARCHAR FROM (SELECT v, row_number() OVER (ORDER BY v) AS place FROM (${finite})) WHERE place >= greatest(1, ceil(${share}::DECIMAL(9,2) * ${count}))`,
        );
        expect(value, `${column.name} ${share}`).toBe(wanted);
        compared++;
      }
    }
    if (column.standardDeviation) {
      const wanted = await number(
        `SELECT sqrt(sum((v::DOUBLE - m) ^ 2) / (count(*) - 1)) FROM (${finite}), (SELECT avg(v::DOUBLE) AS m FROM (${finite}))`,
      );
      expect(Math.abs(column.standardDeviation / wanted - 1)).toBeLessThan(1e-9);
    }
    for (const { value, rows } of column.topValues ?? []) {
      expect(await number(`SELECT count(*) FROM ${from} WHERE ${c}::VARCHAR = ${quoteLiteral(value)}`)).toBe(rows);
      compared++;
    }
    if (column.topValues && found.sampled === null) {
      const most = await number(
        `SELECT max(n) FROM (SELECT count(*) AS n FROM ${from} WHERE ${c} IS NOT NULL GROUP BY ${c})`,
      );
      expect(column.topValues[0]?.rows).toBe(most);
    }
    const isNumber = column.average !== undefined;
    for (const [i, bin] of (column.histogram ?? []).entries()) {
      const last = i === (column.histogram?.length ?? 0) - 1;
      const whole = isNumber && !/DOUBLE|FLOAT|DECIMAL/.test(column.type);
      const edge = (text: string) =>
        isNumber ? text : quoteLiteral(text.length === 4 ? `${text}-01-01` : text.length === 7 ? `${text}-01` : text);
      const upper = whole || (last && isNumber) ? "<=" : "<";
      // Edges of floats are written short: rows on an edge may count to either side.
      if (isNumber && !whole) continue;
      const wanted = await number(
        `SELECT count(*) FROM (${finite}) WHERE v >= ${edge(bin.from)} AND v ${upper} ${edge(bin.to)}`,
      );
      expect(bin.rows, `${column.name} ${bin.from}`).toBe(wanted);
      compared++;
    }
    if (column.histogram && isNumber)
      expect(
        column.histogram.reduce((sum, bin) => sum + bin.rows, 0),
        column.name,
      ).toBe(count);
    for (const { from: least, to, rows } of column.lengths ?? []) {
      expect(await number(`SELECT count(*) FROM (${finite}) WHERE length(v) BETWEEN ${least} AND ${to}`)).toBe(rows);
      compared++;
    }
  }
  return compared;
}

test("shapes of a table made with known ones", async () => {
  await connection.run(`CREATE TABLE made AS SELECT i AS id, i % 4 AS quarter, i::DOUBLE / 10 AS ratio, (i * 1.5)::DECIMAL(9,2) AS money,
    DATE '2025-11-15' + (i % 100)::INT AS day, TIMESTAMP '2025-01-01 00:00:00' + INTERVAL (i) MINUTE AS moment,
    CASE WHEN i % 10 = 0 THEN NULL WHEN i % 3 = 0 THEN 'AB-' || lpad((i % 7)::VARCHAR, 4, '0') ELSE 'Ab ' || (i % 2) END AS code,
    CASE i WHEN 7 THEN 'inf'::DOUBLE WHEN 8 THEN 'nan'::DOUBLE ELSE i END AS odd, i % 2 = 0 AS flag, [i] AS list
    FROM range(1000) t(i)`);
  const found = await only("made");
  expect(found.sampled).toBeNull();
  expect(await agrees(found, "made")).toBeGreaterThan(100);
  const column = (name: string) => found.columns.find((c) => c.name === name);
  expect(column("id")?.topValues).toBeUndefined();
  expect(column("id")?.histogram).toHaveLength(20);
  expect(column("id")?.histogram?.every(({ rows }) => rows === 50)).toBe(true);
  expect(column("quarter")?.histogram).toEqual([0, 1, 2, 3].map((n) => ({ from: `${n}`, to: `${n}`, rows: 250 })));
  expect(column("ratio")?.histogram?.every(({ rows }) => Math.abs(rows - 50) <= 1)).toBe(true);
  expect(column("day")?.histogram?.map(({ from, rows }) => [from, rows])[1]).toEqual(["2025-11-17", 70]);
  expect(column("moment")?.histogram).toHaveLength(17);
  expect(column("code")?.patterns).toEqual([
    { value: "Aa 9", rows: 600 },
    { value: "AA-9999", rows: 300 },
  ]);
  expect(column("code")?.lengths).toEqual([
    { from: "4", to: "4", rows: 600 },
    { from: "5", to: "5", rows: 0 },
    { from: "6", to: "6", rows: 0 },
    { from: "7", to: "7", rows: 300 },
  ]);
  expect(column("flag")?.topValues).toEqual([
    { value: "false", rows: 500 },
    { value: "true", rows: 500 },
  ]);
  expect(column("odd")?.quantiles?.[4]?.value).toBe("950.0");
});

test("a view is worked out once, and tells what its table does", async () => {
  await connection.run(
    "CREATE TABLE behind AS SELECT i % 30 AS a, 'x' || (i % 5) AS b FROM range(500) t(i); CREATE VIEW ahead AS FROM behind",
  );
  const [table, view] = [await only("behind"), await only("ahead")];
  expect(view.columns[0]).toMatchObject({ distinct: 30, distinctExact: true });
  expect(view.columns).toEqual(table.columns);
  expect(await agrees(view, "behind")).toBeGreaterThan(20);
  expect(await rowsOf("SELECT table_name FROM duckdb_tables() WHERE temporary")).toEqual([]);
});

test("many patterns count runs as one sign", async () => {
  await connection.run(
    "CREATE TABLE free AS SELECT repeat('a', i % 40 + 1) || ' ' || repeat('7', i % 3 + 1) AS t FROM range(400) r(i)",
  );
  expect((await only("free")).columns[0]?.patterns).toEqual([{ value: "a+ 9+", rows: 400 }]);
});

test("a large table is looked at through a sample, the same one each time; exactly on request", async () => {
  await connection.run(
    "CREATE TABLE large AS SELECT i AS id, CASE WHEN i % 10 < 7 THEN 'most' ELSE 'other ' || (i % 3) END AS kind, (hash(i) % 1000)::INT AS n FROM range(600000) t(i)",
  );
  const [one, two] = [await only("large"), await only("large")];
  expect(one.sampled).toBeGreaterThan(80_000);
  expect(one.sampled).toBeLessThan(130_000);
  expect(two.columns.map((c) => [c.topValues, c.histogram, c.patterns])).toEqual(
    one.columns.map((c) => [c.topValues, c.histogram, c.patterns]),
  );
  const kind = one.columns[1];
  expect((kind?.topValues?.[0]?.rows ?? 0) / (one.sampled ?? 1)).toBeCloseTo(0.7, 2);
  const median = Number(one.columns[2]?.quantiles?.find(({ share }) => share === 0.5)?.value);
  expect(Math.abs(median - 500)).toBeLessThan(20);
  const exact = await only("large", { distinct: "exact" });
  expect(exact.sampled).toBeNull();
  expect(exact.columns[1]?.topValues?.[0]).toEqual({ value: "most", rows: 420_000 });
});

describe("keys that nobody named", () => {
  test("are found where one column tells nearly all rows apart", async () => {
    await connection.run(`CREATE TABLE keyed AS SELECT i % 50 AS store, 1000 + i AS order_no, i * 0.5 AS amount FROM range(400) t(i);
      CREATE TABLE nearly AS FROM keyed UNION ALL SELECT 1, 1000, 9 UNION ALL SELECT 1, 1001, 9;
      CREATE TABLE unkeyed AS SELECT i % 50 AS a, i % 60 AS b FROM range(400) t(i)`);
    expect((await only("keyed")).duplicates).toMatchObject([{ key: ["order_no"], origin: "detected", rows: 0 }]);
    const nearly = (await only("nearly")).duplicates;
    expect(nearly).toMatchObject([
      { key: ["order_no"], origin: "detected", rows: 2 },
      { key: [], origin: "rows", rows: 0 },
    ]);
    expect(await number(`SELECT sum("rows" - 1) FROM (${nearly[0]?.query})`)).toBe(2);
    expect((await only("unkeyed")).duplicates).toMatchObject([{ key: [], origin: "rows", rows: 100 }]);
    expect((await only("keyed", { keys: { "main.keyed": [["store"]] } })).duplicates).toMatchObject([
      { key: ["store"], origin: "declared", rows: 350 },
    ]);
    expect((await only("keyed", { testedKeys: { "main.keyed": [["amount"]] } })).duplicates).toMatchObject([
      { key: ["amount"], origin: "tested", rows: 0 },
    ]);
  });
});

const sales = join(import.meta.dirname, "../../../shared/data/sales_data.csv");
test.skipIf(!existsSync(sales))("the real sales file: every figure of its shapes equals its own query", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shapes-"));
  try {
    const utf8 = join(folder, "sales.csv");
    writeFileSync(utf8, new TextDecoder("windows-1252").decode(readFileSync(sales)));
    await connection.run(`CREATE TABLE sales AS FROM read_csv(${quoteLiteral(utf8)})`);
    expect(await agrees(await only("sales"), "sales")).toBeGreaterThan(250);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
