import { afterEach, beforeEach, expect, test } from "vitest";
import { type Connection, type Database, openDatabase } from "#duck/index.ts";
import {
  fromLabSettings,
  inspectAndScore,
  type LabQuality,
  type QualityConfig,
  scoreRows,
  tableHistory,
  type TestOutcome,
} from "./index.ts";

let database: Database;
let connection: Connection;

beforeEach(async () => {
  database = await openDatabase(":memory:");
  connection = await database.connect();
});
afterEach(() => database.close());

const table = (quality: LabQuality, name: string) => {
  const found = quality.tables.find((t) => `${t.schema}.${t.name}` === name);
  if (!found) throw new Error(`no table ${name}`);
  return found;
};
const part = (quality: LabQuality, name: string, dimension: string) =>
  table(quality, name).parts.find((p) => p.dimension === dimension);
const outcome = (of: Partial<TestOutcome>): TestOutcome => ({
  uniqueId: `test.${of.name ?? "t"}`,
  name: "t",
  table: "gold.kpi",
  severity: "error",
  status: "pass",
  failures: 0,
  ...of,
});

test("points of a table with known defects, each with a query that shows what it says", async () => {
  await connection.run(`CREATE SCHEMA gold; CREATE TABLE gold.kpi AS
    SELECT CASE WHEN i < 5 THEN 1 ELSE i END AS id, CASE WHEN i % 10 = 0 THEN NULL ELSE i END AS amount, NULL::INT AS spare
    FROM range(100) t(i)`);
  const quality = await inspectAndScore({
    connection,
    tests: [
      outcome({ name: "unique_id", kind: "unique", column: "ID", status: "fail", failures: 5 }),
      outcome({
        name: "not_null_amount",
        kind: "not_null",
        column: "amount",
        status: "warn",
        severity: "warn",
        failures: 10,
      }),
      outcome({ name: "ranges" }),
      outcome({ name: "later", status: "skipped", failures: null }),
    ],
    loads: [{ table: "GOLD.kpi", rowsLoaded: 90, rowsQuarantined: 10, drift: [], query: "FROM quarantine.kpi" }],
    config: { tables: { kpi: { optionalColumns: ["SPARE"] } } },
  });
  // Weights 20 completeness, 20 uniqueness, 30 validity, 10 consistency of 80 in evidence: 25, 25, 37.5, 12.5.
  const points = table(quality, "gold.kpi").parts.map((p) => [p.dimension, p.points, p.max]);
  expect(points).toEqual([
    // id and amount are both required and weigh the same: 5 % of the values are missing.
    ["completeness", 23.7, 25],
    // Ids 0 to 4 became 1: four repeat it.
    ["uniqueness", 24, 25],
    // Weights 3, 1 and 3 with 0.5 · 0.95, 0.5 + 0.5 · 0.9 and 1: (1.425 + 0.95 + 3) / 7.
    ["validity", 28.7, 37.5],
    // 90 of 100 rows loaded, no drift: 0.95.
    ["consistency", 11.8, 12.5],
  ]);
  expect(table(quality, "gold.kpi")).toMatchObject({
    score: 88.2,
    rows: 100,
    nulls: 110,
    duplicates: 4,
    notCounted: ["freshness", "volume"],
    keys: [{ columns: ["id"], origin: "tested" }],
  });
  const [missing] = part(quality, "gold.kpi", "completeness")?.causes ?? [];
  expect(missing?.text).toBe("amount is null in 10 of 100 rows and must not be");
  expect((await connection.query(missing?.query ?? "")).rows).toHaveLength(10);
  const [repeated] = part(quality, "gold.kpi", "uniqueness")?.causes ?? [];
  expect((await connection.query(repeated?.query ?? "")).rows).toEqual([[1n, 5n]]);
  expect(part(quality, "gold.kpi", "consistency")?.causes).toMatchObject([{ query: "FROM quarantine.kpi" }]);
  expect(quality.score).toBe(88.2);
});

test("empty, unreadable and unscored tables", async () => {
  await connection.run(`CREATE SCHEMA gold; CREATE TABLE gold.empty (x INT); CREATE TABLE gold.alerts (x INT);
    CREATE TABLE gold.base AS SELECT 1 AS x; CREATE VIEW gold.broken AS FROM gold.base; DROP TABLE gold.base;
    CREATE TABLE gold.fine AS SELECT 1 AS x`);
  const config: QualityConfig = { tables: { "gold.alerts": { mayBeEmpty: true } } };
  const quality = await inspectAndScore({ connection, config });
  expect(table(quality, "gold.empty")).toMatchObject({ score: 0, rows: 0 });
  expect(table(quality, "gold.broken")).toMatchObject({ score: 0, rows: null, error: expect.stringContaining("base") });
  expect(table(quality, "gold.alerts").score).toBeNull();
  expect(table(quality, "gold.fine").score).toBe(100);
  expect(quality.layers).toMatchObject([{ schema: "gold", score: 33.3, tables: 4 }]);
  const texts = quality.parts.flatMap((p) => p.causes.map((cause) => cause.text));
  expect(texts.some((text) => text.startsWith("gold.empty: it is empty"))).toBe(true);
  expect(texts.some((text) => text.startsWith("gold.broken: it cannot be read"))).toBe(true);
});

test("layers weigh by how near they are to readers, and by settings", async () => {
  await connection.run(
    `CREATE SCHEMA bronze; CREATE SCHEMA dev_gold; CREATE TABLE bronze.a (x INT); CREATE TABLE dev_gold.b AS SELECT 1 AS x`,
  );
  expect((await inspectAndScore({ connection })).score).toBe(75);
  expect((await inspectAndScore({ connection, config: { layers: { bronze: 1, dev_gold: 1 } } })).score).toBe(50);
  expect((await inspectAndScore({ connection, config: { layers: { bronze: 0 } } })).score).toBe(100);
  expect((await inspectAndScore({ connection, config: { tables: { "bronze.a": { weight: 0 } } } })).score).toBe(100);
  expect((await inspectAndScore({ connection, schemas: ["bronze"] })).score).toBe(0);
  expect((await inspectAndScore({ connection, schemas: [] })).score).toBeNull();
});

test("freshness counts where an age is demanded", async () => {
  await connection.run(
    "CREATE SCHEMA gold; SET TimeZone = 'UTC'; CREATE TABLE gold.t AS SELECT TIMESTAMP '2026-03-01 00:00:00' AS loaded, DATE '2001-01-01' AS born",
  );
  const now = new Date("2026-03-05T00:00:00Z");
  const scored = async (rules: object) => inspectAndScore({ connection, now, config: { tables: { "gold.t": rules } } });
  expect(part(await scored({}), "gold.t", "freshness")).toBeUndefined();
  expect(part(await scored({ maxAgeHours: 96 }), "gold.t", "freshness")?.causes).toEqual([]);
  const late = part(await scored({ maxAgeHours: 48 }), "gold.t", "freshness");
  expect(late).toMatchObject({ max: 20, points: 10 });
  expect(late?.causes[0]?.text).toBe("newest loaded is 2026-03-01T00:00:00.000Z, older than 48 hours");
  const named = await scored({ maxAgeHours: 48, timeColumn: "BORN" });
  expect(part(named, "gold.t", "freshness")?.points).toBe(0);
  expect((await scored({ maxAgeHours: 1, timeColumn: "gone" })).warnings).toHaveLength(1);
});

test("volume is judged against earlier runs, after three of them", async () => {
  await connection.run("CREATE SCHEMA gold; CREATE TABLE gold.t AS SELECT range AS i FROM range(50)");
  const seen = (rows: number[]) => rows.map((n, i) => ({ time: -i * 3_600_000, rows: n }));
  const volume = async (history: number[]) =>
    part(await inspectAndScore({ connection, history: { "gold.t": seen(history) } }), "gold.t", "volume");
  expect(await volume([100, 100])).toBeUndefined();
  expect((await volume([50, 48, 52]))?.causes).toEqual([]);
  // Usual 100 with a slack of 10 %: 50 of at least 90 rows.
  const low = await volume([100, 100, 100]);
  expect(low?.points).toBe(Math.floor((low?.max ?? 0) * 10 * (50 / 90)) / 10);
  expect(low?.causes[0]?.text).toBe("50 rows, fewer than the usual 100 of the last 3 runs");
  expect((await volume([10, 10, 10]))?.causes[0]?.text).toContain("more than the usual 10");
});

test("tests of no table count for the lab", async () => {
  await connection.run("CREATE SCHEMA gold; CREATE TABLE gold.t AS SELECT 1 AS x");
  const failed = outcome({ table: null, name: "sums_agree", status: "fail", failures: null });
  const quality = await inspectAndScore({ connection, tests: [failed] });
  expect(quality.otherTests?.score).toBe(0);
  // Gold weighs 3, the tests that belong to no table 1.
  expect(quality.score).toBe(75);
  expect(quality.parts.flatMap((p) => p.causes.map((c) => c.text))).toEqual(["test sums_agree failed"]);
});

test("same data, same score; and the ledger's rows lead back to the history", async () => {
  await connection.run(
    "CREATE SCHEMA gold; CREATE TABLE gold.t AS SELECT range AS i, NULLIF(range % 3, 0) AS m FROM range(50); CREATE TABLE gold.may (x INT)",
  );
  const config = { tables: { "gold.may": { mayBeEmpty: true } } };
  const once = await inspectAndScore({ connection, config });
  expect(await inspectAndScore({ connection, config })).toEqual(once);
  const rows = scoreRows("lab1", once);
  expect(rows.map((row) => [row.scope, row.name, row.score, row.rows])).toEqual([
    ["lab", "lab1", once.score, undefined],
    ["layer", "gold", once.layers[0]?.score, 50],
    ["table", "gold.t", table(once, "gold.t").score, 50],
  ]);
  const time = "2026-01-02T00:00:00Z";
  const kept = [...rows.map((row) => ({ ...row, time })), { scope: "table", name: "gold.t", rows: 40, time }];
  expect(tableHistory(kept)).toEqual({
    "gold.t": [
      { time: Date.parse(time), rows: 50 },
      { time: Date.parse(time), rows: 40 },
    ],
  });
});

test("a lab names its greatest losses and sums up the others", async () => {
  const columns = Array.from({ length: 30 }, (_, i) => `NULLIF(range % ${i + 2}, 0) AS c${i}`).join(", ");
  await connection.run(`CREATE SCHEMA gold; CREATE TABLE gold.t AS SELECT ${columns} FROM range(1000)`);
  const quality = await inspectAndScore({ connection });
  expect(part(quality, "gold.t", "completeness")?.causes).toHaveLength(30);
  const [completeness] = quality.parts;
  expect(completeness?.causes).toHaveLength(20);
  expect(completeness?.causes.at(-1)).toMatchObject({ text: "11 smaller causes, see the tables" });
  const lost = completeness?.causes.reduce((sum, cause) => sum + cause.points, 0) ?? 0;
  expect(lost).toBeCloseTo((completeness?.max ?? 0) - (completeness?.points ?? 0), 6);
});

test("many and wide tables come through in several statements", async () => {
  const wide = Array.from({ length: 150 }, (_, i) => `range AS c${i}`).join(", ");
  const creates = Array.from({ length: 9 }, (_, i) => `CREATE TABLE gold.t${i} AS SELECT ${wide} FROM range(${i + 1})`);
  await connection.run(`CREATE SCHEMA gold; ${creates.join("; ")}`);
  const quality = await inspectAndScore({ connection });
  expect(quality.tables.map((t) => [t.name, t.rows, t.columns])).toEqual(creates.map((_, i) => [`t${i}`, i + 1, 150]));
});

test("settings of lab.yml, and wrong ones", async () => {
  const config = fromLabSettings({
    weights: { volume: 0 },
    tables: {
      "gold.t": { key: "id", fresh_within: "2 days", may_be_empty: true, time_column: "at" },
      "gold.u": { key: ["a", "b"], fresh_within: "90 min" },
    },
  });
  expect(config).toEqual({
    weights: { volume: 0 },
    tables: {
      "gold.t": { keys: [["id"]], maxAgeHours: 48, mayBeEmpty: true, timeColumn: "at" },
      "gold.u": { keys: [["a", "b"]], maxAgeHours: 1.5 },
    },
  });
  expect(() => fromLabSettings({ tables: { "gold.t": { fresh_within: "soon" } } })).toThrow(
    expect.objectContaining({ code: "QUAL-003" }),
  );
  const wrong = (bad: object) => inspectAndScore({ connection, config: bad as QualityConfig });
  await expect(wrong({ weights: { volumes: 1 } })).rejects.toMatchObject({
    code: "QUAL-003",
    message: expect.stringContaining("volume?"),
  });
  await expect(wrong({ weights: { volume: -1 } })).rejects.toMatchObject({ code: "QUAL-003" });
  await expect(wrong({ layers: { gold: Number.NaN } })).rejects.toMatchObject({ code: "QUAL-003" });
  const zero = { completeness: 0, uniqueness: 0, validity: 0, freshness: 0, consistency: 0, volume: 0 };
  await expect(wrong({ weights: zero })).rejects.toMatchObject({ code: "QUAL-003" });
});
