import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundle, run } from "./child-process.ts";
import { differences } from "./compare.ts";
import { Deliveries, Dice, labYml, RawFolder } from "./deliveries.ts";

export interface StormOptions {
  /** Loads that are killed. */
  count: number;
  seed: number;
  log?: (line: string) => void;
}

export interface StormReport {
  killed: number;
  /** What the killed processes had said last. */
  phases: Record<string, number>;
  diskFull: number;
  replaced: number;
  clockJumps: number;
  deliveries: number;
  /** Differences from the undisturbed lab; empty when all is well. */
  failures: string[];
}

/**
 * Two labs get the same deliveries. One is loaded in peace; the other's loads are killed with SIGKILL at random moments, run
 * out of disk, find files replaced under their hands and clocks that jump. After every delivery one load in peace follows,
 * and both must have the same rows, quarantine, ledger and balance.
 */
export async function storm({ count, seed, log = () => {} }: StormOptions): Promise<StormReport> {
  const root = mkdtempSync(join(tmpdir(), "labs-storm-"));
  const { script, dispose } = await bundle();
  const dice = new Dice(seed);
  const deliveries = new Deliveries(new Dice(seed + 1));
  const report: StormReport = {
    killed: 0,
    phases: {},
    diskFull: 0,
    replaced: 0,
    clockJumps: 0,
    deliveries: 0,
    failures: [],
  };
  const [calm, stormy] = ["calm", "stormy"].map((name) => {
    const folder = join(root, name);
    mkdirSync(folder);
    writeFileSync(join(folder, "lab.yml"), labYml);
    return { folder, raw: new RawFolder(join(folder, "raw")) };
  }) as [Side, Side];
  try {
    /** From the opened database to the end, in milliseconds, of late. */
    let usual = 100;
    while (report.killed < count && report.failures.length === 0) {
      const changes = deliveries.next();
      for (const { raw } of [calm, stormy]) raw.apply(changes);
      report.deliveries++;
      const story = changes.map((change) => `${change.kind} ${change.file}${"to" in change ? ` ${change.to}` : ""}`);
      const peace = run(script, calm.folder);
      await peace.begun;
      const started = performance.now();
      const [code] = await peace.ended;
      usual = usual * 0.7 + (performance.now() - started) * 0.3;
      if (code !== 0) report.failures.push(`delivery ${report.deliveries}: the undisturbed load ended with ${code}`);
      const disturbances = 2 + dice.below(4);
      for (let i = 0; i < disturbances && report.killed < count; i++)
        story.push(await disturb(script, stormy, deliveries, dice, usual, report));
      const [last, said] = await run(script, stormy.folder).ended;
      if (last !== 0)
        report.failures.push(`delivery ${report.deliveries}: the last load ended with ${last} after ${said}`);
      for (const difference of await differences(calm.folder, stormy.folder))
        report.failures.push(`delivery ${report.deliveries}: ${difference}`);
      if (report.failures.length > 0) report.failures.push(`what happened: ${story.join("; ")}`);
      if (report.deliveries % 20 === 0)
        log(`${report.killed} killed, ${report.deliveries} deliveries, all equal so far`);
    }
    return report;
  } finally {
    dispose();
    rmSync(root, { recursive: true, force: true });
  }
}

interface Side {
  folder: string;
  raw: RawFolder;
}

async function disturb(
  script: string,
  { folder, raw }: Side,
  deliveries: Deliveries,
  dice: Dice,
  usual: number,
  report: StormReport,
): Promise<string> {
  const offset = dice.next() < 0.2 ? Math.round((dice.next() - 0.5) * 2e11) : 0;
  if (offset !== 0) report.clockJumps++;
  const kind = dice.next();
  if (kind < 0.12) {
    // No file may grow beyond this: every write behind it fails, as on a full disk.
    const blocks = Math.round(2 ** (dice.next() * 10));
    const [code, said] = await run(script, folder, offset, blocks).ended;
    if (code !== 0) report.diskFull++;
    return `${blocks} kB of disk: ended with ${code} after ${said}`;
  }
  const victim = kind < 0.35 ? dice.pick(victims(raw)) : undefined;
  const child = run(script, folder, offset);
  // Now and then before the database is open, and now and then when all is done.
  if (dice.next() < 0.9) await child.begun;
  let restore = () => {};
  if (victim !== undefined) {
    const path = join(raw.path, victim);
    const [content, times] = [readFileSync(path), statSync(path)];
    restore = () => raw.replace(victim, content, times);
    await Promise.race([child.ended, sleep(usual * dice.next() * 0.6)]);
    raw.replace(victim, deliveries.decoy(victim), times);
    report.replaced++;
  }
  await Promise.race([child.ended, sleep(usual * dice.next() * 1.05)]);
  const said = child.said();
  if (child.process.exitCode === null && child.process.kill("SIGKILL")) {
    report.killed++;
    report.phases[said] = (report.phases[said] ?? 0) + 1;
  }
  await child.ended;
  restore();
  return `${victim === undefined ? "" : `${victim} replaced, `}killed after ${said}`;
}

/**
 * Files that may have another content for a moment without any trace in the end. A snapshot keeps whatever it saw: all its
 * deliveries stay, and the content that a file had for a moment is one. The first content of `small` that is seen decides
 * its types, for good.
 */
function victims(raw: RawFolder): string[] {
  return raw.files.filter((name) => !name.startsWith("daily") && !name.startsWith("small"));
}
