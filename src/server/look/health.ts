import { cpus, freemem, hostname, loadavg, totalmem, uptime } from "node:os";
import type { Ledger } from "#ledger/index.ts";
import { Alerter, examineHealth } from "#orchestrate/index.ts";
import { volumeOf, type Workspace } from "#registry/index.ts";
import type { Health } from "../types.ts";
import type { Sight } from "./sight.ts";

/** What needs attention, and the machine, workers, queue and leases. Errors: those of the ledger. */
export async function healthOf(workspace: Workspace, ledger: Ledger, sight: Sight): Promise<Health> {
  const [facts, workers, open] = await Promise.all([
    new Alerter(ledger, workspace, { env: process.env }).health(),
    ledger.jobs.workers(new Date()),
    ledger.jobs.jobs({
      states: ["queued", "running"],
      limit: 1000,
      ...(sight.names !== undefined && { lab: sight.names }),
    }),
  ]);
  const running = open.filter(({ state }) => state === "running");
  const volume = volumeOf(workspace.root);
  return {
    items: examineHealth(facts)
      .filter(({ lab }) => sight.whole || (lab !== null && sight.sees(lab)))
      .map(({ level, check, lab, text, hint }) => ({ level, check, lab, text, hint: hint ?? null })),
    machine: {
      host: hostname(),
      cores: cpus().length,
      load: loadavg()[0] ?? 0,
      memoryFree: freemem(),
      memoryTotal: totalmem(),
      diskFree: volume?.free ?? null,
      diskTotal: volume?.total ?? null,
      uptimeSeconds: uptime(),
    },
    // What a worker tells of itself may name labs.
    workers: workers.map(({ stoppedAt: _stoppedAt, ...worker }) => (sight.whole ? worker : { ...worker, info: {} })),
    queue: { waiting: open.length - running.length, running: running.length },
    leases: running.map(({ id, lab, worker, leaseUntil, attempt }) => ({
      job: id,
      lab,
      worker,
      until: leaseUntil,
      attempt,
    })),
  };
}
