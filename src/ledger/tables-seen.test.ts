import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLedger } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-seen-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("gives the last thirty runs, and of earlier days the last run of each", async () => {
  const file = join(folder, "ledger.db");
  const ledger = await openLedger(file);
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
  }
  // A run every eight hours up to now.
  const now = Date.now();
  const db = new Sqlite(file);
  for (const [i, id] of ids.entries())
    db.prepare("UPDATE runs SET started_at = ? WHERE id = ?").run(
      new Date(now - (99 - i) * 8 * 3_600_000).toISOString(),
      id,
    );
  db.close();
  const seen = await ledger.tablesSeen("shop");
  await ledger.close();
  expect(seen.slice(0, 30).map(({ rows }) => rows)).toEqual(Array.from({ length: 30 }, (_, i) => 99 - i));
  expect(seen[0]).toEqual({ name: "gold.t", time: expect.any(String), rows: 99, parts: { newest: 5, unusual: true } });
  expect(seen[1]?.parts).toEqual({ newest: 5 });
  const earlier = seen.slice(30);
  const daysOf = earlier.map(({ time }) => time.slice(0, 10));
  expect(new Set(daysOf).size).toBe(daysOf.length);
  // 69 runs before them, three a day.
  expect(Math.abs(earlier.length - 23)).toBeLessThanOrEqual(1);
  expect(seen.map(({ rows }) => rows)).not.toContain(50);
});
