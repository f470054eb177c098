import { type Connection, qualifiedName, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { ContractColumn } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";

/**
 * Rows lie in `_labs.raw_<table>` with the number of the load that brought them (`_load`), so that a file's rows can be
 * replaced. What everybody reads is the view `raw.<table>`: exactly the file's columns, plus lineage where it is asked for.
 */
export const storeOf = (table: string): string => qualifiedName("_labs", `raw_${table}`);
export const viewOf = (table: string): string => qualifiedName("raw", table);
export const quarantineOf = (table: string): string => qualifiedName("quarantine", table);

export interface StoreColumn {
  name: string;
  type: string;
}

/** The store's columns without our own, or undefined when there is no store yet. */
export async function storeColumns(connection: Connection, table: string): Promise<StoreColumn[] | undefined> {
  const { rows } = await connection.query(
    `SELECT column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = '_labs' AND table_name = ${quoteLiteral(`raw_${table}`)} ORDER BY column_index`,
  );
  if (rows.length === 0) return undefined;
  return rows.map(([name, type]) => ({ name: String(name), type: String(type) })).filter(({ name }) => !ours.has(name));
}

const ours = new Set(["_load", "_row"]);

/**
 * Makes store and view hold the contract's columns: creates them, adds what is new, changes types that were redeclared.
 * Runs inside the load's transaction. Errors: ING-010 for a type DuckDB refuses, ING-011 when `raw.<table>` is somebody else's.
 */
export async function alignStore(
  connection: Connection,
  table: string,
  columns: ContractColumn[],
  lineage: boolean,
): Promise<void> {
  const present = await storeColumns(connection, table);
  const definition = ({ name, type }: StoreColumn) => `${quoteIdentifier(name)} ${type}`;
  try {
    if (present === undefined) {
      await requireFree(connection, table);
      const all = [...columns.map(definition), "_load INTEGER", ...(lineage ? ["_row BIGINT"] : [])];
      await connection.run(`CREATE TABLE ${storeOf(table)} (${all.join(", ")})`);
    } else {
      const known = new Map(present.map((column) => [column.name.toLowerCase(), column]));
      for (const column of columns) {
        const old = known.get(column.name.toLowerCase());
        if (!old) await connection.run(`ALTER TABLE ${storeOf(table)} ADD COLUMN ${definition(column)}`);
        else if (!(await sameType(connection, old.type, column.type))) {
          await connection.run(
            `ALTER TABLE ${storeOf(table)} ALTER COLUMN ${quoteIdentifier(old.name)} SET DATA TYPE ${column.type}`,
          );
        }
      }
      if (lineage) await connection.run(`ALTER TABLE ${storeOf(table)} ADD COLUMN IF NOT EXISTS _row BIGINT`);
    }
    await connection.run(viewSql(table, (await storeColumns(connection, table)) ?? [], lineage));
  } catch (error) {
    if (error instanceof Error && /^(Parser|Catalog|Binder|Conversion) Error/.test(error.message)) {
      throw ingestErrors.badContract({
        message: `The columns of raw.${table} cannot be made: ${error.message.split("\n")[0]}`,
        hint: "Correct the types under `columns` in lab.yml; after changing a type that existing rows do not fit, load with `--full-refresh`.",
        cause: error,
      });
    }
    throw error;
  }
}

async function sameType(connection: Connection, a: string, b: string): Promise<boolean> {
  if (a.toUpperCase() === b.toUpperCase()) return true;
  const { columns } = await connection.query(`SELECT NULL::${a}, NULL::${b}`);
  return columns[0]?.type === columns[1]?.type;
}

function viewSql(table: string, columns: StoreColumn[], lineage: boolean): string {
  const names = columns.map(({ name }) => `rows.${quoteIdentifier(name)}`);
  const store = storeOf(table);
  if (!lineage) return `CREATE OR REPLACE VIEW ${viewOf(table)} AS SELECT ${names.join(", ")} FROM ${store} AS rows`;
  return `CREATE OR REPLACE VIEW ${viewOf(table)} AS SELECT ${names.join(", ")}, loads.file AS _file, rows._row,
    loads.run_id AS _load_id, loads.loaded_at AS _loaded_at FROM ${store} AS rows JOIN _labs.loads AS loads ON loads.load = rows._load`;
}

async function requireFree(connection: Connection, table: string): Promise<void> {
  const { rows } = await connection.query(
    `SELECT table_type FROM information_schema.tables
     WHERE table_catalog = current_database() AND table_schema = 'raw' AND table_name = ${quoteLiteral(table)}`,
  );
  if (rows.length === 0) return;
  throw ingestErrors.tableTaken({
    message: `raw.${table} exists already and was not made by ingestion.`,
    hint: `Rename or drop it, or give the source another \`table\` in lab.yml.`,
    data: { table: `raw.${table}` },
  });
}

/** Drops store, view and quarantine of a table, for `--full-refresh`; inside the transaction of the first load. */
export async function dropStore(connection: Connection, table: string): Promise<void> {
  if ((await storeColumns(connection, table)) === undefined) return;
  await connection.run(
    `DROP VIEW IF EXISTS ${viewOf(table)}; DROP TABLE ${storeOf(table)}; DROP TABLE IF EXISTS ${quarantineOf(table)}`,
  );
}

/** The quarantine of a table, made when its first row arrives. */
export async function createQuarantine(connection: Connection, table: string): Promise<void> {
  await connection.run(
    `CREATE TABLE IF NOT EXISTS ${quarantineOf(table)} (
      file VARCHAR, record BIGINT, column_name VARCHAR, reason VARCHAR, row_text VARCHAR,
      load_id VARCHAR, quarantined_at TIMESTAMP, _load INTEGER)`,
  );
}

/** Takes out what earlier loads of a file brought, rows and quarantined rows. Returns how many rows left the table. */
export async function deleteFileRows(connection: Connection, table: string, fileId: number): Promise<number> {
  const loads = `(SELECT load FROM _labs.loads WHERE file_id = ${fileId} AND outcome = 'loaded')`;
  const { rowsChanged } = await connection.query(`DELETE FROM ${storeOf(table)} WHERE _load IN ${loads}`);
  const { rows } = await connection.query(
    `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'quarantine' AND table_name = ${quoteLiteral(table)}`,
  );
  if (rows.length > 0) await connection.run(`DELETE FROM ${quarantineOf(table)} WHERE _load IN ${loads}`);
  return rowsChanged;
}
