import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type Database, openDatabase, quoteLiteral } from "#duck/index.ts";
import { inspectAndScore, type LabQuality, type TestOutcome } from "./index.ts";

let database: Database;
let db: Connection;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  db = await database.connect();
  await db.run("CREATE SCHEMA gold");
});
afterAll(() => database.close());

const one = async (sql: string): Promise<number> => Number((await db.query(`SELECT (${sql})::DOUBLE`)).rows[0]?.[0]);
const tableOf = (quality: LabQuality, name: string) => quality.tables.find((table) => table.name === name);
const value = (quality: LabQuality, name: string, dimension: string) => {
  const part = tableOf(quality, name)?.parts.find((p) => p.dimension === dimension);
  return part && { points: part.points, max: part.max };
};
/** Points as the formula has them: rounded down to tenths, and never all while something is lost. */
const points = (max: number, share: number) =>
  share >= 1 ? max : Math.min(max * 10 - 1, Math.floor(max * 10 * share + 1e-9)) / 10;

describe("every figure of a score is that of a query written by hand", () => {
  it("for generated tables with known defects", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          rows: fc.integer({ min: 1, max: 3000 }),
          nulls: fc.integer({ min: 2, max: 50 }),
          copies: fc.integer({ min: 2, max: 50 }),
          bad: fc.integer({ min: 2, max: 50 }),
          quarantined: fc.nat(500),
          severity: fc.constantFrom("error" as const, "warn" as const),
        }),
        async ({ rows, nulls, copies, bad, quarantined, severity }) => {
          await db.run(`CREATE OR REPLACE TABLE gold.t AS SELECT
            CASE WHEN i % ${copies} = 1 THEN i - 1 ELSE i END AS id,
            CASE WHEN i % ${nulls} = 0 THEN NULL ELSE i END AS v,
            CASE WHEN i % ${bad} = 0 THEN -1 ELSE 1 END AS amount FROM range(${rows}) t(i)`);
          const failures = await one("SELECT count(*) FROM gold.t WHERE amount < 0");
          const tests: TestOutcome[] = [
            {
              uniqueId: "a",
              name: "amount",
              table: "gold.t",
              severity,
              status: failures === 0 ? "pass" : severity === "warn" ? "warn" : "fail",
              failures,
            },
            { uniqueId: "b", name: "good", table: "gold.t", severity: "error", status: "pass", failures: 0 },
          ];
          const quality = await inspectAndScore({
            connection: db,
            tests,
            config: { tables: { "gold.t": { keys: [["id"]] } } },
            loads: [{ table: "gold.t", rowsLoaded: rows, rowsQuarantined: quarantined }],
          });
          // Weights 20, 20, 30 and 10 of 80 become parts of 100.
          expect(value(quality, "t", "completeness")).toEqual({
            max: 25,
            points: points(
              25,
              await one("SELECT (3 * count(id) + count(v) + count(amount)) / (5 * count(*)) FROM gold.t"),
            ),
          });
          expect(value(quality, "t", "uniqueness")).toEqual({
            max: 25,
            points: points(25, await one("SELECT count(DISTINCT id) / count(*) FROM gold.t")),
          });
          const good = await one("SELECT count(*) FILTER (amount > 0) / count(*) FROM gold.t");
          const half = Math.min(good / 2, 0.499);
          const tested = failures === 0 ? 1 : severity === "warn" ? 0.5 + half : half;
          const weight = severity === "warn" ? 1 : 3;
          expect(value(quality, "t", "validity")).toEqual({
            max: 37.5,
            points: points(37.5, (weight * tested + 3) / (weight + 3)),
          });
          expect(value(quality, "t", "consistency")).toEqual({
            max: 12.5,
            points: points(12.5, rows / (rows + quarantined)),
          });
          const found = tableOf(quality, "t");
          expect(found?.score).toBe(
            Math.round((found?.parts ?? []).reduce((sum, part) => sum + part.points, 0) * 10) / 10,
          );
          // The query of every lost point shows the rows that its text counts.
          for (const { causes } of (found?.parts ?? []).filter(({ dimension }) => dimension === "completeness"))
            for (const { text, query } of causes)
              expect(text).toContain(`in ${await one(`SELECT count(*) FROM (${query})`)} of ${rows} rows`);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("for the real sales file", async () => {
    const file = join(import.meta.dirname, "../../../shared/data/sales_data.csv");
    if (!existsSync(file)) return;
    await db.run(
      `CREATE OR REPLACE TABLE gold.sales AS FROM read_csv(${quoteLiteral(file)}, header = true, encoding = 'utf-8', ignore_errors = true, all_varchar = true)`,
    );
    const quality = await inspectAndScore({
      connection: db,
      config: {
        tables: { "gold.sales": { keys: [["ORDERNUMBER", "ORDERLINENUMBER"]], optionalColumns: ["ADDRESSLINE2"] } },
      },
    });
    const columns = (await db.objects("SELECT column_name AS name FROM (DESCRIBE gold.sales)")).map(({ name }) =>
      String(name),
    );
    const counted = columns.filter((name) => name !== "ADDRESSLINE2");
    const keys = new Set(["ORDERNUMBER", "ORDERLINENUMBER"]);
    const shares = counted.map((name) => `${keys.has(name) ? 3 : 1} * count("${name}")`).join(" + ");
    expect(counted.length).toBeGreaterThan(20);
    expect(value(quality, "sales", "completeness")).toEqual({
      max: 50,
      points: points(50, await one(`SELECT (${shares}) / (${counted.length + 4} * count(*)) FROM gold.sales`)),
    });
    expect(value(quality, "sales", "uniqueness")).toEqual({
      max: 50,
      points: points(
        50,
        await one("SELECT count(DISTINCT ORDERNUMBER || '/' || ORDERLINENUMBER) / count(*) FROM gold.sales"),
      ),
    });
    expect(tableOf(quality, "sales")).toMatchObject({
      rows: await one("SELECT count(*) FROM gold.sales"),
      nulls: await one(`SELECT ${columns.map((name) => `count(*) - count("${name}")`).join(" + ")} FROM gold.sales`),
    });
  });
});
