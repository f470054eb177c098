/**
 * The ledger on a real PostgreSQL: the contract suites that SQLite passes as well, then processes that empty one queue at the
 * same time, then the same while the database is killed and started again.
 *
 * `npm run judge:postgres [-- --jobs 2000] [--only contract|side_by_side|struck]`. Starts a server of its own from Debian's package `postgresql`.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { openLedger } from "../../src/ledger/index.ts";
import { Cluster } from "./cluster.ts";

const { values } = parseArgs({ options: { jobs: { type: "string", default: "2000" }, only: { type: "string" } } });
const many = Number(values.jobs);
const labs = 50;
const processes = 8;
/** Then the rest is done in peace: a server that recovers all the time does nothing else. */
const mostStrikes = 10;
const root = resolve(import.meta.dirname, "../..");
const problems: string[] = [];

/** What a process tells of a job it ended; `done`: it still held it. */
interface Done {
  job: string;
  done: boolean;
}

/** Empties a queue of `many` jobs by several processes; `strike` is done meanwhile, again and again. */
async function empty(cluster: Cluster, name: string, strike?: () => Promise<void>): Promise<void> {
  cluster.query("labs", "labs", `CREATE SCHEMA ${name}`);
  process.env["LABS_DATABASE_URL"] = `${cluster.url}?options=${encodeURIComponent(`-c search_path=${name}`)}`;
  const ledger = await openLedger("/none");
  const jobs = await ledger.jobs.enqueue(
    Array.from({ length: many }, (_, i) => ({ lab: `lab${i % labs}`, trigger: "schedule", command: "labs run" })),
  );
  await ledger.close();
  const finished: Done[] = [];
  const children = Array.from({ length: processes }, (_, i) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "claimant.ts"), `w${i}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      finished.push(...lines.map((line) => JSON.parse(line) as Done));
    });
    return once(child, "close").then(([code]) => code as number);
  });
  let over = false;
  const ended = Promise.all(children).finally(() => (over = true));
  let strikes = 0;
  while (strike && !over && strikes < mostStrikes) {
    await Promise.race([sleep(2_000 + Math.random() * 4_000), ended]);
    if (over) break;
    await strike();
    strikes++;
  }
  for (const code of await ended) if (code !== 0) problems.push(`${name}: a process ended with code ${code}`);
  const query = (sql: string) => cluster.query("labs", "labs", `SET search_path = ${name}; ${sql}`).trim();
  const ok = Number(query("SELECT count(*) FROM jobs WHERE state = 'ok'"));
  if (ok !== jobs.length) problems.push(`${name}: ${ok} of ${jobs.length} jobs are done`);
  const told = finished.filter(({ done }) => done).map(({ job }) => job);
  if (new Set(told).size !== told.length) problems.push(`${name}: a job was finished twice`);
  // A finish whose answer was lost says "not mine" the second time: only a struck database may do that.
  if (!strike && told.length !== many)
    problems.push(`${name}: ${told.length} jobs were finished by somebody who knows it`);
  const runs = Number(query("SELECT count(*) FROM runs"));
  const attempts = Number(query("SELECT count(*) FROM (SELECT DISTINCT job, attempt FROM runs) each"));
  if (runs !== attempts) problems.push(`${name}: ${runs - attempts} attempts have two runs`);
  if (!strike && runs !== many) problems.push(`${name}: ${runs} runs of ${many} jobs`);
  const lost = query(
    "SELECT count(*) FROM runs r WHERE status = 'ok' AND NOT EXISTS (SELECT 1 FROM events e WHERE e.run = r.id)",
  );
  if (lost !== "0") problems.push(`${name}: ${lost} runs lost their events`);
  const retried = Number(query("SELECT count(*) FROM jobs WHERE attempt > 1"));
  // An attempt that was replaced may have gone on until it found out; what it wrote was refused.
  const kept = "SELECT r.* FROM runs r JOIN jobs j ON j.id = r.job AND j.attempt = r.attempt";
  const twice = query(`WITH kept AS (${kept}) SELECT count(*) FROM kept a JOIN kept b ON a.lab = b.lab AND a.id < b.id
    AND a.started_at < b.finished_at AND b.started_at < a.finished_at`);
  if (twice !== "0") problems.push(`${name}: ${twice} times a lab ran twice at once`);
  console.log(
    `${name}: ${ok} of ${many} jobs of ${labs} labs done by ${processes} processes, ${runs} runs, ${retried} jobs begun again, ${strikes} times struck`,
  );
}

/** What SQLite passes as well. */
function contract(cluster: Cluster): void {
  const suites = spawnSync(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", "src/ledger/postgres"],
    {
      cwd: root,
      env: { ...process.env, LABS_TEST_DATABASE_URL: cluster.url },
      encoding: "utf8",
    },
  );
  if (suites.status !== 0) problems.push(`the contract is broken: ${suites.stdout}${suites.stderr}`);
  console.log(`contract:${/Tests +(.*)/.exec(stripVTControlCharacters(suites.stdout))?.[1] ?? " did not run"}`);
}

const cluster = await Cluster.start();
try {
  const wanted = (part: string) => values.only === undefined || values.only === part;
  if (wanted("contract")) contract(cluster);
  if (wanted("side_by_side")) await empty(cluster, "side_by_side");
  if (wanted("struck"))
    await empty(cluster, "struck", async () => {
      await cluster.kill();
      await sleep(Math.random() * 1_500);
      await cluster.up();
    });
} finally {
  await cluster.remove();
}
console.log(`postgres: ${problems.length} wrong`);
for (const problem of problems) console.log(`  ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
