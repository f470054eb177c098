import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type Database, openDatabase } from "#duck/index.ts";
import { openPublished, publish, publishedVersions, snapshotOf } from "./publish.ts";

let root: string;
let path: string;
let database: Database;
let connection: Connection;
/** The last write to each table, as a journal has it. */
let writes: Map<string, number>;
let clock: number;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "labs-reuse-"));
  path = join(root, "shop.duckdb");
  database = await openDatabase(path);
  connection = await database.connect();
  writes = new Map();
  clock = Date.UTC(2026, 0, 1);
  for (const schema of ["gold", "mart_gold"]) await connection.run(`CREATE SCHEMA ${schema}`);
});
afterEach(async () => {
  await database.close();
  rmSync(root, { recursive: true, force: true });
});

const wrote = (table: string) => writes.set(table, (writes.get(table) ?? 0) + 1);

async function table(name: string, rows: number, salt = 0): Promise<void> {
  wrote(name);
  await connection.run(
    `CREATE OR REPLACE TABLE ${name} AS SELECT i, hash(i + ${salt}) AS h, 'row ' || i AS t FROM range(${rows}) r(i)`,
  );
}

async function publishNow() {
  const done = await publish(database, {
    runId: null,
    score: null,
    keep: 3,
    clock: () => (clock += 1000),
    identity: ({ schema, name }) => writes.get(`${schema}.${name}`)?.toString() ?? null,
  });
  if (done.outcome !== "published") throw new Error(done.outcome);
  return done.version;
}

async function snapshotHas(sql: string): Promise<unknown[][]> {
  const snapshot = await openPublished(path);
  try {
    return (await (await snapshot.connect()).query(sql)).rows.map((row) => row.map(String));
  } finally {
    await snapshot.close();
  }
}

const liveHas = async (sql: string) => (await connection.query(sql)).rows.map((row) => row.map(String));

describe("unchanged tables", () => {
  it("are taken over, and only those", async () => {
    await table("gold.big", 50_000);
    await table("gold.small", 10);
    await table("mart_gold.gone", 10);
    await connection.run("CREATE VIEW gold.v AS SELECT count(*) AS n FROM gold.small");
    wrote("gold.v");
    expect((await publishNow()).kept).toBe(0);
    await table("gold.small", 20);
    await connection.run("DROP TABLE mart_gold.gone");
    await connection.run("COMMENT ON TABLE gold.big IS 'new words'");
    await connection.run("COMMENT ON COLUMN gold.big.h IS 'a hash'");
    const second = await publishNow();
    // The view says something else although nobody wrote to it.
    expect(second.kept).toBe(1);
    expect(second.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ["big", 50_000],
      ["small", 20],
      ["v", 1],
    ]);
    expect(await snapshotHas("SELECT n FROM gold.v")).toEqual([["20"]]);
    expect(await snapshotHas("SELECT count(*), bit_xor(h) FROM gold.big")).toEqual(
      await liveHas("SELECT count(*), bit_xor(h) FROM gold.big"),
    );
    expect(await snapshotHas("SELECT DISTINCT schema_name FROM duckdb_tables() ORDER BY 1")).toEqual([
      ["_labs"],
      ["gold"],
    ]);
    expect(await snapshotHas("SELECT schema_name FROM duckdb_schemas() WHERE schema_name LIKE 'mart%'")).toEqual([]);
    expect(await snapshotHas("SELECT comment FROM duckdb_tables() WHERE table_name = 'big'")).toEqual([["new words"]]);
    expect(await snapshotHas("SELECT version FROM _labs.published")).toEqual([[second.version]]);
    await connection.run("COMMENT ON TABLE gold.big IS NULL");
    await table("gold.small", 30);
    expect((await publishNow()).kept).toBe(1);
    expect(await snapshotHas("SELECT comment FROM duckdb_tables() WHERE table_name = 'big'")).toEqual([["null"]]);
  });

  it("are written again when the version's file is not what it was", async () => {
    await table("gold.big", 5000);
    await table("gold.small", 10);
    await publishNow();
    const { file } = snapshotOf(path);
    const other = join(root, "other.duckdb");
    copyFileSync(file, other);
    const changed = await openDatabase(other);
    await (await changed.connect()).run("DELETE FROM gold.big WHERE i = 7");
    await changed.close();
    copyFileSync(other, file);
    await table("gold.small", 20);
    const second = await publishNow();
    expect(second.kept).toBe(0);
    expect(await snapshotHas("SELECT count(*) FROM gold.big")).toEqual([["5000"]]);
    // One that cannot be opened at all.
    writeFileSync(snapshotOf(path).file, "no database");
    await table("gold.small", 30);
    expect((await publishNow()).kept).toBe(0);
    expect(await snapshotHas("SELECT count(*) FROM gold.big")).toEqual([["5000"]]);
  });

  it("leave no more free space than is worth it, however often the rest changes", async () => {
    await table("gold.fixed", 60_000);
    await table("gold.changing", 55_000);
    const whole = (await publishNow()).bytes;
    for (let n = 1; n <= 8; n++) {
      await table("gold.changing", 55_000, n * 1_000_000);
      const { bytes } = await publishNow();
      expect(bytes).toBeLessThan(whole * 2);
    }
    expect(publishedVersions(path).some(({ kept }) => kept === 1)).toBe(true);
  });

  it("never differ from the live ones, whatever was done between publications", async () => {
    const names = ["gold.a", "gold.b", "gold.c", "mart_gold.d"];
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          what: fc.constant("write" as const),
          name: fc.constantFrom(...names),
          rows: fc.nat(3000),
          salt: fc.nat(9),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          what: fc.constant("drop" as const),
          name: fc.constantFrom(...names),
          rows: fc.constant(0),
          salt: fc.constant(0),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          what: fc.constant("delete" as const),
          name: fc.constantFrom(...names),
          rows: fc.nat(3000),
          salt: fc.constant(0),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          what: fc.constant("publish" as const),
          name: fc.constant(""),
          rows: fc.constant(0),
          salt: fc.constant(0),
        }),
      },
    );
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
        await table("gold.a", 4000, 5);
        for (const { what, name, rows, salt } of [...steps, { what: "publish" as const, name: "", rows: 0, salt: 0 }]) {
          if (what === "write") await table(name, rows, salt);
          else if (what === "drop" && name !== "gold.a") await connection.run(`DROP TABLE IF EXISTS ${name}`);
          else if (what === "delete" && name === "gold.a") {
            await connection.run(`DELETE FROM ${name} WHERE i < ${rows}`);
            wrote(name);
          } else if (what === "publish") {
            wrote("gold.always");
            await connection.run(`CREATE OR REPLACE TABLE gold.always AS SELECT ${clock} AS n`);
            kept += (await publishNow()).kept ?? 0;
            const tables = await liveHas(
              "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name LIKE '%gold' ORDER BY 1",
            );
            expect(
              await snapshotHas(
                "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name <> '_labs' ORDER BY 1",
              ),
            ).toEqual(tables);
            for (const [table = ""] of tables)
              expect(await snapshotHas(`FROM ${table} ORDER BY ALL`)).toEqual(
                await liveHas(`FROM ${table} ORDER BY ALL`),
              );
          }
        }
      }),
      { numRuns: 12 },
    );
    expect(kept).toBeGreaterThan(5);
  }, 60_000);
});
