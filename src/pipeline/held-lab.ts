import { join } from "node:path";
import { type Database, DatabaseJournal } from "#duck/index.ts";
import { openForLoading } from "#ingest/index.ts";
import { type Ledger, openLedger } from "#ledger/index.ts";
import { acquireLabLock, describeHolder, type Lab, type Workspace } from "#registry/index.ts";
import { limitByProfile } from "./profile-limits.ts";
import type { RunLabOptions } from "./types.ts";

/** Holds a lab's lock while something is done with it; tells who has it when that takes a while. Errors: REG-014/015. */
export async function holdingLab<T>(
  lab: Lab,
  options: Pick<RunLabOptions, "wait" | "command" | "signal" | "onEvent">,
  action: () => Promise<T>,
): Promise<T> {
  const { wait = true, command, signal, onEvent } = options;
  const lock = await acquireLabLock(lab, {
    wait,
    ...(command === undefined ? {} : { command }),
    ...(signal ? { signal } : {}),
    onWait: (holder) => onEvent?.({ type: "waiting", lab: lab.name, holder: describeHolder(holder) }),
  });
  try {
    return await action();
  } finally {
    lock.release();
  }
}

/** Opens the workspace's ledger for writing and closes it afterwards; one that cannot be written forgets. */
export async function recording<T>(workspace: Workspace, action: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(join(workspace.state, "ledger.db"), { mode: "write", fallback: true });
  try {
    return await action(ledger);
  } finally {
    await ledger.close();
  }
}

/** Opens a lab's database with its journal, which is sealed when the action did not throw: then all it wrote is noted. */
export async function withLabDatabase<T>(
  lab: Lab,
  action: (open: { database: Database; journal: DatabaseJournal }) => Promise<T>,
): Promise<T> {
  const journal = DatabaseJournal.open(lab.paths.database);
  const database = await openForLoading(lab);
  let result: T;
  try {
    await limitByProfile(lab, database);
    result = await action({ database, journal });
  } finally {
    await database.close();
  }
  journal.seal();
  return result;
}
