import { type DatabaseJournal, relationKey } from "#duck/index.ts";
import type { IngestPlan } from "#ingest/index.ts";

/** Notes in the database's journal what loading by this plan may write. Before it loads: a load may end anywhere. */
export function noteLoads(journal: DatabaseJournal, plan: IngestPlan): void {
  // A file that was only touched is looked at and found to be the same.
  const written = plan.changes.filter(({ action, reason }) => action !== "wait" && reason !== "unchanged");
  if (written.length === 0 && !plan.fullRefresh) return;
  const tables = new Set([...written, ...(plan.fullRefresh ? plan.sources : [])].map(({ table }) => table));
  for (const table of tables) {
    const name = table.replace(/^raw\./i, "");
    for (const schema of ["raw", "quarantine"]) journal.wrote(relationKey(schema, name));
  }
  for (const name of ["contracts", "files", "loads"]) journal.wrote(relationKey("_labs", name));
}
