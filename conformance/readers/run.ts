/**
 * `npm run judge:readers -- --runs 200 --kills 60 --seed 20260101`: eight processes read what a lab publishes while runs
 * publish, a third of which fail the gate; then publications are killed at random points. Prints counts; exits with 1 when
 * a reader met an error, a mixed version or one that failed, or a killed publication left anything but whole versions.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { killInLanes } from "./kills.ts";
import { readUnderLoad } from "./load.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    readers: { type: "string", default: "8" },
    kills: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  },
});
const [runs, readers, kills, seed] = [values.runs, values.readers, values.kills, values.seed].map(Number);
if (![runs, readers, kills, seed].every((n) => Number.isInteger(n) && (n ?? -1) >= 0)) {
  process.stderr.write("--runs, --readers, --kills and --seed take whole numbers.\n");
  process.exit(2);
}
const say = (text: string) => process.stdout.write(`${text}\n`);
const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
say(`seed ${seed}`);
const load = await readUnderLoad(runs ?? 0, readers ?? 0, seed ?? 0);
say(
  `${load.runs} runs, ${load.published} published, ${load.failed} kept back; ${load.readers} readers opened ${load.opened} snapshots ` +
    `and read ${load.reads} times, the exported files ${load.exportReads} times, saw ${load.seen} versions; ${load.wrong.length} wrong (${seconds()} s)`,
);
const killed = await killInLanes(kills ?? 0, seed ?? 0, Math.min(2, availableParallelism()));
say(
  `${killed.kills} publications killed, ${killed.atOperation} before a change of a file and ${killed.atTime} after a time ` +
    `(${killed.late} were over already): readers had the version before ${killed.old} times, the new one ${killed.new} times, ` +
    `${killed.versions} kept versions read; ${killed.wrong.length} wrong (${seconds()} s)`,
);
const wrong = [...load.wrong, ...killed.wrong];
for (const text of wrong) say(`- ${text}`);
const passed = load.reads + load.exportReads + killed.kills + killed.versions;
say(`${passed} passed, ${wrong.length} failed`);
process.exitCode = wrong.length > 0 || killed.kills < (kills ?? 0) ? 1 : 0;
