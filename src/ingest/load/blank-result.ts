import type { FileChange, FileResult } from "../types.ts";

/** The result of a file or poll before anything is known of it. */
export const blankResult = (change: FileChange, outcome: FileResult["outcome"]): FileResult => ({
  file: change.name,
  source: change.source,
  table: `raw.${change.table}`,
  outcome,
  action: change.action,
  reason: change.reason,
  rowsRead: 0,
  rowsLoaded: 0,
  rowsQuarantined: 0,
  rowsReplaced: 0,
  seconds: 0,
  addedColumns: [],
});
