import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apiYml, BadServer } from "./bad-server.ts";
import { bundle, run } from "./child-process.ts";
import { differences } from "./compare.ts";
import { Dice } from "./deliveries.ts";
import type { StormOptions } from "./storm.ts";

export interface PollStormReport {
  /** Polls that were killed. */
  killed: number;
  /** Polls of the disturbed lab that ended with an error of some source. */
  failed: number;
  rounds: number;
  /** Wrong answers by kind. */
  answers: Record<string, number>;
  failures: string[];
}

/**
 * Two labs poll the same API. One in peace; for the other one the server drops, stalls, repeats pages, answers HTML and more,
 * its process is killed and its clock moved. After every round one poll in peace follows, and both must be equal.
 */
export async function pollStorm({ count, seed, log = () => {} }: StormOptions): Promise<PollStormReport> {
  const root = mkdtempSync(join(tmpdir(), "labs-poll-storm-"));
  const { script, dispose } = await bundle();
  const dice = new Dice(seed);
  const server = await new BadServer(new Dice(seed + 1)).listen();
  const report: PollStormReport = { killed: 0, failed: 0, rounds: 0, answers: server.counts, failures: [] };
  const [calm = "", stormy = ""] = ["calm", "stormy"].map((name) => {
    const folder = join(root, name);
    mkdirSync(join(folder, "raw"), { recursive: true });
    writeFileSync(join(folder, "lab.yml"), apiYml(server.url));
    return folder;
  });
  try {
    let usual = 300;
    while (report.killed < count && report.failures.length === 0) {
      server.grow();
      server.behave();
      report.rounds++;
      const started = performance.now();
      const [code] = await run(script, calm).ended;
      usual = usual * 0.7 + (performance.now() - started) * 0.3;
      if (code !== 0) report.failures.push(`round ${report.rounds}: the undisturbed poll ended with ${code}`);
      const disturbances = 2 + dice.below(4);
      for (let i = 0; i < disturbances && report.killed < count; i++) {
        server.misbehave(dice.next() * 0.3);
        const child = run(script, stormy, dice.next() < 0.2 ? Math.round((dice.next() - 0.5) * 2e11) : 0);
        if (dice.next() < 0.9) {
          await child.begun;
          await Promise.race([child.ended, sleep(usual * dice.next())]);
          if (child.process.exitCode === null && child.process.kill("SIGKILL")) report.killed++;
        }
        if ((await child.ended)[0] === 1) report.failed++;
      }
      server.behave();
      const [last] = await run(script, stormy).ended;
      if (last !== 0) report.failures.push(`round ${report.rounds}: the last poll ended with ${last}`);
      for (const difference of await differences(calm, stormy))
        report.failures.push(`round ${report.rounds}: ${difference}`);
      if (report.rounds % 10 === 0) log(`${report.killed} polls killed, ${report.rounds} rounds, all equal so far`);
    }
    return report;
  } finally {
    await server.close();
    dispose();
    rmSync(root, { recursive: true, force: true });
  }
}
