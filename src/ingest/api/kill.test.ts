import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { spoolFolder } from "../records/spool.ts";
import { FixtureApi, type Row } from "../testing/api-server.ts";

const child = join(import.meta.dirname, "../testing/poll-child.ts");
/** Kills on each of the two days; more on request. */
const kills = Number(process.env["LABS_KILLS"] ?? 6);

let root: string;
let server: FixtureApi;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "labs-poll-kill-"));
  server = await new FixtureApi().listen();
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

function start(folder: string): { process: ChildProcess; ended: Promise<number | null> } {
  const process_ = spawn(process.execPath, [child, folder, server.url], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise<number | null>((resolve) => process_.on("exit", (code) => resolve(code)));
  return { process: process_, ended };
}

const time = (minute: number) => new Date(Date.UTC(2024, 0, 1) + minute * 60_000).toISOString();

/** What the API knows on a day: on the second one there are more records, and some of the first have changed. */
function day(n: number): Row[] {
  const rows = Array.from({ length: 400 + n * 150 }, (_, i) => ({
    id: i % 97 === 13 ? null : i,
    qty: i * 3,
    updated_at: time(i),
  }));
  // Inside the overlap: found again; a change is a later time.
  const changed =
    n === 0
      ? []
      : [
          { id: 5, qty: -1, updated_at: time(700) },
          { id: 399, qty: -2, updated_at: time(701) },
        ];
  return [...rows.filter(({ id }) => !changed.some((row) => row.id === id)), ...changed];
}

/** Everything that must not depend on kills. */
async function state(folder: string): Promise<unknown> {
  const database = await openDatabase(join(folder, "lab.duckdb"));
  const connection = await database.connect();
  const all = (sql: string) => connection.objects(sql);
  try {
    const tables: Record<string, unknown> = {};
    for (const name of ["merged", "appended", "replaced"]) {
      tables[name] = await all(`SELECT id, qty, updated_at::VARCHAR AS at FROM raw.${name} ORDER BY ALL`);
      tables[`${name} quarantine`] = await all(
        `SELECT row_text, reason FROM quarantine.${name} WHERE ${name !== "replaced"} ORDER BY ALL`.replace(
          "quarantine.replaced WHERE false",
          "(SELECT '' AS row_text, '' AS reason) WHERE false",
        ),
      );
    }
    return {
      ...tables,
      cursors: await all("SELECT source, cursor FROM _labs.polls ORDER BY source"),
      loads: await all(
        "SELECT source, sum(rows_loaded)::INTEGER AS n, sum(rows_quarantined)::INTEGER AS bad FROM _labs.loads WHERE outcome = 'loaded' GROUP BY source ORDER BY source",
      ),
      contracts: await all("SELECT source, version FROM _labs.contracts ORDER BY ALL"),
    };
  } finally {
    await database.close();
  }
}

const lab = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
};

describe("kill -9 of a process that polls", () => {
  it("at any moment leads to the state of an undisturbed run, and leaves nothing lying about", async () => {
    const calm = lab("calm");
    for (const n of [0, 1]) {
      server.rows = day(n);
      expect(await start(calm).ended).toBe(0);
    }
    const expected = (await state(calm)) as { loads: { source: string; n: number; bad: number }[] };
    expect(expected.loads).toEqual([
      { source: "appended", n: 544, bad: 6 },
      { source: "merged", n: 546, bad: 6 },
      { source: "replaced", n: 550, bad: 0 },
    ]);

    const stormy = lab("stormy");
    let killed = 0;
    let asked = 0;
    server.fault = (_, response) => {
      const breaks = ++asked % 11 === 0;
      if (breaks) response.destroy();
      return breaks;
    };
    for (const n of [0, 1]) {
      server.rows = day(n);
      for (let i = 0; i < kills; i++) {
        const run = start(stormy);
        // From right after the start to well into the loads: moments differ by machine, which is the point.
        await Promise.race([run.ended, sleep(80 + Math.random() * 1200)]);
        if (run.process.kill("SIGKILL")) killed++;
        await run.ended;
      }
      expect(await start(stormy).ended).toBe(0);
    }
    server.fault = undefined;
    expect(killed).toBeGreaterThan(0);
    expect(await state(stormy)).toEqual(expected);
    expect(existsSync(spoolFolder(join(stormy, "lab.duckdb")))).toBe(false);
  });
});
