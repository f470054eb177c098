import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, type Database, openDatabase, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { DataInspector, type TableProfile } from "./index.ts";

let database: Database;
let connection: Connection;
let inspector: DataInspector;

beforeAll(async () => {
  database = await openDatabase(":memory:");
  connection = await database.connect();
  inspector = new DataInspector(connection);
});
afterAll(() => database.close());

const scalar = async (sql: string) => (await connection.query(sql)).rows[0]?.[0] ?? null;
const number = async (sql: string) => {
  const value = await scalar(sql);
  return value === null ? null : Number(value);
};
const text = async (sql: string) => {
  const value = await scalar(sql);
  return value === null ? null : String(value);
};
const only = async (table: string, options = {}): Promise<TableProfile> =>
  (await inspector.inspect({ tables: [table], ...options })).tables[0] as TableProfile;

/** Compares every figure of a profile with a query of its own, written differently from the inspector's. */
async function agreesWithQueries(found: TableProfile, from: string): Promise<void> {
  expect(found.rows).toBe(await number(`SELECT count(*) FROM ${from}`));
  for (const column of found.columns) {
    const c = quoteIdentifier(column.name);
    const values = `(SELECT ${c} AS v FROM ${from} WHERE ${c} IS NOT NULL)`;
    const where = (condition: string) => number(`SELECT count(*) FROM ${values} WHERE ${condition}`);
    expect(column.nulls, column.name).toBe(await number(`SELECT count(*) FROM ${from} WHERE ${c} IS NULL`));
    const distinct = column.distinctExact
      ? `SELECT count(*) FROM (SELECT DISTINCT v FROM ${values})`
      : `SELECT least(approx_count_distinct(v), count(*)) FROM ${values}`;
    expect(column.distinct, column.name).toBe(await number(distinct));
    expect(column.min, column.name).toBe(await text(`SELECT v::VARCHAR FROM ${values} ORDER BY v ASC LIMIT 1`));
    expect(column.max, column.name).toBe(await text(`SELECT v::VARCHAR FROM ${values} ORDER BY v DESC LIMIT 1`));
    if ("average" in column) {
      expect(column.zeros).toBe(await where("v = 0"));
      expect(column.negatives).toBe(await where("v < 0"));
      const finite = column.notFinite === undefined ? "true" : "v::VARCHAR NOT IN ('nan', 'inf', '-inf')";
      if (column.notFinite !== undefined) expect(column.notFinite).toBe(await where(`NOT (${finite})`));
      const mean = await number(`SELECT sum(v::DOUBLE) / count(*) FROM ${values} WHERE ${finite}`);
      if (mean === null) expect(column.average).toBeNull();
      else expect(Math.abs((column.average ?? 0) - mean)).toBeLessThanOrEqual(Math.abs(mean) * 1e-9);
    }
    if ("minLength" in column) {
      const lengths = `(SELECT length(v) AS n FROM ${values})`;
      expect(column.minLength).toBe(await number(`SELECT n FROM ${lengths} ORDER BY n LIMIT 1`));
      expect(column.maxLength).toBe(await number(`SELECT n FROM ${lengths} ORDER BY n DESC LIMIT 1`));
      expect(column.emptyTexts).toBe(await where("v = ''"));
      const mean = await number(`SELECT sum(n) / count(*) FROM ${lengths}`);
      expect(column.averageLength === null ? null : column.averageLength?.toFixed(9)).toBe(mean?.toFixed(9) ?? null);
    }
  }
}

test("figures of a table made with known defects", async () => {
  await connection.run(`CREATE SCHEMA silver; CREATE TABLE silver.orders AS
    SELECT i AS id, CASE WHEN i % 10 = 0 THEN NULL ELSE 'customer ' || (i % 7) END AS customer,
      CASE WHEN i % 4 = 0 THEN 0 WHEN i % 5 = 0 THEN -1.5 ELSE i END AS amount,
      CASE WHEN i % 20 = 0 THEN '' ELSE 'x' END AS note,
      CASE i WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE WHEN 3 THEN '-inf'::DOUBLE ELSE i / 3 END AS ratio,
      TIMESTAMP '2026-03-01 12:00:00' - INTERVAL (i) DAY AS loaded
    FROM range(100) t(i)`);
  await connection.run("INSERT INTO silver.orders SELECT * FROM silver.orders WHERE id < 5");
  const now = new Date("2026-03-01T12:00:00Z");
  await connection.run("SET TimeZone = 'UTC'");
  const found = await only("silver.orders", {
    keys: { "silver.orders": [["ID"], ["id", "customer"]] },
    now,
    recentDays: 7,
  });
  await agreesWithQueries(found, "silver.orders");
  const column = (name: string) => found.columns.find((c) => c.name === name);
  expect(found).toMatchObject({
    schema: "silver",
    name: "orders",
    type: "table",
    rows: 105,
    columnCount: 6,
    error: null,
  });
  expect(column("customer")).toMatchObject({ nulls: 11, distinct: 7, distinctExact: true });
  expect(column("ratio")).toMatchObject({ notFinite: 6 });
  expect(column("note")).toMatchObject({ emptyTexts: 6, minLength: 0, maxLength: 1 });
  // Id 0 has no customer, so its copy repeats no complete pair of id and customer.
  expect(found.duplicates.map(({ key, rows }) => [key, rows])).toEqual([
    [["id"], 5],
    [["id", "customer"], 4],
  ]);
  for (const { rows, query } of found.duplicates) {
    expect(await number(`SELECT sum("rows" - 1) FROM (${query})`)).toBe(rows);
  }
  // Days 0 to 6, where 0 to 4 are there twice; day 7 ago to the second is no longer new.
  expect(found.recent).toMatchObject({ column: "loaded", rows: 12, newest: "2026-03-01T12:00:00.000Z" });
  expect(await number(`SELECT count(*) FROM (${found.recent?.query})`)).toBe(12);
});

test("copies of whole rows are found where no key is known", async () => {
  await connection.run(
    `CREATE TABLE copies AS SELECT i % 10 AS a, NULL::INT AS b, -0.0::DOUBLE AS c FROM range(25) t(i)`,
  );
  await connection.run("INSERT INTO copies VALUES (99, NULL, 0.0)");
  const found = await only("copies");
  expect(found.duplicates).toMatchObject([{ key: [], rows: 15 }]);
  expect(await number(`SELECT sum("rows" - 1) FROM (${found.duplicates[0]?.query})`)).toBe(15);
  expect((await only("copies", { columns: false })).duplicates[0]?.rows).toBe(15);
});

test("every type DuckDB has, and an empty table", async () => {
  await connection.run(
    "CREATE SCHEMA types; CREATE TABLE types.every AS FROM test_all_types(); CREATE TABLE types.none AS FROM types.every LIMIT 0",
  );
  const { tables } = await inspector.inspect({ schemas: ["types"], sampleRows: 3 });
  const [every, none] = tables;
  expect(every?.error).toBeNull();
  expect(none?.error).toBeNull();
  expect(every?.columns.length).toBe(await number("SELECT count(*) FROM (DESCRIBE types.every)"));
  expect(every?.preview?.rows).toHaveLength(3);
  for (const column of every?.columns ?? []) {
    const c = quoteIdentifier(column.name);
    expect(column.nulls, column.name).toBe(await number(`SELECT count(*) FROM types.every WHERE ${c} IS NULL`));
    expect(column.distinct, column.name).toBe(
      await number(`SELECT count(*) FROM (SELECT DISTINCT ${c} FROM types.every WHERE ${c} IS NOT NULL)`),
    );
    const least = await text(`SELECT min(${c})::VARCHAR FROM types.every`);
    expect(column.min, column.name).toBe(least?.slice(0, 1000) ?? null);
  }
  expect(none).toMatchObject({ rows: 0, nulls: 0, recent: { rows: 0, newest: null } });
  expect(none?.columns.every((c) => c.nulls === 0 && c.nullShare === 0 && c.min === null && c.distinct === 0)).toBe(
    true,
  );
});

test("any names, quoted or not", async () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9 "'.;%_\-é漢]{1,12}$/);
  await fc.assert(
    fc.asyncProperty(
      name,
      name,
      fc.uniqueArray(name, { minLength: 1, maxLength: 4, selector: (n) => n.toLowerCase() }),
      async (schema, table, columns) => {
        const memory = await openDatabase(":memory:");
        try {
          const own = await memory.connect();
          const s = `s ${schema}`;
          const relation = `${quoteIdentifier(s)}.${quoteIdentifier(table)}`;
          await own.run(`CREATE SCHEMA ${quoteIdentifier(s)}`);
          const values = columns.map((column, i) => `range % ${i + 2} AS ${quoteIdentifier(column)}`);
          await own.run(`CREATE TABLE ${relation} AS SELECT ${values.join(", ")} FROM range(12)`);
          const key = { [`${s}.${table}`]: [[columns[0] as string]] };
          for (const written of [`${s}.${table}`, table, relation]) {
            if (written !== relation && written.includes('"')) continue;
            const { tables } = await new DataInspector(own).inspect({ tables: [written], keys: key, sampleRows: 1 });
            expect(tables[0]).toMatchObject({
              schema: s,
              name: table,
              rows: 12,
              error: null,
              duplicates: [{ rows: 10 }],
            });
            expect(tables[0]?.columns.map((column) => [column.name, column.distinct])).toEqual(
              columns.map((column, i) => [column, i + 2]),
            );
            const query = tables[0]?.duplicates[0]?.query ?? "";
            expect((await own.query(query)).rows).toHaveLength(2);
          }
        } finally {
          await memory.close();
        }
      },
    ),
    { numRuns: 20 },
  );
});

test("a view that lost its table is reported and hides nothing", async () => {
  await connection.run(`CREATE SCHEMA gold; CREATE TABLE gold.base AS SELECT 1 AS x; CREATE VIEW gold.broken AS FROM gold.base;
    CREATE TABLE gold.fine AS SELECT 1 AS x; CREATE VIEW gold.seen AS FROM gold.fine; DROP TABLE gold.base`);
  for (const columns of [true, false]) {
    const { tables, schemas } = await inspector.inspect({ schemas: ["gold"], columns });
    expect(tables.map((t) => [t.name, t.type, t.rows])).toEqual([
      ["broken", "view", null],
      ["fine", "table", 1],
      ["seen", "view", 1],
    ]);
    expect(tables[0]?.error).toMatch(/base/);
    expect(schemas).toEqual([{ name: "gold", tables: 3, rows: 2, bytes: null }]);
  }
});

describe("the time column", () => {
  test("is the one whose newest value is latest, unless that lies ahead or another is named", async () => {
    await connection.run(`CREATE TABLE times AS SELECT DATE '1990-01-01' AS birthday, TIMESTAMPTZ '2026-02-27 00:00:00Z' AS loaded,
      DATE '2026-04-01' AS due, TIMESTAMP 'infinity' AS forever FROM range(3)`);
    const now = new Date("2026-03-01T00:00:00Z");
    expect((await only("times", { now })).recent).toMatchObject({ column: "loaded", rows: 3 });
    expect((await only("times", { now, recentDays: 1 })).recent?.rows).toBe(0);
    const named = await only("times", { now, timeColumns: { "main.times": "BIRTHDAY" } });
    expect(named.recent).toMatchObject({ column: "birthday", rows: 0, newest: "1990-01-01T00:00:00.000Z" });
    await connection.run("CREATE TABLE timeless AS SELECT 1 AS x");
    expect((await only("timeless")).recent).toBeNull();
  });
});

test("wrong names are explained", async () => {
  await connection.run("CREATE SCHEMA errs; CREATE TABLE errs.products AS SELECT 1 AS price, 'x' AS label");
  const failing = async (options: Parameters<DataInspector["inspect"]>[0]) =>
    inspector.inspect(options).then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(await failing({ tables: ["errs.prodcts"] })).toMatchObject({
    code: "QUAL-001",
    hint: "Did you mean errs.products?",
  });
  expect(await failing({ tables: ["prodcts"] })).toMatchObject({
    code: "QUAL-001",
    hint: "Did you mean errs.products?",
  });
  const products = { tables: ["errs.products"] };
  expect(await failing({ ...products, keys: { "errs.products": [["pice"]] } })).toMatchObject({
    code: "QUAL-002",
    hint: "Did you mean price?",
  });
  expect(await failing({ ...products, timeColumns: { "errs.products": "label" } })).toMatchObject({ code: "QUAL-002" });
  expect(
    (await only("errs.products", { testedKeys: { "errs.products": [["gone"], ["Price"]] } })).duplicates,
  ).toMatchObject([{ key: ["price"], rows: 0 }]);
  await connection.run("CREATE SCHEMA errs2; CREATE TABLE errs2.products AS SELECT 1 AS price");
  expect(await failing({ tables: ["products"] })).toMatchObject({
    code: "QUAL-001",
    message: expect.stringContaining("errs2"),
  });
});

test("the platform's own schemas are left out unless asked for", async () => {
  await connection.run(`CREATE SCHEMA _labs; CREATE TABLE _labs.files AS SELECT 1 AS x; CREATE SCHEMA quarantine;
    CREATE TABLE quarantine.orders AS SELECT 1 AS x; CREATE SCHEMA main_dbt_test__audit; CREATE TABLE main_dbt_test__audit.f AS SELECT 1 AS x`);
  const names = (await inspector.inspect({ columns: false })).schemas.map((schema) => schema.name);
  expect(names).not.toContain("_labs");
  expect(names).not.toContain("quarantine");
  expect(names).not.toContain("main_dbt_test__audit");
  expect((await inspector.inspect({ schemas: ["quarantine"], columns: false })).tables).toHaveLength(1);
});

describe("in a file", () => {
  test("read-only, with the bytes of its blocks", async () => {
    const folder = mkdtempSync(join(tmpdir(), "inspect-"));
    try {
      const path = join(folder, "lab.duckdb");
      const writer = await openDatabase(path);
      await (await writer.connect()).run(
        "CREATE TABLE t AS SELECT range AS i, hash(range) AS h FROM range(200000); CREATE VIEW v AS FROM t",
      );
      await writer.close();
      const reader = await openDatabase(path, { readOnly: true });
      const { tables } = await new DataInspector(await reader.connect()).inspect();
      await reader.close();
      expect(tables[0]).toMatchObject({ name: "t", rows: 200000 });
      expect(tables[0]?.bytes).toBeGreaterThan(200000 * 8);
      expect(tables[0]?.columns[0]?.distinctExact).toBe(false);
      expect(Math.abs((tables[0]?.columns[0]?.distinct ?? 0) / 200000 - 1)).toBeLessThan(0.2);
      expect(tables[1]).toMatchObject({ name: "v", type: "view", bytes: null });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("a table of a thousand columns is looked at in several statements, with every figure in its place", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
  const columns = names.map((name, i) => `i + ${i} AS ${name}`);
  await connection.run(`CREATE TABLE wide AS SELECT ${columns.join(", ")} FROM range(3) t(i)`);
  const found = await only("wide");
  expect(found.columns.map((c) => [c.name, c.min, c.max, c.distinct, c.nulls])).toEqual(
    names.map((name, i) => [name, String(i), String(i + 2), 3, 0]),
  );
});

test("an estimate of different values never exceeds the rows, and values that are there once are no top values", async () => {
  for (let rows = 1; rows <= 120; rows += 7) {
    await connection.run(`CREATE OR REPLACE TABLE once AS SELECT i AS v FROM range(${rows}) t(i)`);
    const [v] = (await only("once", { distinct: "approximate" })).columns;
    expect(v?.distinct).toBeLessThanOrEqual(rows);
    expect(v?.topValues).toBeUndefined();
  }
});

test("a preview has the beginning of long values", async () => {
  await connection.run("CREATE TABLE long AS SELECT repeat('x', 1000000) AS v");
  const [table] = (await inspector.inspect({ tables: ["long"], sampleRows: 1 })).tables;
  expect(table?.preview?.rows).toEqual([["x".repeat(1000)]]);
});

const sales = join(import.meta.dirname, "../../../shared/data/sales_data.csv");
test.skipIf(!existsSync(sales))("the real sales file: every figure equals its own query", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sales-"));
  try {
    const utf8 = join(folder, "sales.csv");
    writeFileSync(utf8, new TextDecoder("windows-1252").decode(readFileSync(sales)));
    await connection.run(`CREATE SCHEMA bronze; CREATE TABLE bronze.sales AS FROM read_csv(${quoteLiteral(utf8)})`);
    const found = await only("bronze.sales", {
      keys: { "bronze.sales": [["ORDERNUMBER", "ORDERLINENUMBER"], ["PRODUCTCODE"]] },
    });
    expect(found.rows).toBe(2823);
    expect(found.columnCount).toBe(25);
    await agreesWithQueries(found, "bronze.sales");
    expect(found.columns.find((c) => c.name === "PRODUCTLINE")?.distinct).toBe(7);
    expect(found.duplicates.map((d) => d.rows)).toEqual([
      0,
      await number("SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM bronze.sales GROUP BY PRODUCTCODE)"),
    ]);
    await agreesWithQueries(await only("bronze.sales", { distinct: "approximate" }), "bronze.sales");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
