import type { LabRow } from "#client/index.ts";
import type { Workspace } from "#registry/index.ts";
import { withLedger } from "./ledger.ts";

/** Every lab as the API lists it. A ledger that cannot be read is an empty one here. */
export async function labRows(workspace: Workspace): Promise<LabRow[]> {
  const { LabRows, Workspaces } = await import("#server/index.ts");
  return withLedger(
    workspace,
    (ledger) => new LabRows(ledger, new Workspaces(workspace.root)).all(),
    () => {},
  );
}
