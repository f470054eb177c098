import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuiltInDatabase } from "./built-in.ts";
import { type Database, openSqlite, type Options } from "./index.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-sqlite-"));
  path = join(folder, "a.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const drivers = {
  "better-sqlite3": openSqlite,
  "node:sqlite": (file: string | Buffer, options?: Options) =>
    new BuiltInDatabase(file, options) as unknown as Database,
};

describe.each(Object.entries(drivers))("%s", (_name, open) => {
  it("runs statements with values by place and by name, and gives rows in every shape that is asked for", () => {
    const db = open(path, { timeout: 100 });
    expect(db.pragma("journal_mode = WAL", { simple: true })).toBe("wal");
    db.pragma("user_version = 7");
    expect(db.pragma("user_version", { simple: true })).toBe(7);
    db.exec("CREATE TABLE t (a TEXT PRIMARY KEY, b REAL)");
    expect(db.prepare("INSERT INTO t VALUES (@a, @b)").run({ a: "x", b: 1.5, unused: 1 }).changes).toBe(1);
    db.prepare("INSERT INTO t VALUES (?, ?)").run("y", null);
    const all = db.prepare("SELECT * FROM t ORDER BY a");
    const rows = [
      { a: "x", b: 1.5 },
      { a: "y", b: null },
    ];
    expect(all.all()).toEqual(rows);
    expect([...all.iterate()]).toEqual(rows);
    expect(db.prepare("SELECT a FROM t ORDER BY a").pluck().all()).toEqual(["x", "y"]);
    expect(db.prepare("SELECT a FROM t WHERE a = ?").get("none")).toBeUndefined();
    const readers = ["SELECT 1", "WITH c AS (SELECT 1) SELECT * FROM c", "INSERT INTO t VALUES ('z', 1) RETURNING a"];
    expect(readers.map((sql) => db.prepare(sql).reader)).toEqual([true, true, true]);
    expect(db.prepare("WITH c AS (SELECT 1) DELETE FROM t").reader).toBe(false);
    expect(db.open).toBe(true);
    db.close();
    expect(db.open).toBe(false);
  });

  it("commits or undoes transactions as a whole, within others too", () => {
    const db = open(path);
    db.exec("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    const add = db.transaction((...values: number[]) => {
      for (const value of values) db.prepare("INSERT INTO t VALUES (?)").run(value);
      return values.length;
    });
    expect(add.immediate(1, 2)).toBe(2);
    expect(() => add.immediate(3, 1)).toThrow(/UNIQUE/);
    db.transaction(() => {
      add(4);
      expect(() => add(5, 4)).toThrow(/UNIQUE/);
    }).immediate();
    expect(db.prepare("SELECT a FROM t ORDER BY a").pluck().all()).toEqual([1, 2, 4]);
    db.close();
  });

  it("names what SQLite refuses", () => {
    const holder = open(path, { timeout: 0 });
    holder.exec("BEGIN EXCLUSIVE");
    const code = (action: () => unknown) => {
      try {
        action();
        return "none";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const other = open(path, { timeout: 0 });
    expect(code(() => other.exec("BEGIN EXCLUSIVE"))).toBe("SQLITE_BUSY");
    other.close();
    holder.close();
    writeFileSync(path, "x".repeat(5000));
    expect(code(() => open(path).exec("SELECT * FROM sqlite_master"))).toBe("SQLITE_NOTADB");
    expect(code(() => open(join(folder, "none.db"), { fileMustExist: true }))).toBe("SQLITE_CANTOPEN");
    expect(code(() => open(":memory:").prepare("SELECT nothing"))).toBe("SQLITE_ERROR");
  });

  it("opens the bytes of a database", () => {
    const db = open(path);
    db.exec("CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a); INSERT INTO t VALUES ('x'); PRAGMA user_version = 3");
    db.close();
    const copy = open(readFileSync(path));
    expect(copy.prepare("SELECT a FROM t").pluck().all()).toEqual(["x"]);
    expect(copy.pragma("user_version", { simple: true })).toBe(3);
    copy.close();
  });
});
