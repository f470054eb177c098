import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { openDatabase } from "../../src/duck/index.ts";
import { openLedger } from "../../src/ledger/index.ts";
import { publishedVersions } from "../../src/publish/index.ts";
import { openRegistry } from "../../src/registry/index.ts";
import type { LabName } from "./workspace.ts";

/** What each lab must hold: all rows of its files, each once. */
export type Expected = Map<LabName, { rows: number; total: number }>;

/** Jobs and runs after everything came to rest. */
export async function checkLedger(root: string): Promise<string[]> {
  const problems: string[] = [];
  const ledger = await openLedger(join(root, ".labs", "ledger.db"), { mode: "read" });
  try {
    const jobs = await ledger.jobs.jobs({ limit: 1_000_000 });
    const open = jobs.filter(({ state, lab }) => (state === "running" || state === "queued") && lab !== "by_clock");
    for (const job of open) problems.push(`job ${job.id} of ${job.lab} is ${job.state}: ${job.message}`);
    for (const job of jobs)
      if (job.state === "failed") problems.push(`job ${job.id} of ${job.lab} failed: ${job.message}`);
    const runs = await ledger.runs({ limit: 1_000_000 });
    const byLab = Map.groupBy(runs, ({ lab }) => lab);
    for (const [lab, list] of byLab) {
      const sorted = list.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
      for (const [i, run] of sorted.entries()) {
        const following = sorted[i + 1];
        if (run.status === "running" && lab !== "by_clock") problems.push(`run ${run.id} of ${lab} has not ended`);
        if (following && run.finishedAt !== null && following.startedAt < run.finishedAt)
          problems.push(
            `two runs of ${lab} at once: ${run.id} until ${run.finishedAt}, ${following.id} from ${following.startedAt}`,
          );
      }
    }
    const attempts = runs.filter(({ job }) => job !== null).map(({ job, attempt }) => `${job}/${attempt}`);
    if (new Set(attempts).size !== attempts.length) problems.push("an attempt has two runs");
    const done = runs.filter(({ job, status }) => job !== null && status === "ok").map(({ job }) => job);
    for (const job of new Set(done.filter((one, i) => done.indexOf(one) !== i)))
      problems.push(`job ${job} was done twice`);
    // The newest version of alpha was followed, though its run may have been killed right after it was published.
    const newest = publishedVersions(openRegistry(root).lab("alpha").paths.database).at(0)?.version;
    const followed = jobs.some(
      ({ dedupe, state }) => dedupe === `publish:alpha:${newest}:after_alpha` && state === "ok",
    );
    if (!followed) problems.push(`alpha's version ${newest} was not followed`);
  } finally {
    await ledger.close();
  }
  return problems;
}

/** One more run of each lab by hand finds nothing to load, and what it leaves is right. */
export async function checkData(root: string, expected: Expected, script: string): Promise<string[]> {
  const problems: string[] = [];
  const workspace = openRegistry(root);
  for (const [name, want] of expected) {
    const lab = workspace.lab(name);
    const ask = (...words: string[]): unknown =>
      JSON.parse(spawnSync(process.execPath, [script, ...words, "-o", "json"], { cwd: root, encoding: "utf8" }).stdout);
    const [result] = (ask("run", name) as { labs: { status: string; message: string; rowsLoaded: number }[] }).labs;
    if (result?.status !== "ok") problems.push(`${name}: a run afterwards is ${result?.status}: ${result?.message}`);
    if (name !== "by_clock" && result && result.rowsLoaded > 0)
      problems.push(`${name}: ${result.rowsLoaded} rows had been left lying`);
    const database = await openDatabase(lab.paths.database, { readOnly: true });
    try {
      const connection = await database.connect();
      const rows = async (sql: string) => (await connection.query(sql)).rows.map((row) => row.map(Number));
      for (const table of ["raw.lines", "silver.appended", "silver.by_key"]) {
        const [row] = await rows(`SELECT count(*), count(DISTINCT id), coalesce(sum(amount), 0) FROM ${table}`);
        const [count, distinct, total] = row ?? [];
        if (count !== want.rows || distinct !== want.rows || total !== want.total)
          problems.push(
            `${name}: ${table} has ${count} rows (${distinct} ids, sum ${total}), the files ${want.rows} (sum ${want.total})`,
          );
      }
    } finally {
      await database.close();
    }
    const versions = publishedVersions(lab.paths.database);
    if (want.rows > 0 && versions.length === 0) problems.push(`${name}: nothing was published`);
    const asked = JSON.stringify(ask("query", name, "select n, total from gold.totals"));
    if (want.rows > 0 && !asked.match(/\d+/g)?.includes(String(want.rows)))
      problems.push(`${name}: readers do not see ${want.rows} rows: ${asked.slice(0, 300)}`);
  }
  return problems;
}
