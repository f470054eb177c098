/**
 * Loads the lab in the folder given as its first argument, for tests that disturb it: `raw/` and `lab.yml` lie there. The
 * second argument moves its clock by milliseconds. Says on stdout how far it is.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "#duck/index.ts";
import { readLabConfig } from "#registry/index.ts";
import { detectChanges } from "../../detect/detect.ts";
import { loadChanges } from "../../load/load.ts";

const folder = process.argv[2] ?? ".";
const offset = Number(process.argv[3] ?? 0);
const clock = () => Date.now() + offset;
const say = (phase: string) => process.stdout.write(`${phase}\n`);

const config = join(folder, "lab.yml");
const lab = { name: "storm", paths: { raw: join(folder, "raw"), config }, config: readLabConfig(config) };
say("open");
const database = await openDatabase(join(folder, "lab.duckdb"));
say("check");
const plan = await detectChanges({ lab, database, settleMs: 0, clock });
say("load");
const { files } = await loadChanges(plan, {
  database,
  loadId: `pid-${process.pid}`,
  clock,
  // Servers are asked again at once: a storm has many to disturb.
  effects: { sleep: async (ms, signal) => void (await sleep(Math.min(ms, 20), undefined, signal ? { signal } : {})) },
  onEvent: ({ type }) => say(type),
});
say("close");
await database.close();
say("done");
// A file that changed under the load waits for the next run; anything else must have gone well.
process.exitCode = files.some(({ outcome }) => outcome === "failed") ? 1 : 0;
