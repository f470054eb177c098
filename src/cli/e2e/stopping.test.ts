import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  databaseOf,
  finish,
  json,
  labs,
  mainScript,
  printed,
  query,
  smallWorkspace,
  start,
  write,
} from "./testing/harness.ts";

const endless = "select count(*) as n from range(200000) a, range(60000) b where (a.range * b.range) % 7 = 3";

/** Ten tables in a row, each with 20,000 rows of the one before and a version that all rows of a build share. */
function chain(version: number): Record<string, string> {
  const files: Record<string, string> = {
    "models/t0.sql": `select i as id, ${version} as version from range(20000) t(i)`,
  };
  for (let n = 1; n < 10; n++)
    files[`models/t${n}.sql`] = `select id, version from {{ ref('t${n - 1}') }} order by hash(id)`;
  return files;
}

/** Live processes of a group, where the system tells (Linux). */
function processesOf(group: number): string[] {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      // After the name in brackets: state, parent, group. A zombie has ended.
      const [state, , pgrp] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return state !== "Z" && state !== "X" && Number(pgrp) === group;
    } catch {
      return false;
    }
  });
}

/**
 * Comes back when no process of a group is left, and never if one goes on: the test then ends by its time limit.
 * A process closes its pipes some milliseconds before the system lists it as ended.
 */
async function groupIsGone(group: number): Promise<void> {
  while (processesOf(group).length > 0) await sleep(10);
}

async function tablesAreWhole(database: string): Promise<void> {
  const tables = await query(
    database,
    "select table_name as name from information_schema.tables where table_schema = 'main' order by 1",
  );
  for (const { name } of tables) {
    // Nothing under a temporary name, and no table with a part of its rows or rows of two builds.
    expect(name).toMatch(/^t\d$/);
    const [seen] = await query(
      database,
      `select count(*)::int as n, count(distinct version)::int as versions from main.${String(name)}`,
    );
    expect({ name, ...seen }).toEqual({ name, n: 20000, versions: 1 });
  }
}

/** `labs run --all` of two labs, both in a query without an end. */
async function runningBoth() {
  const workspace = smallWorkspace({
    one: { "models/endless.sql": endless },
    two: { "models/endless.sql": endless },
  });
  const child = start(["run", "--all", "-j", "2"], { cwd: workspace, detached: true });
  const ended = finish(child);
  await Promise.all([printed(child, /one +│ ✓ load/), printed(child, /two +│ ✓ load/)]);
  return { workspace, child, ended, pid: child.pid ?? 0 };
}

describe("kill -9 in the middle of a run", () => {
  it("leaves whole tables, a crashed run in the ledger, and nothing that blocks the next run", async () => {
    const workspace = smallWorkspace({
      shop: {
        ...chain(0),
        "../data/raw/sold.csv": `id,n\n${Array.from({ length: 50_000 }, (_, i) => `${i},${i % 7}\n`).join("")}`,
      },
    });
    expect((await json(workspace, "run", "shop")).document.labs[0]).toMatchObject({ status: "ok", rowsLoaded: 50_000 });
    let killed = 0;
    for (let version = 1; version <= 6; version++) {
      write(
        workspace,
        Object.fromEntries(Object.entries(chain(version)).map(([path, text]) => [`shop/dbt/${path}`, text])),
      );
      write(workspace, {
        "shop/data/raw/more.csv": `id,n\n${Array.from({ length: 20_000 * version }, (_, i) => `${i},${version}\n`).join("")}`,
      });
      const child = start(["run", "shop"], { cwd: workspace });
      const ended = finish(child);
      // From the first look at files to somewhere in the tables.
      await printed(child, version % 3 === 0 ? /main\.t2/ : version % 3 === 1 ? "shop" : "✓ check");
      await sleep(Math.random() * 150);
      child.kill("SIGKILL");
      if ((await ended).signal === "SIGKILL") killed++;
      await tablesAreWhole(databaseOf(workspace, "shop"));
      const [raw] = await query(databaseOf(workspace, "shop"), "select count(*)::int as n from raw.sold");
      expect(raw).toEqual({ n: 50_000 });
    }
    expect(killed).toBeGreaterThan(0);
    const { code, document } = await json(workspace, "run", "shop", "--no-wait");
    expect({ code, labs: document.labs }).toMatchObject({ code: 0, labs: [{ status: "ok", models: { ok: 10 } }] });
    await tablesAreWhole(databaseOf(workspace, "shop"));
    expect(await query(databaseOf(workspace, "shop"), "select version from main.t9 limit 1")).toEqual([{ version: 6 }]);
    expect(await query(databaseOf(workspace, "shop"), "select count(*)::int as n from raw.more")).toEqual([
      { n: 120_000 },
    ]);
    const { document: history } = await json(workspace, "history", "shop", "-n", "20");
    const states = history.runs.map((run: { status: string }) => run.status);
    expect(states.filter((status: string) => status === "crashed")).toHaveLength(killed);
    expect(states[0]).toBe("ok");
    expect((await labs(workspace, "doctor", "shop")).code).toBe(0);
  });

  it("of one lab's process fails that lab only", async () => {
    const workspace = smallWorkspace({
      shot: { "models/endless.sql": endless },
      alive: { "models/one.sql": "select 1 as id" },
    });
    const child = start(["run", "--all", "-o", "json", "-j", "2"], { cwd: workspace });
    const ended = finish(child);
    const holder = join(workspace, ".labs/locks/shot.holder.json");
    let pid = 0;
    while (pid === 0) {
      await sleep(20);
      try {
        pid = JSON.parse(readFileSync(holder, "utf8")).pid;
      } catch {
        // Not there yet.
      }
    }
    expect(pid).not.toBe(child.pid);
    process.kill(pid, "SIGKILL");
    const { code, stdout } = await ended;
    expect({ code, document: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      document: {
        labs: [
          { lab: "shot", status: "failed", error: { code: "PIPE-001", message: expect.stringContaining("SIGKILL") } },
          { lab: "alive", status: "ok" },
        ],
      },
    });
  });
});

describe("ctrl-C in the middle of a run", () => {
  it("ends with 130, keeps finished models, records the run as cancelled, and a second run works", async () => {
    const workspace = smallWorkspace({
      shop: { ...chain(1), "models/later.sql": `-- depends on {{ ref('t9') }}\n${endless}` },
    });
    const child = start(["run", "shop"], { cwd: workspace, detached: true });
    const ended = finish(child);
    await printed(child, "main.t9");
    const pid = child.pid ?? 0;
    // As a terminal does: to the whole group.
    process.kill(-pid, "SIGINT");
    const { code, stderr, stdout } = await ended;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining("Stopping cleanly") });
    expect(stdout).toMatch(/shop +cancelled/);
    expect(stderr).not.toMatch(/INTERNAL|\n {4}at /);
    await groupIsGone(pid);
    await tablesAreWhole(databaseOf(workspace, "shop"));
    expect((await json(workspace, "history", "shop")).document.runs[0]).toMatchObject({ status: "cancelled" });
    write(workspace, { "shop/dbt/models/later.sql": "select 1 as id" });
    expect((await labs(workspace, "run", "shop", "--no-wait")).code).toBe(0);
  });

  it("stops an inspection too: of a run, and of labs inspect", async () => {
    const workspace = smallWorkspace({
      shop: {
        "models/endless.sql": `{{ config(materialized='view') }}\n${endless}`,
        "models/one.sql": "select 1 as id",
      },
    });
    const child = start(["run", "shop"], { cwd: workspace });
    const ended = finish(child);
    await printed(child, "✓ transform");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, stdout: expect.stringMatching(/shop +cancelled/) });
    const looking = start(["inspect", "shop"], { cwd: workspace });
    const seen = finish(looking);
    const holder = join(workspace, ".labs/locks/shop.holder.json");
    while (!existsSync(holder)) await sleep(20);
    looking.kill("SIGINT");
    expect(await seen).toMatchObject({ code: 130, stdout: "" });
  });

  it("reaches every lab of labs run --all and leaves no process behind", async () => {
    const workspace = smallWorkspace({
      one: { "models/endless.sql": endless },
      two: { "models/endless.sql": endless },
      three: { "models/endless.sql": endless },
    });
    const child = start(["run", "--all", "-j", "2"], { cwd: workspace, detached: true });
    const ended = finish(child);
    const pid = child.pid ?? 0;
    await Promise.all([printed(child, /one +│ ✓ load/), printed(child, /two +│ ✓ load/)]);
    process.kill(-pid, "SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/one +cancelled[^]*two +cancelled[^]*three +cancelled/);
    await groupIsGone(pid);
    const { document } = await json(workspace, "status");
    expect(document.labs.map((lab: { lastRun: { status: string } | null }) => lab.lastRun?.status ?? null)).toEqual([
      "cancelled",
      "cancelled",
      null,
    ]);
  });

  it("of the parent alone takes its workers along: a killed labs run --all goes on in no process", async () => {
    const { workspace, child, ended, pid } = await runningBoth();
    child.kill("SIGKILL");
    // The pipes close when the last process that holds them is gone.
    await ended;
    await groupIsGone(pid);
    write(workspace, { "one/dbt/models/endless.sql": "select 1 as id" });
    expect((await labs(workspace, "run", "one", "--no-wait")).code).toBe(0);
  });
});

describe("a terminal that is closed", () => {
  const hasScript = spawnSync("script", ["--version"]).status === 0;
  it.skipIf(!hasScript)("stops a run as ctrl-C does", async () => {
    const workspace = smallWorkspace({ shop: { "models/endless.sql": endless } });
    const command = [process.execPath, mainScript, "run", "shop"].map((word) => `'${word}'`).join(" ");
    const terminal = spawn("script", ["-qfec", `exec ${command}`, "/dev/null"], {
      cwd: workspace,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const holder = join(workspace, ".labs/locks/shop.holder.json");
    while (!existsSync(holder)) await sleep(20);
    const { pid } = JSON.parse(readFileSync(holder, "utf8")) as { pid: number };
    terminal.kill("SIGKILL");
    while (existsSync(`/proc/${pid}`)) await sleep(20);
    expect((await json(workspace, "history", "shop")).document.runs[0]).toMatchObject({ status: "cancelled" });
  });

  it("is nothing to a command that has none, as under nohup", async () => {
    const { child, ended, pid } = await runningBoth();
    process.kill(-pid, "SIGHUP");
    await sleep(300);
    const before = processesOf(pid).length;
    // What started the program may pass on what the terminal has sent already.
    process.kill(-pid, "SIGINT");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130, stdout: expect.stringMatching(/one +cancelled[^]*two +cancelled/) });
    expect(before === 0 || before >= 3).toBe(true);
  });
});
