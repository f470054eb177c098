import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { ContractColumn } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";
import { pickWinners } from "./merge.ts";
import { quarantineOf, shapeText, storeOf, type TableShape, viewOf } from "./shape.ts";

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

const ours = new Set(["_load", "_row", "_wins"]);

/**
 * Makes store and view hold the contract's columns: creates them, adds what is new, changes types that were redeclared.
 * Runs inside the load's transaction. Errors: ING-010 for a type DuckDB refuses, ING-011 when `raw.<table>` is somebody else's.
 */
export async function alignStore(connection: Connection, shape: TableShape, columns: ContractColumn[]): Promise<void> {
  const { table, lineage, mode } = shape;
  const present = await storeColumns(connection, table);
  const definition = ({ name, type }: StoreColumn) => `${quoteIdentifier(name)} ${type}`;
  try {
    if (present === undefined) {
      await requireFree(connection, table);
      const own = [
        "_load INTEGER",
        ...(lineage ? ["_row BIGINT"] : []),
        ...(mode === "merge" ? ["_wins BOOLEAN"] : []),
      ];
      await connection.run(`CREATE TABLE ${storeOf(table)} (${[...columns.map(definition), ...own].join(", ")})`);
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
    }
    await alignView(connection, shape);
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

/** Makes the view show what the source's mode means; finds winners anew when the mode or the key has changed. */
async function alignView(connection: Connection, shape: TableShape): Promise<void> {
  const { table, lineage, mode } = shape;
  const store = storeOf(table);
  if (lineage) await connection.run(`ALTER TABLE ${store} ADD COLUMN IF NOT EXISTS _row BIGINT`);
  const comment = shapeText(shape);
  if (mode === "merge" && (await viewComments(connection)).get(table) !== comment) {
    await connection.run(`ALTER TABLE ${store} ADD COLUMN IF NOT EXISTS _wins BOOLEAN`);
    await connection.run(pickWinners(shape));
  }
  await connection.run(
    `${viewSql(shape, (await storeColumns(connection, table)) ?? [])}; COMMENT ON VIEW ${viewOf(table)} IS ${quoteLiteral(comment)}`,
  );
}

async function viewComments(connection: Connection): Promise<Map<string, string>> {
  const { rows } = await connection.query(
    "SELECT view_name, comment FROM duckdb_views() WHERE database_name = current_database() AND schema_name = 'raw' AND comment LIKE 'labs %'",
  );
  return new Map(rows.map(([name, comment]) => [String(name), String(comment)]));
}

/** Brings tables up to date whose mode, key or lineage was changed in lab.yml since their last load. Errors: ING-010. */
export async function alignShapes(connection: Connection, shapes: TableShape[]): Promise<void> {
  const comments = await viewComments(connection);
  for (const shape of shapes) {
    const comment = comments.get(shape.table);
    if (comment === undefined || comment === shapeText(shape)) continue;
    const known = new Set((await storeColumns(connection, shape.table))?.map(({ name }) => name.toLowerCase()));
    // A key that the table lacks is the next load's error.
    if (shape.mode === "merge" && !shape.key.every((name) => known.has(name.toLowerCase()))) continue;
    await connection.run("BEGIN");
    try {
      await alignView(connection, shape);
      await connection.run("COMMIT");
    } catch (error) {
      await connection.run("ROLLBACK").catch(() => {});
      throw error;
    }
  }
}

async function sameType(connection: Connection, a: string, b: string): Promise<boolean> {
  if (a.toUpperCase() === b.toUpperCase()) return true;
  const { columns } = await connection.query(`SELECT NULL::${a}, NULL::${b}`);
  return columns[0]?.type === columns[1]?.type;
}

function viewSql({ table, mode, lineage }: TableShape, columns: StoreColumn[]): string {
  const names = columns.map(({ name }) => `rows.${quoteIdentifier(name)}`);
  const origin = lineage
    ? ["loads.file AS _file", "rows._row", "loads.run_id AS _load_id", "loads.loaded_at AS _loaded_at"]
    : // Deliveries of a snapshot can be told apart only by their time.
      mode === "snapshot"
      ? ["loads.loaded_at AS _loaded_at"]
      : [];
  const joined = origin.length > 0 ? " JOIN _labs.loads AS loads ON loads.load = rows._load" : "";
  return `CREATE OR REPLACE VIEW ${viewOf(table)} AS SELECT ${[...names, ...origin].join(", ")}
    FROM ${storeOf(table)} AS rows${joined}${mode === "merge" ? " WHERE rows._wins" : ""}`;
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

/** SQL of the numbers of files' loads that are in the table. */
export const loadsOfFile = (...fileIds: number[]): string =>
  `(SELECT load FROM _labs.loads WHERE file_id IN (${fileIds.join(", ")}) AND outcome = 'loaded')`;

/** Takes out the rows and quarantined rows of the loads that a subquery `(SELECT load …)` names. */
export async function deleteLoads(connection: Connection, table: string, loads: string): Promise<number> {
  const { rowsChanged } = await connection.query(`DELETE FROM ${storeOf(table)} WHERE _load IN ${loads}`);
  if (await hasQuarantine(connection, table)) {
    await connection.run(`DELETE FROM ${quarantineOf(table)} WHERE _load IN ${loads}`);
  }
  return rowsChanged;
}

/** Whether a table ever had a quarantined row. */
export async function hasQuarantine(connection: Connection, table: string): Promise<boolean> {
  const { rows } = await connection.query(
    `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'quarantine' AND table_name = ${quoteLiteral(table)}`,
  );
  return rows.length > 0;
}
