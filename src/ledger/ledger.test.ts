import SqliteDatabase from "better-sqlite3";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Ledger, openLedger } from "./index.ts";
import { schemaVersion } from "./migrations.ts";
import { runContract } from "./testing/run-contract.ts";

let folder: string;
let path: string;
const opened: Ledger[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-"));
  path = join(folder, ".labs", "ledger.db");
});
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Parameters<typeof openLedger>[1] = {}): Promise<Ledger> {
  const ledger = await openLedger(path, { patienceMilliseconds: 50, ...options });
  opened.push(ledger);
  return ledger;
}

const start = { lab: "lab1", trigger: "cli", command: "labs run lab1" };

runContract("SQLite", async () => {
  const own = mkdtempSync(join(tmpdir(), "ledger-"));
  const file = join(own, ".labs", "ledger.db");
  return {
    path: file,
    raw: async (text) => {
      const db = new SqliteDatabase(file);
      db.exec(text);
      db.close();
    },
    remove: async () => rmSync(own, { recursive: true, force: true }),
  };
});

describe("a ledger that cannot be used", () => {
  test("damaged: says so with what to do, and a lab can run without it", async () => {
    await (await open()).close();
    opened.length = 0;
    writeFileSync(path, "this is no database, it is a text of some length. ".repeat(50));
    await expect(open()).rejects.toMatchObject({ code: "LED-003", hint: expect.stringContaining("mv ") });
    const ledger = await open({ fallback: true });
    expect(ledger.problem?.code).toBe("LED-003");
    const run = await ledger.startRun(start);
    await run.finish("ok", { rowsLoaded: 1 });
    expect((await ledger.run("last")).summary).toEqual({ rowsLoaded: 1 });
    expect(readFileSync(path, "utf8")).toContain("this is no database");
  });

  test("locked: starting says so; a running recorder keeps its rows and writes them afterwards", async () => {
    const ledger = await open();
    const run = await ledger.startRun(start);
    const other = new SqliteDatabase(path);
    other.exec("BEGIN IMMEDIATE");
    await expect(ledger.startRun(start)).rejects.toMatchObject({ code: "LED-002", retryable: true });
    run.event({ type: "x", text: "kept" });
    await run.flush();
    expect(run.problem?.code).toBe("LED-002");
    expect((await ledger.runs()).length).toBe(1);
    other.exec("ROLLBACK");
    other.close();
    await run.finish("ok");
    expect(run.problem).toBeUndefined();
    expect((await ledger.events(run.id)).map((e) => e.text)).toEqual(["kept"]);
  });

  test("newer than this version", async () => {
    await (await open()).close();
    opened.length = 0;
    const raw = new SqliteDatabase(path);
    raw.pragma(`user_version = ${schemaVersion + 1}`);
    raw.close();
    await expect(open()).rejects.toMatchObject({ code: "LED-004", exit: 2 });
    await expect(open({ mode: "read" })).rejects.toMatchObject({ code: "LED-004" });
  });

  test("a folder that cannot be made", async () => {
    writeFileSync(join(folder, ".labs"), "a file in its place");
    await expect(open()).rejects.toMatchObject({ code: "LED-001" });
    expect((await open({ fallback: true })).problem?.code).toBe("LED-001");
  });

  test("reading creates nothing", async () => {
    expect(await (await open({ mode: "read" })).runs()).toEqual([]);
    expect(existsSync(join(folder, ".labs"))).toBe(false);
  });

  // Root may write everywhere, so there is nothing to see for it.
  test.skipIf(process.getuid?.() === 0)("reading works where nothing can be written", async () => {
    const ledger = await open();
    await (await ledger.startRun(start)).finish("ok");
    await ledger.close();
    opened.length = 0;
    chmodSync(path, 0o444);
    chmodSync(join(folder, ".labs"), 0o555);
    try {
      expect((await (await open({ mode: "read" })).runs()).map((r) => r.status)).toEqual(["ok"]);
    } finally {
      chmodSync(join(folder, ".labs"), 0o755);
    }
  });
});
