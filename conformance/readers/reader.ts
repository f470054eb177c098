/**
 * Reads what a lab has published, without pause, until it gets SIGTERM: `reader.ts <database> <seed> <number>`. Opens the
 * snapshot again and again; every few times it keeps it open for some queries, which must all see the same version. Ends
 * with one line of JSON: how often it read, every version it saw, what was wrong.
 */
import { writeSync } from "node:fs";
import { setPriority } from "node:os";
import { setImmediate as breathe, setTimeout as sleep } from "node:timers/promises";
import { openPublished } from "../../src/publish/index.ts";
import { markedRows, markers } from "./lab.ts";
import { chance } from "./plan.ts";

const [database = "", seed = "0", number = "0"] = process.argv.slice(2);
const seen = new Map<number, string>();
const wrong: string[] = [];
let reads = 0;
let opened = 0;
let newest = 0;
let stop = false;
// On few cores: they take all that is left, and runs go on.
setPriority(19);
process.on("SIGTERM", () => (stop = true));

while (!stop && wrong.length < 10) {
  try {
    const snapshot = await openPublished(database);
    try {
      opened++;
      const connection = await snapshot.connect();
      const queries = chance(Number(seed), Number(number), opened) < 0.2 ? 12 : 1;
      let first: number | undefined;
      for (let i = 0; i < queries; i++) {
        const { rows } = await connection.query(markers);
        const about = (await connection.query("SELECT version, run_id FROM _labs.published")).rows;
        const [list, count] = [String(rows[0]?.[0]), Number(rows[0]?.[1])];
        const n = Number(list.slice(1, -1));
        reads++;
        if (!Number.isInteger(n)) wrong.push(`runs ${list} in one version, ${String(about[0]?.[0])}`);
        if (count !== markedRows) wrong.push(`${count} rows instead of ${markedRows} in version ${n}`);
        if (about.length !== 1) wrong.push(`${about.length} rows about version ${n}`);
        if (first !== undefined && first !== n) wrong.push(`an open snapshot changed from ${first} to ${n}`);
        first ??= n;
        seen.set(n, String(about[0]?.[1]));
        if (queries > 1) await sleep(chance(Number(seed), Number(number), opened, i) * 60);
      }
      if (first !== undefined && first < newest) wrong.push(`version ${first} after ${newest}`);
      newest = Math.max(newest, first ?? 0);
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    wrong.push(`read ${reads} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  await breathe();
}
writeSync(1, `${JSON.stringify({ reads, opened, seen: [...seen], wrong })}\n`);
process.exit();
