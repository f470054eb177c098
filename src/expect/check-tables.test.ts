import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type Database, openDatabase, quoteLiteral } from "#duck/index.ts";
import type { TableExpectation } from "#registry/index.ts";
import { checkTables, type CheckTablesInput } from "./check-tables.ts";

let database: Database;
let db: Connection;
const now = Date.parse("2026-03-01T00:00:00Z");
const place = { file: "lab.yml", line: 7, column: 9 };

const expected = (check: TableExpectation["check"], more: Partial<TableExpectation> = {}): TableExpectation => ({
  check,
  table: "gold.orders",
  columns: [],
  fields: more.columns ?? [],
  types: {},
  severity: "error",
  blocking: true,
  place,
  ...more,
});
const run = async (expectations: TableExpectation[], more: Partial<CheckTablesInput> = {}) =>
  (await checkTables({ connection: db, expectations, now, keep: 100, ...more })).outcomes;
const one = async (sql: string): Promise<number> => Number((await db.query(sql)).rows[0]?.[0]);
const keptRows = () => one("SELECT count(*) FROM _quality.failing_rows");

beforeAll(async () => {
  database = await openDatabase(":memory:");
  db = await database.connect();
  await db.run(`
    CREATE SCHEMA gold;
    CREATE TABLE gold."Cust omers" AS SELECT range AS "Id" FROM range(50);
    CREATE TABLE gold.orders AS SELECT
      CASE WHEN i % 40 = 0 THEN i + 1 ELSE i END AS id,
      CASE WHEN i % 25 = 0 THEN NULL ELSE i % 60 END AS customer,
      CASE WHEN i % 9 = 0 THEN 'lost' WHEN i % 11 = 0 THEN NULL ELSE 'sent' END AS status,
      (i % 100 - 5)::DECIMAL(9,2) AS amount,
      CASE WHEN i % 13 = 0 THEN 'x' ELSE printf('S%04d', i) END AS code,
      TIMESTAMP '2026-02-01' + INTERVAL (i) MINUTE AS at,
      CASE WHEN i = 3 THEN 'infinity'::TIMESTAMP END AS never
    FROM range(1000) t(i);
    CREATE VIEW gold.seen AS SELECT * FROM gold.orders WHERE id % 2 = 0;`);
});
afterAll(() => database.close());

describe("every figure is that of a query written by hand", () => {
  const of = "FROM gold.orders";
  it.each<[string, TableExpectation, string]>([
    ["not_null", expected("not_null", { columns: ["customer"] }), `SELECT count(*) ${of} WHERE customer IS NULL`],
    [
      "not_null of two columns",
      expected("not_null", { columns: ["customer", "STATUS"] }),
      `SELECT count(*) ${of} WHERE customer IS NULL OR status IS NULL`,
    ],
    ["unique", expected("unique", { columns: ["id"] }), `SELECT 1000 - count(DISTINCT id) ${of}`],
    [
      "unique over two columns, nulls left out",
      expected("unique", { columns: ["customer", "status"] }),
      `SELECT sum(n - 1) FROM (SELECT count(*) n ${of} WHERE customer IS NOT NULL AND status IS NOT NULL GROUP BY customer, status)`,
    ],
    [
      "in_set",
      expected("in_set", { columns: ["status"], values: ["sent", "it's"] }),
      `SELECT count(*) ${of} WHERE status = 'lost'`,
    ],
    [
      "in_set of numbers, however a type shows them",
      expected("in_set", { columns: ["amount"], values: [1, 2, 3.5] }),
      `SELECT count(*) ${of} WHERE amount <> 1 AND amount <> 2`,
    ],
    [
      "in_set of numbers and texts",
      expected("in_set", { columns: ["status"], values: [1, "sent"] }),
      `SELECT count(*) ${of} WHERE status = 'lost'`,
    ],
    [
      "range",
      expected("range", { columns: ["amount"], min: 0, max: 90 }),
      `SELECT count(*) ${of} WHERE amount < 0 OR amount > 90`,
    ],
    [
      "range of moments",
      expected("range", { columns: ["at"], max: "2026-02-01 10:00" }),
      `SELECT count(*) ${of} WHERE "at" > '2026-02-01 10:00'`,
    ],
    [
      "regex",
      expected("regex", { columns: ["code"], pattern: "^S\\d{4}$" }),
      `SELECT count(*) ${of} WHERE code NOT LIKE 'S%'`,
    ],
    [
      "length",
      expected("length", { columns: ["code"], min: 2, max: 5 }),
      `SELECT count(*) ${of} WHERE length(code) < 2`,
    ],
    [
      "sql",
      expected("sql", { sql: "amount > 0 OR status = 'sent' -- null is not true" }),
      `SELECT 1000 - count(*) ${of} WHERE amount > 0 OR status = 'sent'`,
    ],
    [
      "where",
      expected("range", { columns: ["amount"], min: 10, where: "status = 'sent'" }),
      `SELECT count(*) ${of} WHERE amount < 10 AND status = 'sent'`,
    ],
    [
      "relationship",
      expected("relationship", { columns: ["customer"], to: "gold.Cust omers", fields: ["id"] }),
      `SELECT count(*) ${of} o WHERE customer IS NOT NULL AND NOT EXISTS (FROM gold."Cust omers" c WHERE c."Id" = o.customer)`,
    ],
    [
      "query",
      expected("query", { sql: "select * from gold.orders where amount = 7;" }),
      `SELECT count(*) ${of} WHERE amount = 7`,
    ],
    ["row_count", expected("row_count", { min: 1001 }), "SELECT 1"],
    ["row_count where", expected("row_count", { max: 10, where: "amount < 0" }), "SELECT 1"],
    ["fresh", expected("fresh", { columns: ["at"], within: "2 days" }), "SELECT 1"],
    ["fresh of nothing but infinity", expected("fresh", { columns: ["never"], within: "2 days" }), "SELECT 1"],
    [
      "columns",
      expected("columns", { types: { ID: "int8", amount: "DECIMAL(9,2)", code: null, gone: null, at: "DATE" } }),
      "SELECT 2",
    ],
  ])("%s", async (_name, item, sql) => {
    const wanted = await one(sql);
    expect(wanted).toBeGreaterThan(0);
    const [outcome] = await run([item]);
    expect(outcome).toMatchObject({ status: "fail", failures: wanted, table: "gold.orders" });
    const [warned] = await run([{ ...item, severity: "warn" }]);
    expect(warned?.status).toBe("warn");
    // All of them in one pass say the same.
    const all = await run([item, expected("not_null", { columns: ["id"] }), { ...item, name: "again" }]);
    expect(all.map(({ failures }) => failures)).toEqual([wanted, 0, wanted]);
    expect(outcome?.query).toBeTruthy();
    if (outcome?.kept) expect(outcome.kept).toBe(Math.min(100, await one(`SELECT count(*) FROM (${outcome.query})`)));
  });

  it.each<[string, TableExpectation]>([
    ["fresh", expected("fresh", { columns: ["at"], within: "5 weeks" })],
    ["row_count", expected("row_count", { min: 1000, max: 1000 })],
    ["columns", expected("columns", { types: { id: "BIGINT", Status: "text" } })],
    ["query", expected("query", { sql: "select 1 where false" })],
    ["relationship", expected("relationship", { columns: ["id"], to: "gold.orders" })],
    ["a view", expected("sql", { table: "gold.SEEN", sql: "id % 2 = 0" })],
  ])("%s is met", async (_name, item) => {
    expect(await run([item])).toMatchObject([{ status: "pass", failures: 0, message: null, kept: 0 }]);
  });

  it("of the real sales file", async () => {
    const file = join(import.meta.dirname, "../../../shared/data/sales_data.csv");
    if (!existsSync(file)) return;
    await db.run(
      `CREATE OR REPLACE TABLE gold.sales AS FROM read_csv(${quoteLiteral(file)}, all_varchar = true, quote = '"', encoding = 'utf-8', ignore_errors = true)`,
    );
    const sales = (check: TableExpectation["check"], more: Partial<TableExpectation>) =>
      expected(check, { table: "gold.sales", ...more });
    const outcomes = await run([
      sales("unique", { columns: ["ORDERNUMBER"] }),
      sales("unique", { columns: ["ORDERNUMBER", "ORDERLINENUMBER"] }),
      sales("not_null", { columns: ["STATE"] }),
      sales("in_set", { columns: ["STATUS"], values: ["Shipped"] }),
      sales("length", { columns: ["COUNTRY"], max: 6 }),
      sales("sql", { sql: "SALES::DOUBLE <= QUANTITYORDERED::DOUBLE * PRICEEACH::DOUBLE + 0.01" }),
      sales("regex", { columns: ["POSTALCODE"], pattern: "^[0-9]+$" }),
    ]);
    const hand = [
      "SELECT count(*) - count(DISTINCT ORDERNUMBER) FROM gold.sales",
      "SELECT count(*) - count(DISTINCT (ORDERNUMBER, ORDERLINENUMBER)) FROM gold.sales",
      "SELECT sum((STATE IS NULL)::int) FROM gold.sales",
      "SELECT sum((STATUS <> 'Shipped')::int) FROM gold.sales",
      "SELECT count(*) FROM gold.sales WHERE len(COUNTRY) >= 7",
      "SELECT count(*) FROM gold.sales WHERE SALES::DOUBLE > QUANTITYORDERED::DOUBLE * PRICEEACH::DOUBLE + 0.01",
      "SELECT count(*) FROM gold.sales WHERE POSTALCODE IS NOT NULL AND translate(POSTALCODE, '0123456789', '') <> '' ",
    ];
    expect(outcomes.map(({ failures }) => failures)).toEqual(await Promise.all(hand.map(one)));
    expect(outcomes.filter(({ failures }) => (failures ?? 0) > 0).length).toBeGreaterThan(4);
  });
});

describe("failing rows", () => {
  it("are kept, capped, replaced by the next check, and gone with what they broke", async () => {
    const negative = expected("range", { columns: ["amount"], min: 0, severity: "warn" });
    await run([negative, expected("unique", { columns: ["id"] })], { keep: 30, whole: true });
    const kept = await db.objects(
      "SELECT expectation, table_name, expected, severity, \"row\"->>'amount' AS amount FROM _quality.failing_rows WHERE expectation LIKE '%range%'",
    );
    expect(kept).toHaveLength(30);
    expect(kept.every(({ amount }) => Number(amount) < 0)).toBe(true);
    expect(kept[0]).toMatchObject({
      expectation: "gold.orders.range_amount",
      table_name: "gold.orders",
      expected: "amount is at least 0",
      severity: "warn",
    });
    // Both rows of each of the 25 pairs.
    expect(await one("SELECT count(*) FROM _quality.failing_rows WHERE expectation LIKE '%unique%'")).toBe(30);
    // Another expectation alone leaves them; all that there are remove those of the others.
    await run([{ ...negative, min: -100 }], { keep: 30 });
    expect(await keptRows()).toBe(30);
    await run([{ ...negative, min: -100 }], { keep: 30, whole: true });
    expect(await keptRows()).toBe(0);
    await run([negative], { keep: 0, whole: true });
    expect(await keptRows()).toBe(0);
  });

  it("of any type become JSON", async () => {
    await db.run(
      `CREATE OR REPLACE TABLE gold.odd AS SELECT 'nan'::DOUBLE AS "a""b", [1, 2] AS l, {'x': 1} AS s, '\\x00'::BLOB AS b, NULL AS n`,
    );
    await run([expected("sql", { table: "gold.odd", sql: "false" })], { whole: true });
    const [row] = await db.objects('SELECT "row" FROM _quality.failing_rows');
    expect(JSON.parse(String(row?.["row"]))).toEqual({ 'a"b': "nan", l: "[1, 2]", s: "{'x': 1}", b: "\\x00", n: null });
  });
});

describe("what cannot be checked", () => {
  it.each<[string, TableExpectation, string, RegExp]>([
    [
      "a table",
      expected("not_null", { table: "gold.order", columns: ["id"] }),
      "EXP-001",
      /Did you mean gold\.orders\?/,
    ],
    [
      "another table",
      expected("relationship", { columns: ["id"], to: "silver.nowhere" }),
      "EXP-001",
      /build the table/,
    ],
    ["a column", expected("unique", { columns: ["custmer"] }), "EXP-002", /Did you mean `customer`\?/],
    [
      "a field",
      expected("relationship", { columns: ["id"], to: "gold.Cust omers", fields: ["x"] }),
      "EXP-002",
      /It has Id/,
    ],
    ["a condition", expected("sql", { sql: "amount >" }), "EXP-003", /write conditions as SQL/],
    ["a value of another type", expected("range", { columns: ["at"], min: "soon" }), "EXP-003", /their type/],
    ["a pattern", expected("regex", { columns: ["code"], pattern: "(" }), "EXP-003", /lab\.yml/],
    ["a query", expected("query", { sql: "selec 1" }), "EXP-003", /lab\.yml/],
    ["a type", expected("columns", { types: { id: "INTEGRE" } }), "EXP-003", /lab\.yml/],
  ])("%s is named with its place and hides no other", async (_name, item, code, hint) => {
    const good = expected("range", { columns: ["amount"], min: 0 });
    const outcomes = await run([good, item, expected("row_count", { min: 1 })]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fail", "error", "pass"]);
    expect(outcomes[1]).toMatchObject({ failures: null, error: { code, place: { line: 7, column: 9 } } });
    expect(outcomes[1]?.error?.hint).toMatch(hint);
  });
});

it("skips tables that were not built, tells tables one by one, and gives ids that stay", async () => {
  const told: string[] = [];
  const items = [
    expected("not_null", { columns: ["id"] }),
    expected("not_null", { columns: ["id"] }),
    expected("sql", { table: "gold.seen", sql: "true", name: "all good?" }),
  ];
  const outcomes = await run(items, {
    skip: new Set(["gold.seen"]),
    onTable: (group) => told.push(`${group[0]?.table} ${group.length}`),
  });
  expect(told).toEqual(["gold.orders 2", "gold.seen 1"]);
  expect(outcomes.map(({ id, status }) => [id, status])).toEqual([
    ["gold.orders.not_null_id", "pass"],
    ["gold.orders.not_null_id_2", "pass"],
    ["gold.seen.sql_all_good_", "skipped"],
  ]);
});

it("passes over a table once, however much is expected of it", async () => {
  const seen: string[] = [];
  const watched = new Proxy(db, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...words: unknown[]) => {
        seen.push(String(words[0]));
        return Reflect.apply(value, target, words) as unknown;
      };
    },
  });
  const items = ["id", "customer", "status", "amount", "code", "at"].flatMap((column) => [
    expected("not_null", { columns: [column], severity: "warn" }),
    expected("unique", { columns: [column], severity: "warn" }),
  ]);
  const more = [
    expected("relationship", { columns: ["customer"], to: "gold.Cust omers", fields: ["Id"] }),
    expected("fresh", { columns: ["at"], within: "1 day" }),
    expected("row_count", { min: 1 }),
    expected("columns", { types: { id: null } }),
  ];
  await run([...items, ...more], { connection: watched, keep: 0 });
  expect(seen.filter((sql) => sql.includes('"gold"."orders"'))).toHaveLength(1);
});
