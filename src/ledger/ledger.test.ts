import SqliteDatabase from "better-sqlite3";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Ledger, openLedger } from "./index.ts";
import { runsWithDetails } from "./ledger.ts";
import { schemaVersion } from "./migrations.ts";

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

/** Runs a script in another Node process, with `ledger` open on the same file. */
function elsewhere(script: string) {
  const module = pathToFileURL(join(import.meta.dirname, "index.ts")).href;
  const source = `import { openLedger } from ${JSON.stringify(module)};
    const ledger = await openLedger(${JSON.stringify(path)});
    ${script}`;
  return spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["pipe", "pipe", "inherit"] });
}

describe("a run", () => {
  test("is read back as it was recorded", async () => {
    const ledger = await open();
    const run = await ledger.startRun({ ...start, codeVersion: "abc", configHash: "h1" });
    const load = run.step("load");
    run.event({ type: "file-loaded", text: "orders.csv: 10 rows", data: { rows: 10n } });
    load.finish("ok", { rows: 10, data: { files: 1 } });
    run.event({ type: "note", text: "between steps", level: "debug" });
    const transform = run.step("transform", { attempt: 2 });
    run.event({ type: "node-finish", text: "model failed", level: "error" });
    run.model({ uniqueId: "model.p.a", name: "a", resourceType: "model", status: "error", seconds: 0.5 });
    run.model({ uniqueId: "model.p.a", name: "a", resourceType: "model", status: "success", seconds: 0.7, rows: 3 });
    run.score({ scope: "table", name: "gold.a", score: 91.5, rows: 3, parts: [{ dimension: "volume" }] });
    transform.finish("failed", { error: new Error("boom") });
    transform.finish("ok");
    await run.finish("failed", { rowsLoaded: 10, message: "1 model failed" });
    expect(run.problem).toBeUndefined();

    const found = await (await open({ mode: "read" })).run(run.id);
    expect(found).toMatchObject({
      ...start,
      id: run.id,
      status: "failed",
      pid: process.pid,
      codeVersion: "abc",
      configHash: "h1",
      summary: { rowsLoaded: 10, message: "1 model failed" },
    });
    expect(found.seconds).toBe((Date.parse(found.finishedAt!) - Date.parse(found.startedAt)) / 1000);
    expect(found.steps.map((s) => [s.name, s.attempt, s.status, s.rows])).toEqual([
      ["load", 1, "ok", 10],
      ["transform", 2, "failed", null],
    ]);
    expect(found.steps[0]?.data).toEqual({ files: 1 });
    expect(found.steps[1]?.error).toMatchObject({ code: "INTERNAL", message: "boom" });
    expect(found.models).toHaveLength(1);
    expect(found.models[0]).toMatchObject({ uniqueId: "model.p.a", status: "success", rows: 3, failures: null });
    expect(found.scores[0]).toMatchObject({ name: "gold.a", score: 91.5, rows: 3, parts: [{ dimension: "volume" }] });

    const events = await ledger.events(run.id);
    expect(events.map((e) => [e.seq, e.step, e.level, e.text])).toEqual([
      [0, "load", "info", "orders.csv: 10 rows"],
      [1, null, "debug", "between steps"],
      [2, "transform", "error", "model failed"],
    ]);
    expect(events[0]?.data).toEqual({ rows: 10 });
    expect((await ledger.events(run.id, { after: 0 })).map((e) => e.seq)).toEqual([1, 2]);
    expect((await ledger.events(run.id, { level: "warn" })).map((e) => e.seq)).toEqual([2]);
  });

  test("shows its running step to other connections before it ends", async () => {
    const run = await (await open()).startRun(start);
    run.step("check");
    await run.flush();
    const seen = await (await open({ mode: "read" })).run("last");
    expect(seen.status).toBe("running");
    expect(seen.steps).toMatchObject([{ name: "check", status: "running", seconds: null }]);
    await run.finish("cancelled");
    expect((await (await open({ mode: "read" })).run("last")).steps[0]?.status).toBe("cancelled");
  });

  test("is written without anybody flushing", async () => {
    const ledger = await open();
    const run = await ledger.startRun(start);
    run.event({ type: "x", text: "seen by the timer" });
    await expect.poll(async () => (await ledger.events(run.id)).length, { timeout: 20_000 }).toBe(1);
  });
});

describe("finding runs", () => {
  test("newest first, by lab, and the last of each lab", async () => {
    const ledger = await open();
    const ids: string[] = [];
    for (const lab of ["a", "b", "a", "c"]) {
      const run = await ledger.startRun({ ...start, lab });
      await run.finish(lab === "b" ? "failed" : "ok");
      ids.push(run.id);
      await new Promise((done) => setTimeout(done, 2));
    }
    expect([...ids].sort()).toEqual(ids);
    expect((await ledger.runs()).map((r) => r.id)).toEqual([...ids].reverse());
    expect((await ledger.runs({ lab: "a", limit: 1 })).map((r) => r.id)).toEqual([ids[2]]);
    expect((await ledger.runs({ status: "failed" })).map((r) => r.lab)).toEqual(["b"]);
    expect([...(await ledger.lastRuns())].map(([lab, r]) => [lab, r.id])).toEqual([
      ["a", ids[2]],
      ["b", ids[1]],
      ["c", ids[3]],
    ]);
    expect((await ledger.run("last", "a")).id).toBe(ids[2]);
  });

  test("by the text an id begins or ends with", async () => {
    const ledger = await open();
    const one = await ledger.startRun(start);
    const two = await ledger.startRun(start);
    await one.finish("ok");
    await two.finish("ok");
    expect((await ledger.run(one.id.slice(-6).toUpperCase())).id).toBe(one.id);
    expect((await ledger.run(two.id.slice(0, -1))).id).toBe(two.id);
    await expect(ledger.run(one.id.slice(0, 4))).rejects.toMatchObject({ code: "LED-006" });
    for (const none of ["zzzzzz!", "", "%", "________________"]) {
      await expect(ledger.run(none)).rejects.toMatchObject({ code: "LED-005", exit: 2 });
    }
    await expect(ledger.run("last", "other")).rejects.toMatchObject({ code: "LED-005" });
  });

  test("old runs lose their events, not themselves", async () => {
    const ledger = await open();
    const run = await ledger.startRun(start);
    run.event({ type: "x", text: "kept for a while" });
    run.model({ uniqueId: "m", name: "m", resourceType: "model", status: "success", seconds: 1 });
    run.step("load").finish("ok");
    await run.finish("ok");
    const raw = new SqliteDatabase(path);
    const insert = raw.prepare(
      "INSERT INTO runs SELECT ?, lab, trigger_, command, user_, host, pid, process_token, started_at, finished_at, status, code_version, config_hash, summary, job, attempt FROM runs WHERE id = ?",
    );
    raw.transaction(() => {
      for (let i = 0; i < runsWithDetails - 2; i++) insert.run(`z${String(i).padStart(15, "0")}`, run.id);
    })();
    raw.close();
    await (await ledger.startRun({ ...start, lab: "other" })).finish("ok");
    await (await ledger.startRun(start)).finish("ok");
    expect(await ledger.events(run.id)).toHaveLength(1);
    await (await ledger.startRun(start)).finish("ok");
    expect(await ledger.events(run.id)).toEqual([]);
    expect(await ledger.run(run.id)).toMatchObject({ status: "ok", models: [], steps: [{ name: "load" }] });
  });

  test("scores of the newest runs", async () => {
    const ledger = await open();
    for (const score of [70, 80, 90]) {
      const run = await ledger.startRun(start);
      run.score({ scope: "lab", name: "lab1", score });
      run.score({ scope: "table", name: "gold.x", score, rows: score });
      await run.finish("ok");
      await new Promise((done) => setTimeout(done, 2));
    }
    const history = await ledger.scoresHistory({ lab: "lab1", scope: "table", name: "gold.x", limit: 2 });
    expect(history.map((s) => [s.score, s.rows])).toEqual([
      [90, 90],
      [80, 80],
    ]);
    expect(await ledger.scoresHistory({ lab: "lab1" })).toHaveLength(6);
    expect(await ledger.scoresHistory({ lab: "other" })).toEqual([]);
  });
});

describe("several processes", () => {
  test("a run whose process was killed is shown as crashed, and the next run writes that down", async () => {
    const child = elsewhere(`
      const run = await ledger.startRun(${JSON.stringify(start)});
      run.step("transform");
      await run.flush();
      console.log(run.id);
      setInterval(() => {}, 1000);`);
    const [output] = (await once(child.stdout, "data")) as [Buffer];
    const id = output.toString().trim();
    const ledger = await open();
    expect((await ledger.run(id)).status).toBe("running");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await ledger.run(id)).toMatchObject({ status: "crashed", finishedAt: null, steps: [{ status: "crashed" }] });
    expect((await ledger.runs({ status: "crashed" })).map((r) => r.id)).toEqual([id]);
    expect(await ledger.runs({ status: "running" })).toEqual([]);

    await (await ledger.startRun(start)).finish("ok");
    const settled = await ledger.run(id);
    expect(settled.status).toBe("crashed");
    expect(settled.finishedAt).toBe(settled.steps[0]?.startedAt);
  });

  test("a pid that was given to another process does not keep a run alive", async () => {
    const ledger = await open();
    const run = await ledger.startRun(start);
    await run.flush();
    const raw = new SqliteDatabase(path);
    raw.prepare("UPDATE runs SET process_token = 'another boot:1' WHERE id = ?").run(run.id);
    raw.close();
    expect((await ledger.run(run.id)).status).toBe(process.platform === "linux" ? "crashed" : "running");
  });

  test("write at once and lose nothing", async () => {
    const children = [0, 1, 2].map((n) =>
      elsewhere(`
        for (let i = 0; i < 10; i++) {
          const run = await ledger.startRun({ lab: "lab${n}", trigger: "cli", command: "labs run" });
          for (const name of ["load", "transform"]) {
            const step = run.step(name);
            for (let e = 0; e < 20; e++) run.event({ type: "t", text: "e" + e });
            step.finish("ok");
          }
          await run.finish("ok");
          if (run.problem) throw run.problem;
        }`),
    );
    const exits = await Promise.all(children.map((child) => once(child, "exit")));
    expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
    const ledger = await open();
    const runs = await ledger.runs({ limit: 100 });
    expect(runs).toHaveLength(30);
    expect(new Set(runs.map((r) => r.status))).toEqual(new Set(["ok"]));
    for (const run of runs) expect(await ledger.events(run.id)).toHaveLength(40);
  });
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
