import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { openLedger } from "#ledger/index.ts";
import { inspectAndScore, scoreRows } from "#quality/index.ts";
import { acquireLabLock, openRegistry } from "#registry/index.ts";
import type { Io, Verb } from "../io.ts";
import { parseVerb } from "../verb-arguments.ts";
import { verb as history } from "../verbs/history.ts";
import { verb as inspect } from "../verbs/inspect.ts";
import { verb as logs } from "../verbs/logs.ts";
import { verb as status } from "../verbs/status.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "look-"));
  mkdirSync(join(root, "shared", "config"), { recursive: true });
  writeFileSync(join(root, "shared/config/labs_config.yaml"), "labs:\n  lab1: {}\n  lab2: { status: paused }\n");
  mkdirSync(join(root, "lab1", "data"), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a verb as the dispatcher does and gives what it wrote. */
async function labs(verb: Verb, words: string[], options: { json?: boolean; cwd?: string; io?: Partial<Io> } = {}) {
  let out = "";
  let err = "";
  const io: Io = {
    cwd: options.cwd ?? root,
    env: {},
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTTY: false,
    color: false,
    width: 80,
    signal: new AbortController().signal,
    ...options.io,
  };
  const global = { output: options.json ? ("json" as const) : ("text" as const), trace: false, quiet: false };
  const code = await verb.run({ io, global, ...(await parseVerb("x", verb, words)) });
  return { code, out, err };
}
const json = async (verb: Verb, words: string[], cwd?: string) =>
  JSON.parse((await labs(verb, words, { json: true, ...(cwd && { cwd }) })).out);

async function makeDatabase(): Promise<void> {
  const database = await openDatabase(join(root, "lab1", "data", "lab1.duckdb"));
  const connection = await database.connect();
  await connection.run(`CREATE SCHEMA silver; CREATE SCHEMA gold;
    CREATE TABLE silver.orders AS SELECT i AS id, NULLIF(i % 4, 0) AS store, now() - INTERVAL (i) DAY AS at FROM range(40) t(i);
    CREATE TABLE gold.kpi AS SELECT store, count(*) AS orders FROM silver.orders GROUP BY store`);
  await database.close();
}

async function record(finish: "ok" | "failed", key = "store"): Promise<string> {
  const ledger = await openLedger(join(root, ".labs", "ledger.db"));
  const run = await ledger.startRun({ lab: "lab1", trigger: "cli", command: "labs run lab1", user: "ann" });
  const step = run.step("transform");
  run.event({ type: "a", text: "building gold.kpi" });
  run.event({ type: "b", level: "debug", text: "SELECT 1" });
  run.event({ type: "c", level: "error", text: "test sums failed\nwith 2 rows" });
  step.finish(finish, { rows: 40 });
  const database = await openDatabase(join(root, "lab1", "data", "lab1.duckdb"), { readOnly: true });
  const quality = await inspectAndScore({
    connection: await database.connect(),
    tests: [
      { uniqueId: "u", name: "u", kind: "unique", table: "gold.kpi", column: key, severity: "error", status: "pass" },
    ],
  });
  await database.close();
  for (const row of scoreRows("lab1", quality)) run.score(row);
  await run.finish(finish, {
    rowsLoaded: 1234,
    score: quality.score,
    tests: { passed: 3, warned: 0, failed: finish === "ok" ? 0 : 2 },
  });
  await ledger.close();
  return run.id;
}

describe("before anything ran", () => {
  test("status, history and logs say what to do, and make no files", async () => {
    expect((await labs(status, [])).out).toMatch(/lab1 +active +never .*labs run lab1\nlab2 +paused +never\n/);
    expect((await labs(history, [])).out).toBe("Nothing has run yet. Run: labs run\n");
    await expect(labs(logs, [])).rejects.toMatchObject({ code: "LED-005", exit: 2 });
    await expect(labs(inspect, ["lab1"])).rejects.toMatchObject({ code: "QUAL-004", exit: 1 });
    // The only one that is active needs no name.
    await expect(labs(inspect, [])).rejects.toMatchObject({ code: "QUAL-004" });
  });
});

describe("inspect", () => {
  beforeEach(makeDatabase);

  test("shows schemas and tables, scored now when no run was", async () => {
    const { out, code } = await labs(inspect, ["lab1"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^lab1 {2}lab1\/data\/lab1\.duckdb {2}2 tables in 2 schemas\n/);
    expect(out).toMatch(/\n {2}orders +table +40 +3 +10 +0 /);
    expect(out).toContain("now, without tests");
  });

  test("shows one table: columns, duplicates, new rows, score and first rows", async () => {
    const id = await record("ok");
    const { out } = await labs(inspect, ["lab1", "orders", "--days", "10", "--rows", "2"]);
    expect(out).toMatch(/^silver\.orders {2}table, 40 rows, 3 columns/);
    expect(out).toMatch(/\nstore +BIGINT +█▎ +25% +3 +1 +3 +███ +median 2, avg 2\n/);
    expect(out).toContain("Duplicates  none by id (a key that nobody named)");
    expect(out).toMatch(/New rows {4}10 in the last 10 days by at/);
    expect(out).toContain(`run ${id.slice(-7)}`);
    expect(out).toContain(`SELECT * FROM "silver"."orders" WHERE "store" IS NULL`);
    expect(out).toMatch(/First 2 rows\nid +store +at\n/);
  });

  test("as JSON, with the keys that tests named in the last run", async () => {
    await record("ok");
    const all = await json(inspect, ["lab1"]);
    expect(all.schemas.map((s: { name: string }) => s.name)).toEqual(["gold", "silver"]);
    expect(all.score.run.id).toHaveLength(16);
    const one = await json(inspect, ["gold.kpi"], join(root, "lab1"));
    // Completeness has 28.6 points; the key weighs 3 of 4 and a quarter of it is null: 23.2 of them are left.
    expect(one.tables).toHaveLength(1);
    expect(one.tables[0]).toMatchObject({
      rows: 4,
      duplicates: [{ key: ["store"], rows: 0 }],
      score: { history: [94.6] },
    });
    const points = one.tables[0].score.parts.reduce((sum: number, p: { points: number }) => sum + p.points, 0);
    expect(points).toBeCloseTo(one.tables[0].score.score, 6);
  });

  test("uses the keys of lab.yml", async () => {
    writeFileSync(join(root, "lab1", "lab.yml"), "quality:\n  tables:\n    silver.orders: { key: store }\n");
    expect((await labs(inspect, ["lab1", "silver.orders"])).out).toContain("Duplicates  27 rows by store");
  });

  test("explains wrong names and numbers", async () => {
    await expect(labs(inspect, ["lab1", "gold.kip"])).rejects.toMatchObject({
      code: "QUAL-001",
      hint: "Did you mean gold.kpi?",
    });
    await expect(labs(inspect, ["lab9"])).rejects.toMatchObject({ code: "REG-002" });
    await expect(labs(inspect, ["lab1", "--days", "0"])).rejects.toMatchObject({ code: "CLI-002" });
  });

  test("waits for a run that holds the lab and says who it is, or not with --no-wait", async () => {
    const lock = await acquireLabLock(openRegistry(root).lab("lab1"), { command: "labs run lab1" });
    await expect(labs(inspect, ["lab1", "--no-wait"])).rejects.toMatchObject({ code: "REG-014" });
    let said = "";
    const err = (text: string) => {
      said += text;
      lock.release();
    };
    expect((await labs(inspect, ["lab1"], { io: { err } })).code).toBe(0);
    expect(said).toContain("labs run lab1");
  });

  test("waits for any other program that has the database open", async () => {
    const duck = pathToFileURL(join(import.meta.dirname, "../../duck/index.ts")).href;
    const script = `import { openDatabase } from ${JSON.stringify(duck)};
      const database = await openDatabase(process.argv[1]);
      console.log("open");
      process.stdin.once("data", async () => { await database.close(); process.exit(0); });`;
    const path = join(root, "lab1", "data", "lab1.duckdb");
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], {
      cwd: dirname(import.meta.dirname),
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await expect(labs(inspect, ["lab1", "--no-wait"])).rejects.toMatchObject({ code: "DUCK-002" });
    let said = "";
    const err = (text: string) => {
      said += text;
      child.stdin.write("go\n");
    };
    expect((await labs(inspect, ["lab1"], { io: { err } })).code).toBe(0);
    expect(said).toContain(`PID ${child.pid}`);
  });
});

describe("after runs", () => {
  beforeEach(makeDatabase);

  test("status shows the last run of every lab and the next step", async () => {
    await record("ok");
    const failed = await record("failed");
    const { out, code } = await labs(status, []);
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(`\\nlab1 +active +failed +just now .* 1,234 +2 failed of 5 .*labs logs ${failed.slice(-7)}\\n`),
    );
    const document = await json(status, []);
    expect(
      document.labs.map((l: { name: string; lastRun: { status: string } | null }) => [
        l.name,
        l.lastRun?.status ?? null,
      ]),
    ).toEqual([
      ["lab1", "failed"],
      ["lab2", null],
    ]);
  });

  test("status names who holds a lab", async () => {
    const lock = await acquireLabLock(openRegistry(root).lab("lab1"), { command: "labs dbt build" });
    try {
      expect((await labs(status, [])).out).toContain("labs dbt build");
    } finally {
      lock.release();
    }
  });

  test("history lists runs, newest first", async () => {
    const ids = [await record("ok"), await record("failed"), await record("ok")];
    const { out } = await labs(history, ["lab1", "-n", "2"]);
    const lines = out.split("\n");
    expect(lines[1]).toContain(ids[2]?.slice(-7));
    expect(lines[2]).toMatch(/ failed .* 2 failed of 5 /);
    expect(out).not.toContain(ids[0]?.slice(-7));
    expect(out).toContain("score, oldest to newest");
    expect((await json(history, ["lab1"])).runs.map((run: { id: string }) => run.id)).toEqual(ids.reverse());
    expect((await labs(history, ["lab2"])).out).toContain("lab2 has not run yet");
    await expect(labs(history, ["-n", "none"])).rejects.toMatchObject({ code: "CLI-002" });
  });

  test("logs show the events of a level and the steps", async () => {
    const id = await record("failed");
    const { out } = await labs(logs, [id.slice(-5)]);
    expect(out).toContain(`Run ${id} of lab1: labs run lab1`);
    expect(out).toMatch(/ {7}transform building gold\.kpi\n/);
    expect(out).toMatch(/error transform test sums failed\n +with 2 rows\n/);
    expect(out).not.toContain("SELECT 1");
    expect(out).toMatch(/\ntransform +failed +.* 40\n/);
    expect((await labs(logs, ["lab1", "--level", "error"])).out).not.toContain("building");
    expect((await json(logs, ["--level", "debug"])).events).toHaveLength(3);
  });

  test("logs follow a run until it ends", async () => {
    const ledger = await openLedger(join(root, ".labs", "ledger.db"));
    const run = await ledger.startRun({ lab: "lab1", trigger: "cli", command: "labs run" });
    run.event({ type: "a", text: "first" });
    await run.flush();
    let out = "";
    let finishing: Promise<void> | undefined;
    const followed = labs(logs, ["last", "--follow"], {
      io: {
        out: (text) => {
          out += text;
          if (!text.includes("first")) return;
          run.event({ type: "b", text: "second" });
          finishing = run.finish("ok", { message: "all done" });
        },
      },
    });
    expect((await followed).code).toBe(0);
    await finishing;
    await ledger.close();
    expect(out).toMatch(/first\n.*second\n\n+ok after .*: all done\n$/);
  });
});
