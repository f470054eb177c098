import { type Connection, qualifiedName, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { PublishedTable } from "./types.ts";

const catalog = "labs_snapshot";

/** Schemas that hold no results: the platform's own, and the layers below gold. */
const inner =
  /^(?:raw|quarantine|_labs|_quality|information_schema|pg_catalog)$|(?:^|_)(?:bronze|silver|dbt_test__audit)$/i;
const results = /(?:^|_)gold$/i;

interface Relation {
  schema: string;
  name: string;
  comment: string | null;
}

/**
 * The tables and views that readers get: those of `schemas`, or when none are named those of the gold layer, or when there
 * is none everything that is not raw, bronze or silver. Sorted by name.
 */
export async function publishable(connection: Connection, schemas?: readonly string[]): Promise<Relation[]> {
  const { rows } = await connection.query(
    `SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary
     UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = current_database() AND NOT internal AND NOT temporary
     ORDER BY ALL`,
  );
  const all = rows
    .map(([schema, name, comment]) => ({
      schema: String(schema),
      name: String(name),
      comment: comment === null ? null : String(comment),
    }))
    .filter(({ name }) => !/__dbt_(?:tmp|backup)$/.test(name));
  if (schemas) {
    const wanted = new Set(schemas.map((s) => s.toLowerCase()));
    return all.filter(({ schema }) => wanted.has(schema.toLowerCase()));
  }
  const gold = all.filter(({ schema }) => results.test(schema));
  return gold.length > 0 ? gold : all.filter(({ schema }) => !inner.test(schema));
}

/**
 * Writes relations into a new database file, as they are at one moment: tables with their data, comments and column order;
 * views as the rows they show. The file is complete and closed when this returns.
 */
export async function writeSnapshot(
  connection: Connection,
  file: string,
  relations: readonly Relation[],
  about: { version: string; runId: string | null; publishedAt: string; score: number | null },
): Promise<PublishedTable[]> {
  const live = String((await connection.query("SELECT current_database()")).rows[0]?.[0]);
  await connection.run(`ATTACH ${quoteLiteral(file)} AS ${catalog} (BLOCK_SIZE 16384)`);
  try {
    await connection.run("BEGIN");
    const tables: PublishedTable[] = [];
    const made = new Set<string>();
    for (const { schema, name, comment } of relations) {
      if (!made.has(schema)) await connection.run(`CREATE SCHEMA IF NOT EXISTS ${qualifiedName(catalog, schema)}`);
      made.add(schema);
      const to = qualifiedName(catalog, schema, name);
      const { rows } = await connection.query(`CREATE TABLE ${to} AS FROM ${qualifiedName(live, schema, name)}`);
      if (comment !== null) await connection.run(`COMMENT ON TABLE ${to} IS ${quoteLiteral(comment)}`);
      tables.push({ schema, name, rows: Number(rows[0]?.[0] ?? 0) });
    }
    await copyColumnComments(connection, relations);
    await connection.run(`CREATE SCHEMA ${catalog}._labs`);
    const value = (text: string | null) => (text === null ? "NULL" : quoteLiteral(text));
    await connection.run(
      `CREATE TABLE ${catalog}._labs.published AS SELECT ${quoteLiteral(about.version)} AS version, ${value(about.runId)}::VARCHAR AS run_id,
       ${quoteLiteral(about.publishedAt)}::TIMESTAMP AS published_at, ${about.score ?? "NULL"}::DOUBLE AS score`,
    );
    await connection.run("COMMIT");
    await connection.run(`CHECKPOINT ${catalog}`);
    return tables;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    await connection.run(`DETACH ${catalog}`);
  }
}

async function copyColumnComments(connection: Connection, relations: readonly Relation[]): Promise<void> {
  const { rows } = await connection.query(
    "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE database_name = current_database() AND comment IS NOT NULL",
  );
  const published = new Set(relations.map(({ schema, name }) => qualifiedName(schema, name)));
  for (const [schema, table, column, comment] of rows.map((row) => row.map(String)) as string[][]) {
    if (!published.has(qualifiedName(schema ?? "", table ?? ""))) continue;
    const name = `${qualifiedName(catalog, schema ?? "", table ?? "")}.${quoteIdentifier(column ?? "")}`;
    await connection.run(`COMMENT ON COLUMN ${name} IS ${quoteLiteral(comment ?? "")}`);
  }
}
