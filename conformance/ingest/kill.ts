/**
 * `npm run judge:ingest-kill -- --count 300 --seed 20260101`: loads that are killed at random moments, run out of disk and
 * find files replaced under their hands must end as undisturbed ones do. Prints counts; exits with 1 at the first difference.
 */
import { parseArgs } from "node:util";
import { storm } from "../../src/ingest/testing/storm/storm.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "300" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  process.stderr.write("--count takes a number from 1 up, --seed a whole number.\n");
  process.exit(2);
}
const started = performance.now();
const report = await storm({ count, seed, log: (line) => process.stdout.write(`${line}\n`) });
for (const failure of report.failures) process.stdout.write(`${failure}\n`);
const phases = Object.entries(report.phases)
  .sort(([, a], [, b]) => b - a)
  .map(([phase, times]) => `${phase} ${times}`)
  .join(", ");
process.stdout.write(
  `seed ${seed}: ${report.killed} loads killed (after ${phases}), ${report.diskFull} out of disk, ${report.replaced} with a file replaced, ` +
    `${report.clockJumps} with another clock, ${report.deliveries} deliveries, ${report.failures.length} differences, ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
);
process.exitCode = report.failures.length > 0 ? 1 : 0;
