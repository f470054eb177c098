import type { ChildProcess } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { databaseOf, finish, json, labs, query, smallWorkspace, start, write } from "./testing/harness.ts";

const endless = "select count(*) as n from range(200000) a, range(60000) b where (a.range * b.range) % 7 = 3";

interface ServerLine {
  type: string;
  job?: { id: string; lab: string; state: string; trigger: string; attempt: number; message: string | null };
}

/** A `labs serve` and what it has said. */
class Server {
  readonly child: ChildProcess;
  readonly lines: ServerLine[] = [];
  #rest = "";

  constructor(workspace: string, ...words: string[]) {
    this.child = start(["serve", "-o", "json", ...words], { cwd: workspace });
    running.push(this);
    this.child.stdout?.on("data", (chunk: Buffer) => {
      const parts = (this.#rest + chunk.toString()).split("\n");
      this.#rest = parts.pop() ?? "";
      for (const part of parts) this.lines.push(JSON.parse(part) as ServerLine);
    });
  }

  /** Waits for a line. */
  async said(what: string, test: (line: ServerLine) => boolean): Promise<ServerLine> {
    for (let waited = 0; waited < 30_000; waited += 25) {
      const line = this.lines.find(test);
      if (line) return line;
      await sleep(25);
    }
    throw new Error(`the server never said ${what}:\n${this.lines.map((line) => JSON.stringify(line)).join("\n")}`);
  }

  ended = (lab: string, trigger: string) =>
    this.said(
      `that ${lab} ended (${trigger})`,
      ({ type, job }) => type === "ended" && job?.lab === lab && job.trigger === trigger,
    );
  started = () => this.said("that it started", ({ type }) => type === "started");

  async stop(): Promise<number | null> {
    const done = finish(this.child);
    this.child.kill("SIGTERM");
    return (await done).code;
  }
}

const running: Server[] = [];
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL");
});

const lines = "{{ config(materialized='table') }} select * from raw.lines";
const source = "sources:\n  - name: lines\n    path: lines*.csv\n    columns: { id: BIGINT }\n";

describe("labs serve", () => {
  it("starts labs by the clock, on new files and after publishing; ends politely", { timeout: 120_000 }, async () => {
    const gold = { "models/totals.sql": "{{ config(schema='gold') }} select 1 as n" };
    const workspace = smallWorkspace({
      clock: { ...gold, "../lab.yml": "schedule:\n  every: 1 s\npublish:\n  schemas: main_gold\n" },
      follower: { "models/m.sql": "select 2 as n", "../lab.yml": "schedule:\n  after: clock\n" },
      files: { "models/lines.sql": lines, "../lab.yml": `${source}schedule:\n  on_files: true\n` },
    });
    const server = new Server(workspace);
    await server.started();
    const second = await labs(workspace, "serve");
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining("ORC-002") });

    expect((await server.ended("clock", "schedule")).job).toMatchObject({ state: "ok", attempt: 1 });
    expect((await server.ended("follower", "publish")).job).toMatchObject({ state: "ok" });
    const raw = join(workspace, "files/data/raw");
    writeFileSync(join(raw, "lines.csv.part"), "id\n1\n2\n");
    renameSync(join(raw, "lines.csv.part"), join(raw, "lines.csv"));
    expect((await server.ended("files", "files")).job).toMatchObject({ state: "ok" });
    // Whoever read the file's arrival twice would have run twice.
    expect(server.lines.filter(({ type, job }) => type === "queued" && job?.lab === "files")).toHaveLength(1);

    expect((await labs(workspace, "pause", "clock", "--why", "stocktaking")).code).toBe(0);
    const { document } = await json(workspace, "schedule");
    expect(document.server).toBe(true);
    expect(document.labs[0]).toMatchObject({
      name: "clock",
      schedule: { text: "every second" },
      paused: { why: "stocktaking" },
    });
    await sleep(1_200);
    const before = (await json(workspace, "jobs", "clock", "--all")).document.jobs.length;
    await sleep(2_200);
    expect((await json(workspace, "jobs", "clock", "--all")).document.jobs).toHaveLength(before);

    expect(await server.stop()).toBe(0);
    const [{ n }] = (await query(databaseOf(workspace, "files"), "select count(*)::int as n from main.lines")) as [
      { n: number },
    ];
    expect(n).toBe(2);
  });

  it("runs what `labs run` asks for, and stops it when it is cancelled", { timeout: 120_000 }, async () => {
    const workspace = smallWorkspace({ quick: { "models/m.sql": "select 1 as n" }, slow: { "models/m.sql": endless } });
    const server = new Server(workspace);
    await server.started();
    const quick = await labs(workspace, "run", "quick");
    expect(quick.stderr).toContain("1 model built");
    expect(quick).toMatchObject({ code: 0, stdout: expect.stringContaining("quick") });
    expect((await server.ended("quick", "cli")).job?.state).toBe("ok");

    const slow = finish(start(["run", "slow", "-o", "json"], { cwd: workspace }));
    await server.said("that slow began", ({ type, job }) => type === "began" && job?.lab === "slow");
    const refused = await labs(workspace, "run", "slow", "--no-wait");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("ORC-006") });
    expect((await labs(workspace, "cancel", "slow")).code).toBe(0);
    const { code, stdout } = await slow;
    expect([code, JSON.parse(stdout).labs[0].status]).toEqual([1, "cancelled"]);
    const { document } = await json(workspace, "jobs", "slow", "--all");
    expect(document.jobs[0]).toMatchObject({ state: "cancelled", cancelBy: expect.any(String) });
    expect((await labs(workspace, "cancel", "slow")).stderr).toContain("ORC-005");
    expect(await server.stop()).toBe(0);
    // Without a server a run is a run again.
    expect((await labs(workspace, "run", "quick")).code).toBe(0);
  });

  it("goes on with what a killed server was running", { timeout: 120_000 }, async () => {
    const workspace = smallWorkspace({ slow: { "models/m.sql": endless } });
    const first = new Server(workspace);
    await first.started();
    const asked = finish(start(["run", "slow"], { cwd: workspace }));
    await first.said("that slow began", ({ type, job }) => type === "began" && job?.lab === "slow");
    first.child.kill("SIGKILL");
    expect(await asked).toMatchObject({ code: 1, stderr: expect.stringContaining("ORC-003") });
    write(join(workspace, "slow/dbt"), { "models/m.sql": "select 1 as n" });
    const next = new Server(workspace);
    expect((await next.ended("slow", "cli")).job).toMatchObject({ state: "ok", attempt: 2 });
    expect(await next.stop()).toBe(0);
  });

  it("tries again what may pass, and gives up on time", { timeout: 120_000 }, async () => {
    const api =
      "sources:\n  - name: people\n    api:\n      url: http://127.0.0.1:9/people\n      retries: 0\n    columns: { id: BIGINT }\n";
    const workspace = smallWorkspace({
      offline: {
        "models/m.sql": "select 1 as n",
        "../lab.yml": `${api}schedule:\n  every: 1 s\n  retries: 1\n  retry_after: 1 s\n`,
      },
      long: { "models/m.sql": endless, "../lab.yml": "schedule:\n  every: 1 s\n  timeout: 1 s\n" },
      stage: {
        "models/m.sql": endless,
        "../lab.yml": "schedule:\n  every: 1 s\n  step_timeouts: { transform: 2 s }\n",
      },
    });
    const server = new Server(workspace);
    const failed =
      (lab: string) =>
      ({ type, job }: ServerLine) =>
        type === "ended" && job?.lab === lab && job.state === "failed";
    expect((await server.said("that offline failed", failed("offline"))).job).toMatchObject({ attempt: 2 });
    expect((await server.said("that long failed", failed("long"))).job).toMatchObject({
      attempt: 1,
      message: expect.stringContaining("The run was stopped after 1 second"),
    });
    expect((await server.said("that stage failed", failed("stage"))).job).toMatchObject({
      message: expect.stringContaining("The stage transform was stopped after 2 seconds"),
    });
    expect(await server.stop()).toBe(0);
  });
});
