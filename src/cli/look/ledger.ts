import { join } from "node:path";
import type { LabsError } from "#errors/index.ts";
import { databaseVariable, type Ledger, openLedger, type RunInfo, runsLeftBehind } from "#ledger/index.ts";
import type { Workspace } from "#registry/index.ts";
import type { VerbInput } from "../io.ts";
import { plural } from "../render/index.ts";

/** The workspace's history, unless `LABS_DATABASE_URL` names a database. */
export const ledgerFile = (workspace: Workspace): string => join(workspace.state, "ledger.db");

/** Says once that the history of a workspace that has moved to PostgreSQL stayed behind; later it could not be copied. */
export async function tellLeftBehind({ io }: Pick<VerbInput, "io">, workspace: Workspace): Promise<void> {
  const runs = await runsLeftBehind(ledgerFile(workspace)).catch(() => 0);
  if (runs === 0) return;
  io.err(
    `The database in ${databaseVariable} knows no runs, and ${ledgerFile(workspace)} has ${plural(runs, "run")}.\n`,
  );
  io.err("`labs ledger copy` takes them along, now and not later: it copies into an empty database only.\n");
}

/**
 * Opens the workspace's ledger for looking, and closes it afterwards. With `onProblem` a ledger that cannot be read is an
 * empty one, and the command goes on. Errors: those of `openLedger`.
 */
export async function withLedger<T>(
  workspace: Workspace,
  action: (ledger: Ledger) => Promise<T>,
  onProblem?: (problem: LabsError) => void,
): Promise<T> {
  const fallback = onProblem !== undefined;
  const ledger = await openLedger(ledgerFile(workspace), { mode: "read", fallback });
  try {
    if (ledger.problem) onProblem?.(ledger.problem);
    return await action(ledger);
  } finally {
    await ledger.close();
  }
}

/** The end of an id, which is what differs between runs; every verb takes it. */
export const shortId = (run: Pick<RunInfo, "id">): string => run.id.slice(-7);

/** Tests of a run as text: `14 passed`, `1 failed of 15`. Empty when none ran. */
export function testsText(run: RunInfo): string {
  const tests = run.summary?.tests;
  if (!tests) return "";
  const all = tests.passed + tests.warned + tests.failed;
  if (all === 0) return "";
  const bad = [
    ...(tests.failed > 0 ? [`${tests.failed} failed`] : []),
    ...(tests.warned > 0 ? [`${tests.warned} warned`] : []),
  ];
  return bad.length === 0 ? `${all} passed` : `${bad.join(", ")} of ${all}`;
}
