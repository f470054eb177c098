import { type Connection, quoteLiteral } from "#duck/index.ts";
import { hasLedger } from "../ledger/tables.ts";
import { quarantineOf } from "../load/shape.ts";

/** Which quarantined rows are meant; nothing given means all of them. */
export interface QuarantineFilter {
  /** Tables of the schema `raw`. */
  tables?: string[];
  /** Name of a file as the ledger has it. */
  file?: string;
  /** Number of a load. */
  load?: number;
  /** Numbers of records in their files. */
  records?: number[];
}

/** One quarantined row. */
export interface QuarantinedRow {
  /** Without its schema. */
  table: string;
  file: string;
  record: number;
  load: number;
  column: string | null;
  reason: string;
  /** The row as it came. */
  row: string;
  /** ISO 8601. */
  at: string;
}

/** Quarantined rows of one table with one kind of reason. */
export interface QuarantineGroup {
  table: string;
  /** The reason, with `…` for the values in it. */
  reason: string;
  rows: number;
  files: number;
  /** ISO 8601, of the newest. */
  at: string;
}

/** Tables that have quarantined rows, without their schema. */
export async function quarantineTables(connection: Connection, wanted?: string[]): Promise<string[]> {
  if (!(await hasLedger(connection))) return [];
  const { rows } = await connection.query(
    "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'quarantine' ORDER BY table_name",
  );
  return rows.map(([name]) => String(name)).filter((name) => wanted?.includes(name) ?? true);
}

/** Loads of the file that has this name now; its rows may have come under another one. */
const loadsNamed = (file: string): string =>
  `(SELECT load FROM _labs.loads WHERE file_id IN (SELECT file_id FROM _labs.files WHERE file = ${quoteLiteral(file)}))`;

/** SQL condition of a filter over a table of the schema `quarantine`. */
export function filterSql({ file, load, records }: QuarantineFilter): string {
  return (
    [
      ...(file === undefined ? [] : [`(file = ${quoteLiteral(file)} OR _load IN ${loadsNamed(file)})`]),
      ...(load === undefined ? [] : [`_load = ${Math.trunc(load)}`]),
      ...(records === undefined ? [] : [`record IN (${records.map(Math.trunc).join(", ") || "NULL"})`]),
    ].join(" AND ") || "true"
  );
}

const time = (column: string) => `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%gZ')`;

/** What lies in quarantine, by table and kind of reason, most rows first. */
export async function quarantineSummary(
  connection: Connection,
  filter: QuarantineFilter = {},
): Promise<QuarantineGroup[]> {
  const groups: QuarantineGroup[] = [];
  for (const table of await quarantineTables(connection, filter.tables)) {
    const { rows } = await connection.query(
      `SELECT regexp_replace(reason, '"(\\\\.|[^"\\\\])*"', '…', 'g') AS kind, count(*), count(DISTINCT file), ${time("max(quarantined_at)")}
       FROM ${quarantineOf(table)} WHERE ${filterSql(filter)} GROUP BY kind ORDER BY 2 DESC, 1`,
    );
    for (const [reason, count, files, at] of rows) {
      groups.push({ table, reason: String(reason), rows: Number(count), files: Number(files), at: String(at) });
    }
  }
  return groups;
}

/** Quarantined rows, in the order of their loads. */
export async function quarantinedRows(
  connection: Connection,
  filter: QuarantineFilter = {},
  limit = Number.MAX_SAFE_INTEGER,
): Promise<QuarantinedRow[]> {
  const found: QuarantinedRow[] = [];
  for (const table of await quarantineTables(connection, filter.tables)) {
    if (found.length >= limit) break;
    const { rows } = await connection.query(
      `SELECT file, record, _load, column_name, reason, row_text, ${time("quarantined_at")} FROM ${quarantineOf(table)}
       WHERE ${filterSql(filter)} ORDER BY _load, record LIMIT ${limit - found.length}`,
    );
    for (const [file, record, load, column, reason, row, at] of rows) {
      found.push({
        table,
        file: String(file),
        record: Number(record),
        load: Number(load),
        column: column === null || column === undefined ? null : String(column),
        reason: String(reason),
        row: String(row ?? ""),
        at: String(at),
      });
    }
  }
  return found;
}
