import type { Connection } from "#duck/index.ts";

/**
 * The file ledger lies in the lab's own database, so that a load and its entry are one transaction.
 * `_labs.files`: one row for each file name of a source. `_labs.loads`: one row for each load of a file, failed ones too.
 * `_labs.contracts`: what was agreed, newest version last. Rows themselves: `_labs.raw_<table>`, see load/store.ts.
 */
const definitions = [
  "CREATE SCHEMA IF NOT EXISTS _labs",
  "CREATE SCHEMA IF NOT EXISTS raw",
  "CREATE SCHEMA IF NOT EXISTS quarantine",
  `CREATE TABLE IF NOT EXISTS _labs.files (
    file_id INTEGER, source VARCHAR, file VARCHAR, state VARCHAR, sha256 VARCHAR, bytes BIGINT, rows BIGINT,
    complete BOOLEAN, mtime VARCHAR, ctime VARCHAR, inode VARCHAR, checked_at TIMESTAMP, first_seen TIMESTAMP,
    load INTEGER, of_file INTEGER, error VARCHAR)`,
  `CREATE TABLE IF NOT EXISTS _labs.loads (
    load INTEGER, run_id VARCHAR, file_id INTEGER, source VARCHAR, table_name VARCHAR, file VARCHAR, action VARCHAR,
    reason VARCHAR, outcome VARCHAR, contract_version INTEGER, sha256 VARCHAR, bytes BIGINT, rows_read BIGINT,
    rows_loaded BIGINT, rows_quarantined BIGINT, rows_replaced BIGINT, first_row BIGINT, loaded_at TIMESTAMP, seconds DOUBLE,
    error VARCHAR, replaced_by INTEGER, columns VARCHAR, rows_dropped BIGINT)`,
  `CREATE TABLE IF NOT EXISTS _labs.contracts (
    source VARCHAR, version INTEGER, contract VARCHAR, agreed_at TIMESTAMP, reason VARCHAR)`,
];

/** Whether the ledger's tables exist. */
export async function hasLedger(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query(
    "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '_labs' AND table_name IN ('files', 'loads', 'contracts')",
  );
  return Number(rows[0]?.[0]) === 3;
}

/** Columns that a ledger of an earlier version lacks. */
const later = ["columns VARCHAR", "rows_dropped BIGINT"];

async function bringUpToDate(connection: Connection): Promise<void> {
  const { rows } = await connection.query(
    "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = '_labs' AND table_name = 'loads'",
  );
  const present = new Set(rows.map(([name]) => String(name)));
  for (const column of later) {
    if (!present.has(column.split(" ")[0] ?? "")) await connection.run(`ALTER TABLE _labs.loads ADD COLUMN ${column}`);
  }
}

/** Makes the ledger's tables and the schemas that loads fill. All at once and up front: creating a schema later would conflict with a concurrent writer. */
export async function createLedger(connection: Connection): Promise<void> {
  if (await hasLedger(connection)) return bringUpToDate(connection);
  await connection.run(`BEGIN; ${definitions.join("; ")}; COMMIT`);
}
