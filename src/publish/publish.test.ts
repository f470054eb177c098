import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type Database, openDatabase } from "#duck/index.ts";
import { gate } from "./gate.ts";
import { connectPublished, type Decision, openPublished, publish, publishedVersions, rollBack } from "./publish.ts";

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "labs-publish-"));
  path = join(root, "shop.duckdb");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function withLab<T>(action: (database: Database, connection: Connection) => Promise<T>): Promise<T> {
  const database = await openDatabase(path);
  try {
    return await action(database, await database.connect());
  } finally {
    await database.close();
  }
}

async function read(sql: string, version?: string): Promise<unknown[][]> {
  const database = await openPublished(path, version);
  try {
    return (await (await database.connect()).query(sql)).rows;
  } finally {
    await database.close();
  }
}

let minute = 0;
const plain = { runId: "r-1234567", score: 90, keep: 5, clock: () => Date.UTC(2026, 0, 1, 0, minute++) };

describe("publish", () => {
  it("takes types that only a newer file format has", async () => {
    const maker = await openDatabase(":memory:");
    const connection = await maker.connect();
    await connection.run(`ATTACH '${path}' AS made (STORAGE_VERSION 'v1.5.0'); CREATE SCHEMA made.gold`);
    await connection.run("CREATE TABLE made.gold.t AS SELECT {'a': 1}::VARIANT AS v");
    await maker.close();
    await withLab((database) => publish(database, plain));
    expect(await read("SELECT v::VARCHAR FROM gold.t")).toEqual([["{'a': 1}"]]);
  });

  it("gives readers the gold layer with comments, views as rows, and nothing else", async () => {
    await withLab(async (database, connection) => {
      for (const sql of [
        "CREATE SCHEMA gold",
        "CREATE SCHEMA silver",
        "CREATE TABLE silver.s AS SELECT 1 AS x",
        `CREATE TABLE gold."odd ""name""" AS SELECT 1 AS "a b", DATE '2026-01-01' AS d`,
        `COMMENT ON COLUMN gold."odd ""name"""."a b" IS 'it''s a column'`,
        `COMMENT ON TABLE gold."odd ""name""" IS 'a table'`,
        "CREATE VIEW gold.v AS SELECT x + 1 AS y FROM silver.s",
      ])
        await connection.run(sql);
      const done = await publish(database, plain);
      expect(done).toMatchObject({
        outcome: "published",
        version: {
          tables: [
            { name: 'odd "name"', rows: 1 },
            { name: "v", rows: 1 },
          ],
          score: 90,
          runId: "r-1234567",
        },
      });
    });
    expect(await read(`SELECT * FROM shop.gold."odd ""name"""`)).toHaveLength(1);
    expect(await read("SELECT y FROM gold.v")).toEqual([[2]]);
    expect(await read("SELECT DISTINCT schema_name FROM duckdb_tables() ORDER BY 1")).toEqual([["_labs"], ["gold"]]);
    expect(await read("SELECT comment FROM duckdb_columns() WHERE column_name = 'a b'")).toEqual([["it's a column"]]);
    expect(
      await read("SELECT comment FROM duckdb_tables() WHERE schema_name = 'gold' AND comment IS NOT NULL"),
    ).toEqual([["a table"]]);
    expect(await read("SELECT run_id, score FROM _labs.published")).toEqual([["r-1234567", 90]]);
  });

  it("takes what a lab without layers has, but never its raw data", async () => {
    await withLab(async (database, connection) => {
      await connection.run("CREATE SCHEMA raw");
      await connection.run("CREATE TABLE raw.r AS SELECT 1 AS x");
      await connection.run("CREATE TABLE main.m AS SELECT 1 AS x");
      await publish(database, plain);
    });
    expect(
      await read("SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name <> '_labs'"),
    ).toEqual([["main.m"]]);
  });

  it("makes no version of what readers have already, and goes back and forth between those it keeps", async () => {
    const of = (identity: string) => ({ ...plain, identity: () => identity, keep: 2 });
    await withLab(async (database, connection) => {
      expect(await publish(database, plain)).toEqual({ outcome: "empty" });
      await connection.run("CREATE SCHEMA gold");
      for (const n of [1, 2, 3]) {
        await connection.run(`CREATE OR REPLACE TABLE gold.t AS SELECT ${n} AS n`);
        expect((await publish(database, of(`basis ${n}`))).outcome).toBe("published");
        expect((await publish(database, of(`basis ${n}`))).outcome).toBe("unchanged");
      }
    });
    const versions = publishedVersions(path);
    expect(versions.map(({ tables, current }) => [tables[0]?.identity, current])).toEqual([
      ["basis 3", true],
      ["basis 2", false],
    ]);
    expect(rollBack(path).version).toBe(versions[1]?.version);
    expect(await read("SELECT n FROM gold.t")).toEqual([[2]]);
    expect(await read("SELECT n FROM gold.t", versions[0]?.version)).toEqual([[3]]);
    await withLab(async (database) => {
      // What was taken back stays back, until it is something else.
      expect((await publish(database, of("basis 3"))).outcome).toBe("held");
      expect((await publish(database, of("basis 4"))).outcome).toBe("published");
    });
    expect(() => rollBack(path, "20200101T000000Z-nothing")).toThrow(expect.objectContaining({ code: "PUB-002" }));
    expect(() => rollBack(path, "../../etc/passwd")).toThrow(expect.objectContaining({ code: "PUB-002" }));
  });

  it("keeps the last good version when writing fails, and cleans up behind a kill", async () => {
    await withLab(async (database, connection) => {
      await connection.run("CREATE SCHEMA gold");
      await connection.run("CREATE TABLE gold.t AS SELECT 1 AS n");
      await publish(database, plain);
      await connection.run("CREATE VIEW gold.broken AS SELECT * FROM gold.t");
      await connection.run("DROP TABLE gold.t");
      await expect(publish(database, plain)).rejects.toMatchObject({
        code: "PUB-007",
        message: expect.stringMatching(/^The view gold\.broken cannot be published: /),
      });
      expect(readdirSync(join(root, "published")).sort()).toEqual(["shop.duckdb", "versions"]);
      expect(await read("SELECT n FROM gold.t")).toEqual([[1]]);
      await connection.run("CREATE OR REPLACE TABLE gold.t AS SELECT 2 AS n");
      writeFileSync(join(root, "published", ".new-1-dead.duckdb"), "half");
      await publish(database, plain);
    });
    expect(await read("SELECT n FROM gold.broken")).toEqual([[2]]);
    expect(readdirSync(join(root, "published")).sort()).toEqual(["shop.duckdb", "versions"]);
  });

  it("shows nobody what is not decided about, and takes it away when the decision is against it", async () => {
    await withLab(async (database, connection) => {
      await connection.run("CREATE SCHEMA gold");
      await connection.run("CREATE TABLE gold.t AS SELECT 1 AS n");
      const waiting = () => readdirSync(join(root, "published")).filter((name) => name.startsWith(".new-"));
      const refused = publish(database, { ...plain, decision: Promise.resolve({ publish: false, score: null }) });
      expect(await refused).toEqual({ outcome: "refused" });
      expect(waiting()).toEqual([]);

      const { promise: decision, resolve } = Promise.withResolvers<Decision>();
      const done = publish(database, { ...plain, decision });
      while (waiting().length === 0) await sleep(1);
      await sleep(50);
      expect(publishedVersions(path)).toEqual([]);
      // What is written meanwhile is no part of it.
      await connection.run("UPDATE gold.t SET n = 2");
      resolve({ publish: true, score: 77 });
      expect(await done).toMatchObject({ outcome: "published", version: { score: 77 } });
    });
    expect(await read("SELECT n FROM gold.t")).toEqual([[1]]);
    expect(await read("SELECT score FROM _labs.published")).toEqual([[77]]);
  });

  it("says when there is nothing", async () => {
    await expect(openPublished(path)).rejects.toMatchObject({ code: "PUB-001" });
    expect(() => rollBack(path)).toThrow(expect.objectContaining({ code: "PUB-001" }));
  });
});

describe("readers", () => {
  const child = join(import.meta.dirname, "testing/publish-child.ts");
  const whole = `SELECT count(DISTINCT n), count(*) FROM (FROM gold.a UNION ALL FROM gold.b UNION ALL FROM gold.c)`;

  it("see one whole version at any moment, while versions are published and the publisher is killed", async () => {
    let next = 1;
    let reads = 0;
    const seen = new Set<number>();
    for (let round = 0; round < 4; round++) {
      const run = spawn(process.execPath, [child, path, String(next), String(next + 40)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let made = 0;
      run.stdout.on("data", (chunk: Buffer) => {
        for (const line of chunk.toString().trim().split("\n")) next = Math.max(next, Number(line) + 1);
        // Killed somewhere in a version that follows.
        if (++made === 3) void sleep(round * 13).then(() => run.kill("SIGKILL"));
      });
      let ended = false;
      const end = new Promise<void>((resolve) =>
        run.on("exit", () => {
          ended = true;
          resolve();
        }),
      );
      while (!ended) {
        // The first version is listed a moment before readers get it.
        if (!publishedVersions(path).some(({ current }) => current)) await sleep(20);
        else {
          expect(await read(whole)).toEqual([[1n, 6000n]]);
          seen.add(Number((await read("SELECT max(n) FROM gold.a"))[0]?.[0]));
          reads++;
        }
      }
      await end;
    }
    expect(await read(whole)).toEqual([[1n, 6000n]]);
    expect(reads).toBeGreaterThan(0);
    expect(seen.size).toBeGreaterThan(1);
    expect(publishedVersions(path).filter(({ current }) => current)).toHaveLength(1);
  }, 60_000);
});

describe("the gate", () => {
  const whys = (input: Parameters<typeof gate>[0]) => gate(input).map(({ why }) => why);

  it("opens when nothing speaks against it, and names every reason when it does not", () => {
    expect(gate({ problems: [], score: null, minimumScore: undefined })).toEqual([]);
    expect(gate({ problems: [], score: 80, minimumScore: 80 })).toEqual([]);
    expect(whys({ problems: [{ why: "1 test failed", fix: "Mend it." }], score: 79.9, minimumScore: 80 })).toEqual([
      "1 test failed",
      "the score 79.9 is under the minimum of 80",
    ]);
    expect(whys({ problems: [], score: null, minimumScore: 1 })).toEqual([
      "there is no score to compare with the minimum",
    ]);
    const late = { why: "raw.a is late", fix: "Deliver it." };
    const tables = [
      { name: "gold.a", score: 99, minimum: 99, causes: [] },
      { name: "gold.b", score: 98.9, minimum: 99, causes: ["2 nulls", "1 duplicate"] },
      { name: "gold.c", score: null, minimum: 1, causes: [] },
    ];
    expect(
      gate({ problems: [], score: 50, minimumScore: 60, causes: ["all is null"], tables, blocking: [late] }),
    ).toEqual([
      {
        why: "the score 50 is under the minimum of 60",
        fix: "Mend what costs most: all is null. Or lower `quality.minimum_score`.",
      },
      {
        why: "the score 98.9 of gold.b is under its minimum of 99",
        fix: "Mend what costs most: 2 nulls; 1 duplicate. Or lower `minimum_score of gold.b`.",
      },
      expect.objectContaining({ why: "gold.c has no score to compare with its minimum" }),
      late,
    ]);
  });
});

describe("a reader's connection", () => {
  const asked = async (sql: string): Promise<unknown[][]> => {
    const database = await openPublished(path);
    try {
      return (await (await connectPublished(database)).query(sql)).rows;
    } finally {
      await database.close();
    }
  };

  it("finds tables by their names alone, unless two schemas have one of a name", async () => {
    await withLab(async (database, connection) => {
      for (const sql of [
        "CREATE SCHEMA gold",
        `CREATE SCHEMA "we,ird's ""gold"`,
        "CREATE TABLE gold.a AS SELECT 1 AS x",
        `CREATE TABLE "we,ird's ""gold".z AS SELECT 2 AS x`,
      ])
        await connection.run(sql);
      await publish(database, { ...plain, schemas: ["gold", `we,ird's "gold`] });
      expect(await asked("SHOW TABLES")).toEqual([["a"], ["z"]]);
      expect(await asked("SELECT a.x, z.x FROM a, z")).toEqual([[1, 2]]);
      await connection.run(`CREATE TABLE "we,ird's ""gold"."A" AS SELECT 3 AS x`);
      await publish(database, { ...plain, schemas: ["gold", `we,ird's "gold`] });
      await expect(asked("FROM a")).rejects.toMatchObject({ code: "DUCK-003" });
      expect(await asked("FROM gold.a")).toEqual([[1]]);
    });
  });
});
