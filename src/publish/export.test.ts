import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { exportSnapshot, fileName } from "./export.ts";
import { publish, rollBack } from "./publish.ts";
import type { ExportFormat } from "./types.ts";

let root: string;
let path: string;
let second = 0;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "labs-export-"));
  path = join(root, "shop.duckdb");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function published(...statements: string[]): Promise<string> {
  const database = await openDatabase(path);
  try {
    const connection = await database.connect();
    for (const sql of ["CREATE SCHEMA IF NOT EXISTS gold", ...statements]) await connection.run(sql);
    const clock = () => Date.UTC(2026, 0, 1, 0, 0, second++);
    const done = await publish(database, { runId: "run-1234567", score: 97.5, keep: 5, clock });
    return done.outcome === "published" ? done.version.version : done.outcome;
  } finally {
    await database.close();
  }
}

const exported = (format: ExportFormat, more: { version?: string; verify?: boolean; keep?: number } = {}) =>
  exportSnapshot({
    lab: "shop",
    database: path,
    format,
    to: join(root, "out"),
    keep: 2,
    clock: () => Date.UTC(2026, 0, 2, 0, 0, second++),
    ...more,
  });

async function rowsOf(sql: string): Promise<unknown[][]> {
  const database = await openDatabase(":memory:");
  try {
    return (await (await database.connect()).query(sql)).rows.map((row) => row.map(String));
  } finally {
    await database.close();
  }
}

const types = `SELECT * FROM (VALUES
  (1::TINYINT, 18446744073709551615::UBIGINT, 170141183460469231731687303715884::HUGEINT, 12.345::DECIMAL(9,3), 1e300::DOUBLE,
   'a,"b"' || chr(10) || 'ü', '', DATE '2026-02-28', TIMESTAMP '2026-02-28 12:00:00.123456', TIMESTAMPTZ '2026-02-28 12:00:00+02',
   true, 'x'::BLOB, UUID '550e8400-e29b-41d4-a716-446655440000', [1, NULL, 3], {'a': 1, 'b': 'two'}, INTERVAL 3 DAY, 'new'::ENUM('new', 'old')),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
  v(tiny, big, huge, money, real, text, empty, day, moment, zoned, flag, bytes, id, list, struct, span, kind)`;

describe("an export", () => {
  it("is one file a table whose manifest tells what it holds, without loss in Parquet", async () => {
    const odd = quoteIdentifier('a/../b "c" 🦆.');
    const version = await published(
      `CREATE TABLE gold.types AS ${types}`,
      `CREATE TABLE gold.${odd} AS SELECT 1 AS x`,
      "CREATE TABLE gold.none (x INT)",
    );
    const { manifest, folder, made } = await exported("parquet");
    expect(made).toBe(true);
    expect(manifest).toMatchObject({ lab: "shop", version, runId: "run-1234567", score: 97.5, format: "parquet" });
    expect(manifest.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['a/../b "c" 🦆.', 1],
      ["none", 0],
      ["types", 2],
    ]);
    for (const { file, sha256, bytes } of manifest.tables) {
      const content = readFileSync(join(root, "out/current", file));
      expect([createHash("sha256").update(content).digest("hex"), content.length]).toEqual([sha256, bytes]);
      expect(join(folder, file).startsWith(`${folder}/gold/`)).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(root, "out/current/manifest.json"), "utf8"))).toEqual(manifest);
    expect(await rowsOf(`FROM ${quoteLiteral(join(folder, "gold/types.parquet"))}`)).toEqual(await rowsOf(types));
  });

  it("keeps nulls and empty texts apart in CSV", async () => {
    await published("CREATE TABLE gold.t AS SELECT * FROM (VALUES ('', 1), (NULL, 2), ('a,\"b\"', NULL)) v(text, n)");
    const { folder } = await exported("csv");
    expect(readFileSync(join(folder, "gold/t.csv"), "utf8")).toBe('text,n\n"",1\n,2\n"a,""b""",\n');
  });

  it("is swapped in at once, keeps older ones, follows a rollback, and is made again when its files were changed", async () => {
    const [one, two, three] = [
      await published("CREATE TABLE gold.t AS SELECT 1 AS n"),
      await published("UPDATE gold.t SET n = 2"),
      await published("UPDATE gold.t SET n = 3"),
    ];
    const current = () => readlinkSync(join(root, "out/current"));
    const n = () => rowsOf(`SELECT n FROM ${quoteLiteral(join(root, "out/current/gold/t.csv"))}`);
    expect((await exported("csv", { version: one })).made).toBe(true);
    expect((await exported("csv", { version: two })).made).toBe(true);
    expect((await exported("csv")).made).toBe(true);
    expect([current(), await n()]).toEqual([`versions/${three}`, [["3"]]]);
    // Kept are two.
    expect(readdirSync(join(root, "out/versions")).sort()).toEqual([two, three].sort());
    expect((await exported("csv")).made).toBe(false);
    rollBack(path);
    expect((await exported("csv")).made).toBe(false);
    expect([current(), await n()]).toEqual([`versions/${two}`, [["2"]]]);
    writeFileSync(join(root, "out/current/gold/t.csv"), "n\n9\n");
    expect((await exported("csv")).made).toBe(false);
    expect((await exported("csv", { verify: true })).made).toBe(true);
    expect([current(), await n()]).toEqual([`versions/${two}-2`, [["2"]]]);
    expect(readdirSync(join(root, "out")).sort()).toEqual(["current", "versions"]);
  });

  it("touches nothing that it did not make, and leaves the last export when it fails", async () => {
    await published("CREATE TABLE gold.t AS SELECT 1 AS n");
    await exported("parquet");
    // One digit more than Parquet's widest whole number has.
    await published("CREATE TABLE gold.u AS SELECT 170141183460469231731687303715884105727::HUGEINT AS n");
    mkdirSync(join(root, "out/versions/mine"));
    // A dead process left this; the other one is alive.
    mkdirSync(join(root, "out/.new-999999999-dead"));
    mkdirSync(join(root, `out/.new-${process.pid}-alive`));
    const before = readlinkSync(join(root, "out/current"));
    await expect(exported("parquet")).rejects.toMatchObject({ code: "PUB-006" });
    expect(readlinkSync(join(root, "out/current"))).toBe(before);
    expect(existsSync(join(root, "out/current/gold/t.parquet"))).toBe(true);
    expect(readdirSync(join(root, "out")).sort()).toEqual([`.new-${process.pid}-alive`, "current", "versions"]);
    expect(existsSync(join(root, "out/versions/mine"))).toBe(true);
    rmSync(join(root, "out/current"));
    mkdirSync(join(root, "out/current"));
    await published("DROP TABLE gold.u");
    await expect(exported("csv")).rejects.toMatchObject({ code: "PUB-006" });
    await expect(exported("csv", { version: "20200101T000000Z-nothing" })).rejects.toMatchObject({ code: "PUB-002" });
  });
});

describe("file names of tables", () => {
  it("stay in their folder, fit every file system, and differ when the tables do", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }), { minLength: 2, maxLength: 5 }),
        (names) => {
          const files = names.map(fileName);
          expect(new Set(files).size).toBe(names.length);
          for (const file of files) {
            expect(file).not.toMatch(/[/\\:*?"<>|]|^\.|[. ]$/);
            expect(Buffer.byteLength(file)).toBeLessThanOrEqual(220);
          }
        },
      ),
    );
  });
});
