import { copyFile, constants, rm } from "node:fs/promises";
import { checkpoint, type Connection, qualifiedName, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { publishErrors } from "./errors.ts";
import { type Base, isBase, keptTables, keyOf, type Relation } from "./reuse.ts";
import type { PublishedTable } from "./types.ts";

const catalog = "labs_snapshot";

/** Schemas that hold no results: the platform's own, and the layers below gold. */
const inner = /^(?:raw|quarantine|_labs|information_schema|pg_catalog)$|(?:^|_)(?:bronze|silver|dbt_test__audit)$/i;
const results = /(?:^|_)gold$/i;

/**
 * The tables and views that readers get: those of `schemas`, or when none are named those of the gold layer, or when there
 * is none everything that is not raw, bronze or silver. Sorted by name.
 */
export async function publishable(
  connection: Connection,
  schemas?: readonly string[],
): Promise<Omit<Relation, "identity">[]> {
  const { rows } = await connection.query(
    `SELECT schema_name, table_name, 'table', column_count, estimated_size FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary
     UNION ALL SELECT schema_name, view_name, 'view', column_count, 0 FROM duckdb_views() WHERE database_name = current_database() AND NOT internal AND NOT temporary
     ORDER BY ALL`,
  );
  const all = rows
    .map(([schema, name, type, columns, size]) => ({
      schema: String(schema),
      name: String(name),
      type: type as Relation["type"],
      columns: Number(columns),
      estimatedRows: Number(size),
    }))
    // Failing rows are for the people of the lab, whatever lab.yml names.
    .filter(({ schema, name }) => schema !== "_quality" && !/__dbt_(?:tmp|backup)$/.test(name));
  if (schemas) {
    const wanted = new Set(schemas.map((s) => s.toLowerCase()));
    return all.filter(({ schema }) => wanted.has(schema.toLowerCase()));
  }
  const gold = all.filter(({ schema }) => results.test(schema));
  return gold.length > 0 ? gold : all.filter(({ schema }) => !inner.test(schema));
}

export interface SnapshotAbout {
  version: string;
  runId: string | null;
  publishedAt: string;
  score: number | null;
}

export interface Written {
  tables: PublishedTable[];
  /** Bytes of the file that hold nothing. */
  freeBytes: number;
  /** Tables that were taken over from the base. */
  kept: number;
}

/** Says what a snapshot is, when that is known: undefined for one that nobody will get. */
export type DecideAbout = () => Promise<SnapshotAbout | undefined>;

/**
 * Writes relations into a new database file, as they are at one moment: tables with their data, comments and column order;
 * views as the rows they show. With a base the file begins as its copy, and only what is not kept is written. The file is
 * complete and closed when this returns. What it is, `about`, is asked when all else is written.
 */
export async function writeSnapshot(
  connection: Connection,
  file: string,
  relations: readonly Relation[],
  about: DecideAbout,
  base?: Base,
): Promise<Written> {
  const live = String((await connection.query("SELECT current_database()")).rows[0]?.[0]);
  if (base) {
    const written = await onBase(connection, live, file, relations, about, base);
    if (written) return written;
    for (const left of [file, `${file}.wal`]) await rm(left, { force: true });
  }
  const options = ` (BLOCK_SIZE ${blockSize(relations)}${await storageVersion(connection)})`;
  const tables = () => write(connection, live, relations, undefined);
  const written = await attached(connection, quoteLiteral(file), options, tables, about);
  return written ?? { tables: [], freeBytes: 0, kept: 0 };
}

/** The live file's, where it has one: tables of newer types (VARIANT) fit no older format. */
async function storageVersion(connection: Connection): Promise<string> {
  const { rows } = await connection.query(
    "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = current_database()",
  );
  const version = /^v[\d.]+/.exec(String(rows[0]?.[0]))?.[0];
  return version === undefined ? "" : `, STORAGE_VERSION ${quoteLiteral(version)}`;
}

/** Undefined when the base's file is not what it was: then everything is written. */
async function onBase(
  connection: Connection,
  live: string,
  file: string,
  relations: readonly Relation[],
  about: DecideAbout,
  base: Base,
): Promise<Written | undefined> {
  try {
    // Where the file system can, both files share their blocks until one changes.
    await copyFile(base.file, file, constants.COPYFILE_FICLONE);
    const tables = async () =>
      (await isBase(connection, live, catalog, base)) ? write(connection, live, relations, base) : undefined;
    return await attached(connection, quoteLiteral(file), "", tables, about);
  } catch (error) {
    if ((error as { code?: string }).code === "DUCK-004") throw error;
    // What else stands in the way meets the whole snapshot, too, and is told then.
    return undefined;
  }
}

/** A small block wastes little in a lab of many small tables; in a large one it costs compression. */
const blockSize = (relations: readonly Relation[]): number =>
  relations.reduce((sum, r) => sum + r.estimatedRows * r.columns, 0) > 5_000_000 ? 262_144 : 16_384;

/** Does something with an attached file in one transaction; undefined when it turned out not to be usable. */
async function attached(
  connection: Connection,
  file: string,
  options: string,
  action: () => Promise<Omit<Written, "freeBytes"> | undefined>,
  about: DecideAbout,
): Promise<Written | undefined> {
  await connection.run(`ATTACH ${file} AS ${catalog}${options}`);
  try {
    await connection.run("BEGIN");
    const done = await action();
    await connection.run("COMMIT");
    if (!done) return undefined;
    await checkpoint(connection, catalog);
    // A new file has none. The question waits for checkpoints of all databases, so it comes before the decision.
    const freeBytes = done.kept > 0 ? await freeBytesNow(connection) : 0;
    const decided = await about();
    if (decided) await nameIt(connection, decided);
    return { ...done, freeBytes };
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    await connection.run(`DETACH ${catalog}`);
  }
}

async function freeBytesNow(connection: Connection): Promise<number> {
  const { rows } = await connection.query(
    `SELECT free_blocks * block_size FROM pragma_database_size() WHERE database_name = ${quoteLiteral(catalog)}`,
  );
  return Number(rows[0]?.[0] ?? 0);
}

async function write(
  connection: Connection,
  live: string,
  relations: readonly Relation[],
  base: Base | undefined,
): Promise<Omit<Written, "freeBytes">> {
  if (base) await dropOthers(connection, base);
  const known = base && keptTables(base);
  const tables: PublishedTable[] = [];
  for (const schema of new Set(relations.map((r) => r.schema)))
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${qualifiedName(catalog, schema)}`);
  for (const relation of relations) {
    const { schema, name, identity } = relation;
    const kept = base?.kept.has(relation) ? known?.get(keyOf(relation)) : undefined;
    if (kept) {
      tables.push(kept);
      continue;
    }
    tables.push({ schema, name, rows: await copyRows(connection, live, relation), identity });
  }
  await copyComments(connection, live, relations);
  return { tables, kept: base?.kept.size ?? 0 };
}

/** Copies a table's or view's rows; how many. Errors: PUB-007 that names it. */
async function copyRows(connection: Connection, live: string, { schema, name, type }: Relation): Promise<number> {
  try {
    const { rows } = await connection.query(
      `CREATE TABLE ${qualifiedName(catalog, schema, name)} AS FROM ${qualifiedName(live, schema, name)}`,
    );
    return Number(rows[0]?.[0] ?? 0);
  } catch (error) {
    if (!isLabsError(error) || error.code !== "DUCK-003") throw error;
    throw publishErrors.unreadable({
      message: `The ${type} ${schema}.${name} cannot be published: ${error.message}`,
      hint: `Mend it, drop it when no model makes it any more, or name in lab.yml under publish: schemas: those that readers get.`,
      cause: error,
    });
  }
}

/** Writes what a snapshot is into it, so that a reader can tell. */
async function nameIt(connection: Connection, about: SnapshotAbout): Promise<void> {
  const value = (text: string | null) => (text === null ? "NULL" : quoteLiteral(text));
  await connection.run(
    `BEGIN;
     CREATE SCHEMA IF NOT EXISTS ${catalog}._labs;
     CREATE OR REPLACE TABLE ${catalog}._labs.published AS SELECT ${quoteLiteral(about.version)} AS version, ${value(about.runId)}::VARCHAR AS run_id,
     ${quoteLiteral(about.publishedAt)}::TIMESTAMP AS published_at, ${about.score ?? "NULL"}::DOUBLE AS score;
     COMMIT`,
  );
  await checkpoint(connection, catalog);
}

/** Takes everything out of the base's copy that is not kept, and schemas that are empty then. */
async function dropOthers(connection: Connection, base: Base): Promise<void> {
  const kept = new Set([...base.kept].map(keyOf));
  const { rows } = await connection.query(
    `SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ${quoteLiteral(catalog)} AND schema_name <> '_labs'`,
  );
  const used = new Set([...base.kept].map(({ schema }) => schema));
  for (const [schema, name] of rows.map((row) => row.map(String)))
    if (schema !== undefined && name !== undefined && !kept.has(keyOf({ schema, name })))
      await connection.run(`DROP TABLE ${qualifiedName(catalog, schema, name)}`);
  for (const schema of new Set(rows.map(([schema]) => String(schema))))
    if (!used.has(schema) && schema !== "main") await connection.run(`DROP SCHEMA ${qualifiedName(catalog, schema)}`);
}

/** Gives tables and columns the comments of the live ones, and takes away those that these lost. */
async function copyComments(connection: Connection, live: string, relations: readonly Relation[]): Promise<void> {
  const { rows } = await connection.query(
    `SELECT schema_name, table_name, column_name, max(comment) FILTER (database_name = ${quoteLiteral(live)}), max(comment) FILTER (database_name = ${quoteLiteral(catalog)})
     FROM (SELECT database_name, schema_name, table_name, column_name, comment FROM duckdb_columns()
       UNION ALL SELECT database_name, schema_name, table_name, NULL, comment FROM duckdb_tables()
       UNION ALL SELECT database_name, schema_name, view_name, NULL, comment FROM duckdb_views())
     WHERE database_name IN (${quoteLiteral(live)}, ${quoteLiteral(catalog)}) AND comment IS NOT NULL GROUP BY ALL`,
  );
  const published = new Set(relations.map(keyOf));
  for (const [schema, name, column, wanted, present] of rows) {
    const relation = { schema: String(schema), name: String(name) };
    if (wanted === present || !published.has(keyOf(relation))) continue;
    const table = qualifiedName(catalog, relation.schema, relation.name);
    const what = column === null ? `TABLE ${table}` : `COLUMN ${table}.${quoteIdentifier(String(column))}`;
    await connection.run(`COMMENT ON ${what} IS ${wanted === null ? "NULL" : quoteLiteral(String(wanted))}`);
  }
}
