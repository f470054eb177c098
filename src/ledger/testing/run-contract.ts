import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Ledger, openLedger } from "../index.ts";
import { runsWithDetails } from "../ledger.ts";

/** An empty database behind the ledger. */
export interface Store {
  /** What {@link openLedger} is given; the variable of the database's address is set by the suite. */
  path: string;
  /** A statement past the ledger. */
  raw: (text: string) => Promise<void>;
  remove: () => Promise<void>;
}

/** What every database behind the ledger must do the same with runs, their events, models and scores. */
export function runContract(name: string, create: () => Promise<Store>): void {
  describe(`runs on ${name}`, () => suite(create));
}

function suite(create: () => Promise<Store>): void {
  let store: Store;
  const opened: Ledger[] = [];

  beforeEach(async () => {
    store = await create();
  });
  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.close();
    await store.remove();
  });

  async function open(options: Parameters<typeof openLedger>[1] = {}): Promise<Ledger> {
    const ledger = await openLedger(store.path, options);
    opened.push(ledger);
    return ledger;
  }

  const start = { lab: "lab1", trigger: "cli", command: "labs run lab1" };

  /** Runs a script in another Node process, with `ledger` open on the same database. */
  function elsewhere(script: string) {
    const module = pathToFileURL(join(import.meta.dirname, "../index.ts")).href;
    const source = `import { openLedger } from ${JSON.stringify(module)};
    const ledger = await openLedger(${JSON.stringify(store.path)});
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
      await store.raw(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${runsWithDetails - 2})
      INSERT INTO runs (id, lab, trigger_, command, user_, host, pid, process_token, started_at, finished_at, status)
      SELECT 'z' || (100000000000000 + i), lab, trigger_, command, user_, host, pid, process_token, started_at, finished_at, status
      FROM runs CROSS JOIN n WHERE id = '${run.id}'`);
      await (await ledger.startRun({ ...start, lab: "other" })).finish("ok");
      await (await ledger.startRun(start)).finish("ok");
      expect(await ledger.events(run.id)).toHaveLength(1);
      await (await ledger.startRun(start)).finish("ok");
      expect(await ledger.events(run.id)).toEqual([]);
      expect(await ledger.run(run.id)).toMatchObject({ status: "ok", models: [], steps: [{ name: "load" }] });
    });

    test("profiles of tables that differ from the one before, the newest sixty of each", async () => {
      const ledger = await open();
      const runs: string[] = [];
      const saw = async (lab: string, profiles: Record<string, unknown>) => {
        const run = await ledger.startRun({ ...start, lab });
        runs.push(run.id);
        for (const [name, data] of Object.entries(profiles)) run.profile(name, data);
        await run.finish("ok");
        expect(run.problem).toBeUndefined();
        await new Promise((done) => setTimeout(done, 2));
      };
      await saw("lab1", { "gold.a": { rows: 1 }, "gold.b": { rows: 7 } });
      await saw("lab1", { "gold.a": { rows: 1 }, "gold.b": { rows: 8 } });
      await saw("other", { "gold.a": { rows: 99 } });
      await saw("lab1", { "gold.a": { rows: 1 }, "gold.b": { rows: 7 } });
      const all = await ledger.tableProfiles("lab1", { limit: 10 });
      expect(all.map(({ name, run, data }) => [name, runs.indexOf(run), data])).toEqual([
        ["gold.b", 3, { rows: 7 }],
        ["gold.b", 1, { rows: 8 }],
        ["gold.a", 0, { rows: 1 }],
        ["gold.b", 0, { rows: 7 }],
      ]);
      expect(await ledger.tableProfiles("lab1", { name: "gold.b" })).toHaveLength(2);
      for (let rows = 0; rows < 65; rows++) await saw("other", { "gold.a": { rows } });
      const kept = await ledger.tableProfiles("other", { limit: 100 });
      expect(kept.map(({ data }) => (data as { rows: number }).rows)).toEqual(
        Array.from({ length: 60 }, (_, i) => 64 - i),
      );
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
    test("gives what the last thirty saw of tables, and of earlier days the last of each", async () => {
      const ledger = await open();
      const ids: string[] = [];
      for (let i = 0; i < 100; i++) {
        const run = await ledger.startRun({ lab: i === 50 ? "other" : "shop", trigger: "cli", command: "labs run" });
        ids.push(run.id);
        run.score({ scope: "lab", name: "shop", score: 90 });
        run.score({
          scope: "table",
          name: "gold.t",
          score: 90,
          rows: i,
          parts: { parts: [], newest: 5, ...(i === 99 && { unusual: true }) },
        });
        run.score({ scope: "table", name: "gold.broken", score: 0 });
        await run.finish("ok");
        // Ids of one millisecond are in no order.
        await new Promise((done) => setTimeout(done, 2));
      }
      // A run every eight hours up to now.
      const now = Date.now();
      const times = ids.map((id, i) => `WHEN '${id}' THEN '${new Date(now - (99 - i) * 8 * 3_600_000).toISOString()}'`);
      await store.raw(`UPDATE runs SET started_at = CASE id ${times.join(" ")} END`);
      const seen = await ledger.tablesSeen("shop");
      expect(seen.slice(0, 30).map(({ rows }) => rows)).toEqual(Array.from({ length: 30 }, (_, i) => 99 - i));
      expect(seen[0]).toEqual({
        name: "gold.t",
        time: expect.any(String),
        rows: 99,
        parts: { newest: 5, unusual: true },
      });
      expect(seen[1]?.parts).toEqual({ newest: 5 });
      const earlier = seen.slice(30);
      const daysOf = earlier.map(({ time }) => time.slice(0, 10));
      expect(new Set(daysOf).size).toBe(daysOf.length);
      // 69 runs before them, three a day.
      expect(Math.abs(earlier.length - 23)).toBeLessThanOrEqual(1);
      expect(seen.map(({ rows }) => rows)).not.toContain(50);
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
      expect(await ledger.run(id)).toMatchObject({
        status: "crashed",
        finishedAt: null,
        steps: [{ status: "crashed" }],
      });
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
      await store.raw(`UPDATE runs SET process_token = 'another boot:1' WHERE id = '${run.id}'`);
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

  describe("a run on another host", () => {
    const now = () => new Date();
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

    test("lives while it says so, and is written down as crashed after its silence", async () => {
      const ledger = await open();
      const run = await ledger.startRun(start);
      await store.raw(`UPDATE runs SET host = 'elsewhere', pid = 1, seen_at = '${ago(30)}' WHERE id = '${run.id}'`);
      expect((await ledger.run(run.id)).status).toBe("running");
      await store.raw(`UPDATE runs SET seen_at = '${ago(90)}' WHERE id = '${run.id}'`);
      expect((await ledger.run(run.id)).status).toBe("crashed");
      expect((await ledger.lastRuns({ status: "crashed" })).get("lab1")?.id).toBe(run.id);
      await (await ledger.startRun({ ...start, lab: "other" })).finish("ok");
      expect((await ledger.run(run.id)).finishedAt).not.toBeNull();
      // It was only cut off.
      await run.finish("ok");
      expect((await ledger.run(run.id)).status).toBe("ok");
    });

    test("has crashed when its job is somebody else's", async () => {
      const ledger = await open();
      await ledger.jobs.enqueue([{ ...start, dueAt: ago(1) }]);
      const job = await ledger.jobs.claim("w1", now(), 60_000);
      const run = await ledger.startRun({ ...start, job: { id: job!.id, attempt: 1 } });
      await store.raw(`UPDATE runs SET host = 'elsewhere' WHERE id = '${run.id}'`);
      expect((await ledger.run(run.id)).status).toBe("running");
      await ledger.jobs.interrupt(job!, "no sign of life", now(), 5);
      expect((await ledger.run(run.id)).status).toBe("crashed");
      await expect(ledger.startRun({ ...start, job: { id: job!.id, attempt: 1 } })).rejects.toMatchObject({
        code: "LED-008",
      });
      expect((await ledger.runs()).map(({ id }) => id)).toEqual([run.id]);
    });

    test("ends together with its attempt at a job, or without it when that is somebody else's", async () => {
      const ledger = await open();
      const end = {
        outcome: { state: "ok", message: "done" },
        next: [{ ...start, lab: "lab2", dueAt: ago(1) }],
      } as const;
      await ledger.jobs.enqueue([{ ...start, dueAt: ago(1) }]);
      const lost = (await ledger.jobs.claim("w1", now(), 60_000))!;
      const first = await ledger.startRun({ ...start, job: lost });
      await ledger.jobs.interrupt(lost, "no sign of life", now(), 5);
      const job = (await ledger.jobs.claim("w2", now(), 60_000))!;
      const second = await ledger.startRun({ ...start, job });

      await first.finish("ok", {}, { lease: lost, ...end, next: [...end.next] });
      expect(await ledger.jobs.jobs()).toMatchObject([{ id: job.id, state: "running", run: second.id }]);
      await second.finish("ok", {}, { lease: job, ...end, next: [...end.next] });
      expect(await ledger.jobs.job(job.id)).toMatchObject({ state: "ok", message: "done", attempt: 2 });
      expect(await ledger.jobs.jobs({ states: ["queued"] })).toMatchObject([{ lab: "lab2" }]);
      // Once more, as a worker does that cannot know whether it was written.
      expect(await ledger.jobs.finish(job, end.outcome, now(), [...end.next])).toBe(false);
      expect(await ledger.jobs.jobs()).toHaveLength(2);
    });

    test("counts as a worker until it is silent", async () => {
      const { jobs } = await open();
      await jobs.beat("w1", "worker", now(), {});
      await store.raw("UPDATE workers SET host = 'elsewhere', pid = 1");
      expect(await jobs.workers(now())).toMatchObject([{ alive: true, host: "elsewhere" }]);
      expect(await jobs.workers(new Date(Date.now() + 90_000))).toMatchObject([{ alive: false }]);
    });
  });

  describe("what is written", () => {
    test("may be any text and any number", async () => {
      const ledger = await open();
      const run = await ledger.startRun({ ...start, command: "labs run 'a' \\ @lab -- ; $1 ?" });
      const text = "it's \\'; DROP TABLE runs; -- @run 漢字 🙂 \t\n";
      run.event({ type: "t", text, data: { text } });
      run.event({ type: "t", text: "nul \0 in it" });
      run.model({
        uniqueId: "m",
        name: "m",
        resourceType: "model",
        status: "success",
        seconds: 1e-9,
        rows: 9_007_199_254_740_991,
      });
      run.score({ scope: "lab", name: "lab1", score: 0.1 + 0.2, rows: 3_000_000_000 });
      run.step("load").finish("ok", { rows: 5_000_000_000, data: { text } });
      await run.finish("ok", { message: text, rowsLoaded: -1 });
      expect(run.problem).toBeUndefined();
      const found = await ledger.run(run.id);
      expect(found).toMatchObject({
        command: "labs run 'a' \\ @lab -- ; $1 ?",
        summary: { message: text, rowsLoaded: -1 },
      });
      expect(found.models).toMatchObject([{ seconds: 1e-9, rows: 9_007_199_254_740_991 }]);
      expect(found.scores).toMatchObject([{ score: 0.1 + 0.2, rows: 3_000_000_000 }]);
      expect(found.steps).toMatchObject([{ rows: 5_000_000_000, data: { text } }]);
      const [first, second] = await ledger.events(run.id, { limit: 2 });
      expect([first?.text, first?.data]).toEqual([text, { text }]);
      expect(second?.text).toMatch(/^nul . in it$/s);
      expect(await ledger.events(run.id, { limit: 1, after: 0 })).toMatchObject([{ seq: 1 }]);
    });

    test("changes the version, whoever writes it", async () => {
      const [one, two] = [await open(), await open()];
      const before = await one.version();
      expect(await one.version()).toBe(before);
      await two.jobs.enqueue([start]);
      const after = await one.version();
      expect(after).not.toBe(before);
      await one.jobs.enqueue([start]);
      expect(await one.version()).not.toBe(after);
    });
  });
}
