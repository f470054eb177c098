import type { Grant, Ledger } from "#ledger/index.ts";
import { connectToServer } from "#orchestrate/index.ts";
import type { Workspace } from "#registry/index.ts";
import { serverErrors } from "./errors.ts";
import type { EventHub } from "./events.ts";
import type { Answers } from "./look/answers.ts";
import type { LabRows } from "./look/lab-rows.ts";
import type { Snapshots } from "./look/snapshots.ts";
import type { Workspaces } from "./look/workspaces.ts";

/** Who asks. */
export interface Principal extends Grant {
  /** Of the user or the token; `local` on this machine without one. */
  name: string;
}

/** What the routes work with. */
export interface ServerContext {
  workspaces: Workspaces;
  ledger: Ledger;
  rows: LabRows;
  answers: Answers;
  hub: EventHub;
  snapshots: Snapshots;
  /** Nothing runs labs here: actions are refused. */
  readOnly: boolean;
  needsToken: boolean;
  version: string;
}

export const workspaceOf = (context: ServerContext): Workspace => context.workspaces.now();

/** Tells the scheduler that the queue or a lab's state has changed. */
export async function wake(context: ServerContext): Promise<void> {
  const client = await connectToServer(workspaceOf(context).state);
  await client?.wake();
  client?.close();
  await context.hub.look();
}

export function requireWritable(context: ServerContext): void {
  if (!context.readOnly) return;
  throw serverErrors.readOnly({
    message: "No server runs the labs of this workspace; this page only shows them.",
    hint: "Stop this and start `labs serve`.",
  });
}
