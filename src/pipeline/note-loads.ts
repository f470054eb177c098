import { type DatabaseJournal, relationKey } from "#duck/index.ts";
import type { IngestPlan, IngestResult } from "#ingest/index.ts";

/**
 * Carries out a plan by `load` and notes in the database's journal what that wrote. A load that throws may have written
 * anything that was planned.
 */
export async function noteLoads(
  journal: DatabaseJournal,
  plan: IngestPlan,
  load: () => Promise<IngestResult>,
): Promise<IngestResult> {
  const note = (tables: string[]): void => {
    for (const table of tables)
      for (const schema of ["raw", "quarantine"])
        journal.wrote(relationKey(schema, table.replace(/^(?:raw|quarantine)\./i, "")));
    for (const name of ["contracts", "files", "loads", "polls"]) journal.wrote(relationKey("_labs", name));
  };
  const planned = [...plan.changes, ...(plan.fullRefresh ? plan.sources : [])].map(({ table }) => table);
  try {
    const result = await load();
    // A poll without a new record leaves its table alone; of a file even the name may be in it.
    const polls = new Set(plan.sources.filter(({ api, step }) => api || step).map(({ name }) => name));
    const wrote = result.files.filter(
      ({ source, rowsLoaded, rowsReplaced, rowsQuarantined }) =>
        !polls.has(source) || rowsLoaded + rowsReplaced + rowsQuarantined > 0,
    );
    if (plan.fullRefresh) note(planned);
    else if (wrote.length > 0) note(wrote.map(({ table }) => table));
    else if (plan.changes.length > 0) note([]);
    return result;
  } catch (error) {
    note(planned);
    throw error;
  }
}
