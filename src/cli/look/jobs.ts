import { join } from "node:path";
import { type JobStore, openLedger } from "#ledger/index.ts";
import { connectToServer } from "#orchestrate/index.ts";
import type { Workspace } from "#registry/index.ts";

/** Changes the queue or what scheduling remembers, and tells a running server about it. Errors: LED-001 to LED-007. */
export async function changingJobs<T>(workspace: Workspace, action: (jobs: JobStore) => Promise<T>): Promise<T> {
  const ledger = await openLedger(join(workspace.state, "ledger.db"));
  let result: T;
  try {
    result = await action(ledger.jobs);
  } finally {
    await ledger.close();
  }
  const server = await connectToServer(workspace.state);
  await server?.wake();
  server?.close();
  return result;
}
