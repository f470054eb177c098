import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { publishedVersions } from "../../src/publish/index.ts";
import { openRegistry } from "../../src/registry/index.ts";
import { exportsOf, labName, writeLab } from "./lab.ts";
import { lookAtExport, lookAtVersion } from "./look.ts";
import { chance } from "./plan.ts";
import { start } from "./processes.ts";

export interface KillReport {
  kills: number;
  /** Killed before a chosen change of a file, and after a chosen time. */
  atOperation: number;
  atTime: number;
  /** What readers had afterwards. */
  old: number;
  new: number;
  /** The publication was over before the blow fell; does not count as a kill. */
  late: number;
  /** Whole older versions that were opened afterwards. */
  versions: number;
  wrong: string[];
}

/** Several labs at the same time, each with its share of the kills. */
export async function killInLanes(kills: number, seed: number, lanes: number): Promise<KillReport> {
  const share = (lane: number) => Math.floor((kills + lane) / lanes);
  const all = await Promise.all(Array.from({ length: lanes }, (_, i) => killPublications(share(i), seed + i)));
  return all.reduce((sum, one) => ({
    kills: sum.kills + one.kills,
    atOperation: sum.atOperation + one.atOperation,
    atTime: sum.atTime + one.atTime,
    old: sum.old + one.old,
    new: sum.new + one.new,
    late: sum.late + one.late,
    versions: sum.versions + one.versions,
    wrong: [...sum.wrong, ...one.wrong],
  }));
}

/** No run of this judge fails the gate. */
const allGood = -1;

/**
 * Kills a process that publishes at random points, until it was hit `kills` times. Afterwards readers have the version
 * before or the one that was being published, whole; so is every version that is kept; and the next run publishes.
 */
async function killPublications(kills: number, seed: number): Promise<KillReport> {
  const root = mkdtempSync(join(tmpdir(), "labs-kills-"));
  const report: KillReport = { kills: 0, atOperation: 0, atTime: 0, old: 0, new: 0, late: 0, versions: 0, wrong: [] };
  const { wrong } = report;
  try {
    writeLab(root);
    const { database } = openRegistry(root).lab(labName).paths;
    let n = 1;
    // As the last publication went: how long it took, and how many changes of files it made.
    let [milliseconds, operations] = [50, 10];
    for (let round = 0; report.kills < kills && round < kills * 3 && wrong.length < 10; round++) {
      const byOperation = round % 2 === 0;
      const killAt = byOperation ? 1 + Math.floor(chance(seed, 3, round) * operations) : 0;
      const after = chance(seed, 4, round) * milliseconds * 1.1;
      const before = n;
      const [whole, victim] = [n + 1, n + 2];
      n = victim;
      let [wholeDone, finished] = [false, false];
      const publisher = start(
        "publisher.ts",
        [root, whole, victim, allGood],
        (line) => {
          if (line["publishing"] === victim && !byOperation)
            void sleep(after).then(() => publisher.child.kill("SIGKILL"));
          if (line["run"] === whole) {
            wholeDone = line["published"] === true;
            milliseconds = Number(line["milliseconds"]);
          }
          if (line["run"] === victim) {
            finished = true;
            operations = Number(line["operations"]);
          }
        },
        byOperation ? { KILL_AT: String(killAt) } : {},
      );
      const { signal, errors } = await publisher.ended;
      if (!wholeDone) wrong.push(`after run ${before} was killed, run ${whole} did not publish: ${errors.slice(-800)}`);
      if (signal !== "SIGKILL" || finished) {
        report.late++;
        continue;
      }
      report.kills++;
      report[byOperation ? "atOperation" : "atTime"]++;
      const where = `kill ${report.kills} (${byOperation ? `file change ${killAt}` : `${after.toFixed(1)} ms`})`;
      const found = await runOf(lookAtVersion(database));
      if (typeof found === "string") wrong.push(`${where}: ${found}`);
      else if (found === victim) report.new++;
      else if (found === whole) report.old++;
      else wrong.push(`${where}: readers have version ${found}, neither ${whole} nor ${victim}`);
      const files = await runOf(lookAtExport(exportsOf(root)));
      if (files !== victim && files !== whole)
        wrong.push(`${where}: the export is ${files}, not ${whole} or ${victim}`);
      for (const { version } of publishedVersions(database)) {
        const kept = await runOf(lookAtVersion(database, version));
        report.versions++;
        if (typeof kept === "string") wrong.push(`${where}: kept version ${version}: ${kept}`);
      }
    }
    // What killed publications left is gone after one that was not killed.
    const last = await start("publisher.ts", [root, n + 1, n + 1, allGood], () => {}).ended;
    if (last.code !== 0) wrong.push(`the last run failed: ${last.errors.slice(-800)}`);
    if ((await runOf(lookAtVersion(database))) !== n + 1) wrong.push("the last run did not publish");
    if ((await runOf(lookAtExport(exportsOf(root)))) !== n + 1) wrong.push("the last run was not exported");
    const folder = join(database, "..", "published");
    const names = (path: string) => readdirSync(path, { recursive: true }).map(String);
    const left = [...names(folder), ...readdirSync(exportsOf(root))];
    const junk = left.filter((name) => /\.(?:tmp|wal)$|(?:^|\/)\.(?:new|old)-/.test(name));
    if (junk.length > 0) wrong.push(`left behind: ${junk.join(", ")}`);
    const files = left.filter((name) => /versions\/.*\.duckdb$/.test(name)).length;
    if (files !== publishedVersions(database).length)
      wrong.push(`${files} files of ${publishedVersions(database).length} versions`);
    return report;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The run that made what is looked at, or what is wrong with it. */
async function runOf(look: Promise<{ run: number }>): Promise<number | string> {
  try {
    return (await look).run;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
