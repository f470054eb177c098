/**
 * A hundred labs: all run by one `labs run --all`, and by `labs serve` with schedules in the same minute. Every lab runs once,
 * never more of them side by side than asked for, and all succeed.
 *
 * `node conformance/orchestrate/hundred.ts [labs]`; the labs run from dist/.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openLedger } from "../../src/ledger/index.ts";
import { equalLabs } from "./equal-labs.ts";

const count = Number(process.argv[2]) || 100;
const jobs = 2;
const script = resolve(import.meta.dirname, "../../dist/labs.js");
const root = mkdtempSync(join(tmpdir(), "labs-hundred-"));
const problems: string[] = [];

/** The most runs at one moment. */
function sideBySide(runs: { startedAt: string; finishedAt: string | null }[]): number {
  const edges = runs.flatMap(({ startedAt, finishedAt }) => [
    { at: startedAt, step: 1 },
    { at: finishedAt ?? startedAt, step: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { step } of edges.toSorted((a, b) => (a.at === b.at ? a.step - b.step : a.at < b.at ? -1 : 1)))
    most = Math.max(most, (now += step));
  return most;
}

async function look(folder: string) {
  const ledger = await openLedger(join(folder, ".labs", "ledger.db"), { mode: "read" });
  try {
    return { jobs: await ledger.jobs.jobs({ limit: 10_000 }), runs: await ledger.runs({ limit: 10_000 }) };
  } finally {
    await ledger.close();
  }
}

try {
  const all = join(root, "all");
  equalLabs(all, count);
  const run = spawnSync(process.execPath, [script, "run", "--all", "-j", String(jobs), "-o", "json"], {
    cwd: all,
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  const { labs } = JSON.parse(run.stdout) as { labs: { lab: string; status: string; message: string }[] };
  if (labs.length !== count) problems.push(`run --all tells of ${labs.length} labs`);
  for (const { lab, status, message } of labs)
    if (status !== "ok") problems.push(`run --all: ${lab} ${status}: ${message}`);
  const first = await look(all);
  if (sideBySide(first.runs) > jobs) problems.push(`run --all: ${sideBySide(first.runs)} labs at once`);

  const served = join(root, "served");
  equalLabs(served, count, "schedule:\n  cron: '* * * * *'\n");
  const server = spawn(process.execPath, [script, "serve", "-j", String(jobs), "-o", "json"], {
    cwd: served,
    stdio: "ignore",
  });
  const end = Date.now() + 300_000;
  let seen: Awaited<ReturnType<typeof look>>;
  do {
    await sleep(1_000);
    seen = await look(served);
  } while (
    new Set(seen.jobs.filter(({ state }) => state === "ok").map(({ lab }) => lab)).size < count &&
    Date.now() < end
  );
  server.kill("SIGTERM");
  await new Promise((done) => server.once("exit", done));
  seen = await look(served);
  const due = seen.jobs.map(({ dueAt }) => dueAt).sort()[0];
  const minute = seen.jobs.filter(({ dueAt }) => dueAt === due);
  if (minute.length !== count) problems.push(`serve: ${minute.length} jobs of the first minute`);
  for (const { lab, state, message, attempt } of minute)
    if (state !== "ok" || attempt !== 1) problems.push(`serve: ${lab} ${state} at attempt ${attempt}: ${message}`);
  if (sideBySide(seen.runs) > jobs) problems.push(`serve: ${sideBySide(seen.runs)} labs at once`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`hundred: ${count} labs by run --all and by serve: ${problems.length} wrong`);
for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
