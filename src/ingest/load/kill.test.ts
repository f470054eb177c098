import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";

const child = join(import.meta.dirname, "../testing/ingest-child.ts");

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "labs-kill-"));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Loads a folder in a process of its own; resolves with its exit code, null when it was killed. */
function start(folder: string): { process: ChildProcess; ended: Promise<number | null> } {
  const process_ = spawn(process.execPath, [child, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => process_.on("exit", (code) => resolve(code)));
  return { process: process_, ended };
}

/** Files of a lab: several deliveries, with rows that go to quarantine. */
function deliver(folder: string, day: number): void {
  for (let file = 0; file < 4; file++) {
    const rows = Array.from(
      { length: 3000 },
      (_, i) => `${day * 100_000 + file * 10_000 + i},${i % 500 === 7 ? "x" : i}`,
    );
    writeFileSync(join(folder, "raw", `orders_${day}_${file}.csv`), `id,qty\n${rows.join("\n")}\n`);
  }
  if (day === 0) return;
  // What was delivered before changes too: one file grows, one is corrected.
  const rows = Array.from({ length: 2000 }, (_, i) => `${day * 100_000 + 90_000 + i},1`);
  appendFileSync(join(folder, "raw", `orders_${day - 1}_0.csv`), `${rows.join("\n")}\n`);
  writeFileSync(join(folder, "raw", `orders_${day - 1}_1.csv`), `id,qty\n${day * 100_000 + 99_999},5\n`);
}

/** Everything that must not depend on kills. */
async function state(folder: string): Promise<unknown> {
  const database = await openDatabase(join(folder, "lab.duckdb"));
  const connection = await database.connect();
  try {
    return {
      rows: await connection.objects(
        "SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(id)::VARCHAR AS sum, sum(qty)::VARCHAR AS qty FROM raw.orders",
      ),
      quarantine: await connection.objects("SELECT file, record, row_text FROM quarantine.orders ORDER BY ALL"),
      files: await connection.objects(
        "SELECT file, state, sha256, rows::INTEGER AS rows FROM _labs.files ORDER BY file",
      ),
      balance: await connection.objects(
        "SELECT file, sum(rows_loaded + rows_quarantined)::INTEGER AS rows FROM _labs.loads WHERE outcome = 'loaded' GROUP BY file ORDER BY file",
      ),
    };
  } finally {
    await database.close();
  }
}

const lab = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(join(folder, "raw"), { recursive: true });
  return folder;
};

describe("kill -9", () => {
  it("at any moment leads to the state of an undisturbed run", async () => {
    const calm = lab("calm");
    for (let day = 0; day < 2; day++) {
      deliver(calm, day);
      expect(await start(calm).ended).toBe(0);
    }
    const expected = await state(calm);
    expect(expected).toMatchObject({ rows: [{ n: "22959" }] });

    const stormy = lab("stormy");
    let killed = 0;
    for (let day = 0; day < 2; day++) {
      deliver(stormy, day);
      // From right after the start to well into the loads: moments differ by machine, which is the point.
      for (const wait of [60, 140, 190, 230, 270, 310, 360, 420]) {
        const run = start(stormy);
        await Promise.race([run.ended, sleep(wait)]);
        if (run.process.kill("SIGKILL")) killed++;
        await run.ended;
      }
      expect(await start(stormy).ended).toBe(0);
    }
    expect(killed).toBeGreaterThan(0);
    expect(await state(stormy)).toEqual(expected);
  });
});
