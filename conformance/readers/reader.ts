/**
 * Reads what a lab has published, without pause, until it gets SIGTERM: `reader.ts <workspace> <database> <seed> <number>`.
 * Opens the snapshot again and again; every few times it keeps it open for some queries, which must all see the same
 * version; and now and then it reads the exported files instead. Ends with one line of JSON: how often it read, every
 * version it saw, what was wrong.
 */
import { existsSync, writeSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { setImmediate as breathe, setTimeout as sleep } from "node:timers/promises";
import { openPublished } from "../../src/publish/index.ts";
import { exportsOf } from "./lab.ts";
import { type Found, lookAtExport, lookAtSnapshot } from "./look.ts";
import { chance } from "./plan.ts";

const [root = "", database = "", ...numbers] = process.argv.slice(2);
const draw = (...more: number[]) => chance(...numbers.map(Number), ...more);
const seen = new Map<number, string>();
const wrong: string[] = [];
const newest = { snapshot: 0, export: 0 };
let [rounds, opened, reads, exportReads] = [0, 0, 0, 0];
let stop = false;
// On few cores: they take all that is left, and runs go on.
setPriority(19);
process.on("SIGTERM", () => (stop = true));

function note({ run, runId }: Found, what: keyof typeof newest): void {
  seen.set(run, runId);
  if (run < newest[what]) wrong.push(`${what} of run ${run} after that of ${newest[what]}`);
  newest[what] = Math.max(newest[what], run);
}

async function readSnapshot(): Promise<void> {
  const snapshot = await openPublished(database);
  try {
    opened++;
    const connection = await snapshot.connect();
    let first: number | undefined;
    const times = draw(rounds) < 0.2 ? 12 : 1;
    for (let i = 0; i < times; i++) {
      const found = await lookAtSnapshot((sql) => connection.query(sql));
      reads++;
      note(found, "snapshot");
      if (first !== undefined && first !== found.run)
        wrong.push(`an open snapshot changed from run ${first} to ${found.run}`);
      first = found.run;
      if (times > 1) await sleep(draw(rounds, i) * 60);
    }
  } finally {
    await snapshot.close();
  }
}

while (!stop && wrong.length < 10) {
  rounds++;
  try {
    // The first run's export is made a moment after its snapshot.
    if (draw(rounds, 1) < 0.15 && existsSync(join(exportsOf(root), "current"))) {
      note(await lookAtExport(exportsOf(root)), "export");
      exportReads++;
    } else await readSnapshot();
  } catch (error) {
    wrong.push(`read ${rounds} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  await breathe();
}
writeSync(1, `${JSON.stringify({ reads, opened, exportReads, seen: [...seen], wrong })}\n`);
process.exit();
