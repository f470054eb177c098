import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { errorToJson } from "#errors/index.ts";
import { databaseUrl, databaseVariable, type JobStore, openLedger } from "#ledger/index.ts";
import { openRegistry } from "#registry/index.ts";
import { orchestrateErrors } from "../errors.ts";
import { Pool } from "./pool.ts";
import { heartbeatMs, recoverJobs, withoutRepeats } from "./recover.ts";
import type { ServeOptions } from "./server.ts";

/**
 * Takes jobs from the queue of a workspace that several hosts share, until told to stop. It plans nothing: schedules, file
 * watch and alerts are a server's. Resolves when everything has ended. Errors: ORC-007 without a database that is shared,
 * those of the registry and of the ledger.
 */
export async function work(options: ServeOptions): Promise<void> {
  const { workspace: root } = options;
  const { state, active } = openRegistry(root);
  if (databaseUrl() === undefined) {
    throw orchestrateErrors.queueNotShared({
      message: `The queue of this workspace is a file of this host: ${databaseVariable} is not set.`,
      hint: `Set ${databaseVariable} to the PostgreSQL database that all hosts use, or run \`labs serve\` alone.`,
    });
  }
  const ledger = await openLedger(join(state, "ledger.db"));
  try {
    await taking({ ...options, onEvent: withoutRepeats(options.onEvent) }, ledger.jobs, active.length);
  } finally {
    await ledger.close();
    options.onEvent({ type: "stopped" });
  }
}

async function taking(options: ServeOptions, store: JobStore, labs: number): Promise<void> {
  const { signal, graceMs = 60_000, onEvent } = options;
  const worker = `${hostname()}:${process.pid}:${randomBytes(3).toString("hex")}`;
  const pool = new Pool(store, {
    worker,
    workspace: options.workspace,
    script: options.script,
    ...(options.jobs !== undefined && { jobs: options.jobs }),
    ...(options.memoryMb !== undefined && { memoryMb: options.memoryMb }),
    ...(options.leaseMs !== undefined && { leaseMs: options.leaseMs }),
    onEvent,
  });
  const live = async () => {
    const running = pool.running.length;
    await store.beat(worker, "worker", new Date(), { jobs: pool.slots, running, stopping: signal.aborted });
    await recoverJobs(store, pool);
  };
  await live();
  const timers: NodeJS.Timeout[] = [];
  let beating: Promise<void> | undefined;
  const beat = () => {
    beating ??= live()
      .catch((error: unknown) => onEvent({ type: "problem", error: errorToJson(error) }))
      .finally(() => (beating = undefined));
  };
  const stopListening = await store.onChange(() => void pool.look());
  try {
    pool.start();
    onEvent({ type: "started", labs, jobs: pool.slots });
    timers.push(setInterval(beat, heartbeatMs));
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    onEvent({ type: "stopping", running: pool.running.length });
    timers.push(setTimeout(() => pool.stopNow(10_000), graceMs));
  } finally {
    await stopListening();
    await pool.close();
    for (const timer of timers) clearInterval(timer);
    await beating;
    await store.retire(worker, new Date()).catch(() => {});
  }
}
