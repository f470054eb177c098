/**
 * `npm run judge:ingest-kill -- --count 300 --seed 20260101`: loads that are killed at random moments, run out of disk and
 * find files replaced under their hands, and polls that are killed while the server misbehaves, must end as undisturbed ones
 * do. A tenth of the kills are polls. Prints counts; exits with 1 when there is any difference.
 */
import { parseArgs } from "node:util";
import { pollStorm } from "../../src/ingest/testing/storm/poll-storm.ts";
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
const say = (line: string) => process.stdout.write(`${line}\n`);
const counted = (counts: Record<string, number>) =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([what, times]) => `${what} ${times}`)
    .join(", ");
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(0)} s`;

let started = performance.now();
const polls = await pollStorm({ count: Math.ceil(count / 10), seed, log: say });
for (const failure of polls.failures) say(failure);
say(
  `seed ${seed}: ${polls.killed} polls killed, ${polls.failed} failed, ${polls.rounds} rounds, wrong answers: ${counted(polls.answers)}; ` +
    `${polls.failures.length} differences, ${seconds(started)}`,
);
started = performance.now();
const files = await storm({ count: count - polls.killed, seed, log: say });
for (const failure of files.failures) say(failure);
say(
  `seed ${seed}: ${files.killed} loads killed (after ${counted(files.phases)}), ${files.diskFull} out of disk, ${files.replaced} with a file replaced, ` +
    `${files.clockJumps} with another clock, ${files.deliveries} deliveries, ${files.failures.length} differences, ${seconds(started)}`,
);
process.exitCode = polls.failures.length + files.failures.length > 0 ? 1 : 0;
