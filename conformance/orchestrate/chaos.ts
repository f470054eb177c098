/**
 * The storm: a server with five labs, files that arrive all the time, and blows at random moments: kill -9 of the server or of
 * the process of a run, a process that is frozen for longer than its lease and wakes up, a polite stop. Afterwards one server
 * is left in peace; then every job and run has ended once, no lab ran twice at once, nothing is left running, and the data is
 * what one undisturbed run makes of the same files.
 *
 * `node conformance/orchestrate/chaos.ts --kills 500 --seed 1`; the labs run from dist/. With `--postgres` the ledger and the
 * queue live in a PostgreSQL of our own, a worker or a second server of another host takes part (as root on Linux), and the database is struck too:
 * kill -9 of all of it, and up again after a while.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { amountOf, begun, dropFile, fed, firstIds, type LabName, labs, writeWorkspace } from "./workspace.ts";
import { checkData, checkLedger, type Expected } from "./check.ts";
import { Cluster } from "../postgres/cluster.ts";
import { familyOf, OtherHost, Server } from "./server-process.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    keep: { type: "boolean" },
    postgres: { type: "boolean" },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const script = resolve(import.meta.dirname, "../../dist/labs.js");
const root = mkdtempSync(join(tmpdir(), "labs-chaos-"));

/** The same numbers for the same seed, whatever happens in between. */
function dice(stream: number): () => number {
  let state = (seed * 2_654_435_761 + stream * 40_503) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const expected: Expected = new Map(labs.map((lab) => [lab, { rows: 0, total: 0 }]));
const account = (lab: LabName, ids: number[]) => {
  const sum = expected.get(lab)!;
  sum.rows += ids.length;
  sum.total += ids.reduce((total, id) => total + amountOf(id), 0);
};

writeWorkspace(root);
for (const lab of begun) account(lab, firstIds);
const counts = { server: 0, worker: 0, frozen: 0, stopped: 0, database: 0, elsewhere: 0 };
const cluster = values.postgres ? await Cluster.start() : undefined;
if (cluster) process.env["LABS_DATABASE_URL"] = cluster.url;
else delete process.env["LABS_DATABASE_URL"];
let blows = 0;
let files = 1;
const next = new Map<LabName, number>(begun.map((lab) => [lab, firstIds.length + 1]));

/** Files arrive until the storm is over. */
async function feed(): Promise<void> {
  const random = dice(1);
  while (blows < kills) {
    const lab = fed[Math.floor(random() * fed.length)]!;
    const from = next.get(lab) ?? 1;
    const ids = Array.from({ length: 1 + Math.floor(random() * 20) }, (_, i) => from + i);
    next.set(lab, from + ids.length);
    dropFile(root, lab, files++, ids);
    account(lab, ids);
    await sleep(50 + random() * 700);
  }
}

async function strike(): Promise<void> {
  const random = dice(2);
  let server = new Server(script, root);
  const began = Date.now();
  let told = 0;
  while (blows < kills) {
    await sleep(20 + random() * random() * 1_200);
    const workers = server.workers();
    const kind = random();
    const worker = workers[Math.floor(random() * workers.length)];
    if (kind < 0.3 || server.gone) {
      if (!server.gone) {
        counts.server++;
        blows++;
      }
      await server.kill();
      server = new Server(script, root);
    } else if (kind < 0.35) {
      counts.stopped++;
      blows++;
      await server.stop();
      server = new Server(script, root);
    } else if (worker !== undefined && kind < 0.43) {
      counts.frozen++;
      blows++;
      freeze(worker, 3_000 + random() * 2_000);
    } else if (worker !== undefined) {
      counts.worker++;
      blows++;
      signal(worker, "SIGKILL");
    }
    if (Date.now() - told > 10_000) {
      told = Date.now();
      console.error(`${blows} of ${kills} blows, ${files} files, ${Math.round((told - began) / 1000)} s`);
    }
  }
  await server.kill();
}

/** The database goes down and comes back, for shorter and for longer than a lease lasts. */
async function strikeDatabase(database: Cluster): Promise<void> {
  const random = dice(3);
  while (blows < kills) {
    await sleep(3_000 + random() * 6_000);
    await database.kill();
    counts.database++;
    await sleep(random() * random() * 4_000);
    await database.up();
  }
}

/** A worker or a server of another host comes and goes. */
async function strikeElsewhere(): Promise<void> {
  if (!OtherHost.possible()) return;
  const random = dice(4);
  while (blows < kills) {
    const host = new OtherHost(script, root, random() < 0.5 ? "worker" : "serve");
    await sleep(500 + random() * 5_000);
    const runs = host.workers();
    const one = runs[Math.floor(random() * runs.length)];
    if (one !== undefined && random() < 0.5) signal(one, "SIGKILL");
    await sleep(random() * 1_000);
    counts.elsewhere++;
    if (random() < 0.8) await host.kill();
    else await host.stop();
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

function freeze(pid: number, ms: number): void {
  signal(pid, "SIGSTOP");
  setTimeout(() => signal(pid, "SIGCONT"), ms);
}

const problems: string[] = [];
try {
  await Promise.all([feed(), strike(), ...(cluster ? [strikeDatabase(cluster), strikeElsewhere()] : [])]);
  // Frozen processes wake up, orphans find out that they are alone.
  const calm = new Server(script, root);
  const settled = await calm.untilIdle(120_000);
  if (!settled) problems.push("two minutes after the storm jobs still run or wait");
  problems.push(...(await checkLedger(root)));
  await calm.stop();
  const alone = Date.now() + 30_000;
  while (familyOf(root).length > 0 && Date.now() < alone) await sleep(200);
  for (const { pid, command } of familyOf(root)) problems.push(`process ${pid} is still there: ${command}`);
  problems.push(...(await checkData(root, expected, script)));
} finally {
  await cluster?.remove();
  if (!values.keep) rmSync(root, { recursive: true, force: true });
}

const { server, worker, frozen, stopped, database, elsewhere } = counts;
console.log(
  `chaos: ${blows} blows (${server} servers and ${worker} runs killed, ${frozen} frozen, ${stopped} servers stopped)${cluster ? ` and ${database} of PostgreSQL, ${elsewhere} of another host` : ""}, ${files} files, seed ${seed}: ${problems.length} wrong`,
);
for (const problem of problems.slice(0, 40)) console.log(`  ${problem}`);
if (values.keep) console.log(`  kept: ${root}`);
process.exit(problems.length > 0 ? 1 : 0);
