import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { Contract } from "../contract/types.ts";
import type { FileScan } from "../csv/scan.ts";
import type { FileChange, FileResult } from "../types.ts";
import type { FileState } from "./file-ledger.ts";

const text = (value: string | null | undefined): string =>
  value === null || value === undefined ? "NULL" : quoteLiteral(value);

/** SQL for a time in milliseconds or nanoseconds since 1970. */
export const timeSql = (ms: number): string => `make_timestamp(${Math.round(ms * 1000)})`;
export const timeOfNs = (ns: string): string => `make_timestamp_ns(${ns})`;

/** Next free number of a ledger's column. The lab has one writer, so counting on is safe and leaves no gaps. */
export async function nextNumber(connection: Connection, table: "files" | "loads"): Promise<number> {
  // Loads remember files that the ledger has dropped since; their numbers stay taken.
  const taken =
    table === "files"
      ? "SELECT file_id FROM _labs.files UNION ALL SELECT file_id FROM _labs.loads"
      : "SELECT load FROM _labs.loads";
  const { rows } = await connection.query(`SELECT coalesce(max(n), 0) + 1 FROM (${taken}) AS taken(n)`);
  return Number(rows[0]?.[0]);
}

/** What the ledger keeps of a file besides its description. */
export interface FileFacts {
  sha256: string;
  rows: number;
  complete: boolean;
  load?: number;
  ofFile?: number;
  error?: string;
  checkedAt: string;
}

/** `(…)` for an INSERT into `_labs.files`. */
export function newFileRow(change: FileChange, fileId: number, state: FileState, facts: FileFacts): string {
  const { stat } = change;
  return `(${fileId}, ${text(change.source)}, ${text(change.name)}, ${text(state)}, ${text(facts.sha256)}, ${stat.bytes},
    ${facts.rows}, ${facts.complete}, ${text(stat.mtime)}, ${text(stat.ctime)}, ${text(stat.inode)}, ${timeOfNs(facts.checkedAt)},
    ${timeOfNs(facts.checkedAt)}, ${facts.load ?? "NULL"}, ${facts.ofFile ?? "NULL"}, ${text(facts.error)})`;
}

/** SQL that makes the ledger's row of a file say what is true after this step. */
export function fileSql(change: FileChange, fileId: number, state: FileState, facts: FileFacts): string {
  const { stat } = change;
  return `DELETE FROM _labs.files WHERE source = ${text(change.source)} AND file = ${text(change.name)} AND file_id <> ${fileId};
    MERGE INTO _labs.files AS old USING (SELECT ${fileId} AS file_id) AS new ON old.file_id = new.file_id
    WHEN MATCHED THEN UPDATE SET file = ${text(change.name)}, state = ${text(state)}, sha256 = ${text(facts.sha256)}, bytes = ${stat.bytes},
      rows = ${facts.rows}, complete = ${facts.complete}, mtime = ${text(stat.mtime)}, ctime = ${text(stat.ctime)}, inode = ${text(stat.inode)},
      checked_at = ${timeOfNs(facts.checkedAt)}, load = coalesce(${facts.load ?? "NULL"}, old.load), of_file = ${facts.ofFile ?? "NULL"}, error = ${text(facts.error)}
    WHEN NOT MATCHED THEN INSERT VALUES ${newFileRow(change, fileId, state, facts)}`;
}

/** What the ledger keeps of a load besides its result. */
export interface LoadFacts {
  table: string;
  contractVersion?: number;
  scan?: FileScan;
  bytes: number;
  firstRow: number;
  at: number;
  /** Column names in the file's order: what a quarantined row as it came means. */
  columns?: string[];
}

/** `(…)` for an INSERT into `_labs.loads`. */
export function loadRow(
  result: FileResult,
  load: number,
  runId: string,
  fileId: number | undefined,
  facts: LoadFacts,
): string {
  return `(${load}, ${text(runId)}, ${fileId ?? "NULL"}, ${text(result.source)}, ${text(facts.table)}, ${text(result.file)},
    ${text(result.action)}, ${text(result.reason)}, ${text(result.outcome)}, ${facts.contractVersion ?? "NULL"}, ${text(facts.scan?.sha256)}, ${facts.bytes},
    ${result.rowsRead}, ${result.rowsLoaded}, ${result.rowsQuarantined}, ${result.rowsReplaced}, ${facts.firstRow}, ${timeSql(facts.at)}, ${result.seconds.toFixed(4)},
    ${text(result.error && JSON.stringify(result.error))}, NULL, ${text(facts.columns && JSON.stringify(facts.columns))}, 0)`;
}

/** SQL for one row of `_labs.loads`. */
export const loadSql = (...row: Parameters<typeof loadRow>): string =>
  `INSERT INTO _labs.loads VALUES ${loadRow(...row)}`;

/** SQL that marks what earlier loads of a file brought as taken out. */
export const replaceLoadsSql = (fileId: number, load: number | undefined): string =>
  `UPDATE _labs.loads SET outcome = 'replaced', replaced_by = ${load ?? "NULL"} WHERE file_id = ${fileId} AND outcome = 'loaded'`;

/** SQL for a new version of a source's contract. */
export const contractSql = (source: string, contract: Contract, reason: string, at: number): string =>
  `INSERT INTO _labs.contracts VALUES (${text(source)}, ${contract.version}, ${text(JSON.stringify(contract))}, ${timeSql(at)}, ${text(reason)})`;
