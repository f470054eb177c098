import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { openDatabase, qualifiedName, quoteIdentifier, type Connection } from "../../src/duck/index.ts";
import type { Manifest, NodeLineage, ProjectLineage } from "../../src/engine/index.ts";

/** What was found by changing values. */
export interface Mutations {
  models: number;
  /** Columns that were changed, each in two ways. */
  changes: number;
  /** Changes that could not be made or asked about: a cast that fails, say. */
  skipped: number;
  /** Columns whose values followed one that is not in their lineage. */
  wrong: string[];
}

/**
 * Changes every column of what a model reads that is not in the lineage of all its columns, and looks whether those that
 * do not have it in theirs stay as they are. Works on a copy of the database in which views are tables.
 */
export async function mutate(
  lineage: ProjectLineage,
  manifest: Manifest,
  at: { database: string; project: string; folder: string },
): Promise<Mutations> {
  mkdirSync(at.folder, { recursive: true });
  // The file's name is the catalog's name, which the compiled SQL has.
  const copy = join(at.folder, basename(at.database));
  copyFileSync(at.database, copy);
  const database = await openDatabase(copy, { config: { file_search_path: at.project, threads: "1" } });
  const connection = await database.connect();
  const found: Mutations = { models: 0, changes: 0, skipped: 0, wrong: [] };
  try {
    await makeTables(connection);
    for (const node of Object.values(lineage.nodes)) {
      const sql = manifest.nodes[node.unique_id]?.compiled_code;
      if (node.status !== "resolved" || node.resource_type !== "model" || !sql) continue;
      await mutateModel(connection, node, sql, manifest, found);
    }
  } finally {
    await database.close();
  }
  return found;
}

/** Values of views cannot be changed. One that does not work any more stays. */
async function makeTables(connection: Connection): Promise<void> {
  const views = await connection.query("select schema_name, view_name from duckdb_views() where not internal");
  const made: [string, string][] = [];
  for (const [schema, name] of views.rows.map((row) => row.map(String)) as [string, string][]) {
    const sql = `create table ${qualifiedName(schema, `made ${name}`)} as from ${qualifiedName(schema, name)}`;
    if (await works(connection, sql)) made.push([schema, name]);
  }
  for (const [schema, name] of made) {
    await connection.run(`drop view ${qualifiedName(schema, name)}`);
    await connection.run(`alter table ${qualifiedName(schema, `made ${name}`)} rename to ${quoteIdentifier(name)}`);
  }
}

async function works(connection: Connection, sql: string): Promise<boolean> {
  return connection.run(sql).then(
    () => true,
    () => false,
  );
}

const keyOf = (node: string, column: string): string => `${node}\n${column.toLowerCase()}`;

async function mutateModel(
  connection: Connection,
  node: NodeLineage,
  sql: string,
  manifest: Manifest,
  found: Mutations,
): Promise<void> {
  const once = await valuesOf(connection, sql);
  const twice = await valuesOf(connection, sql);
  if (once?.length !== node.columns.length || !twice) {
    found.skipped++;
    return;
  }
  found.models++;
  const rows = new Set(node.filters.map((origin) => keyOf(origin.node, origin.column)));
  const columns = node.columns.map(
    ({ upstream }) => new Set(upstream.map((origin) => keyOf(origin.node, origin.column))),
  );
  for (const parent of manifest.nodes[node.unique_id]?.depends_on.nodes ?? []) {
    const relation = (manifest.nodes[parent] ?? manifest.sources[parent])?.relation_name;
    if (!relation) continue;
    for (const name of (await valuesOf(connection, `select column_name from (describe ${relation})`))?.[0] ?? []) {
      const key = keyOf(parent, name);
      if (rows.has(key) || columns.every((origins) => origins.has(key))) continue;
      found.changes++;
      for (const value of ["null", `(select max(${quoteIdentifier(name)}) from ${relation})`]) {
        const after = await changed(connection, `update ${relation} set ${quoteIdentifier(name)} = ${value}`, sql);
        if (!after) found.skipped++;
        // What differs from one run to the next by itself says nothing.
        for (const [i, origins] of columns.entries())
          if (
            after &&
            !origins.has(key) &&
            once[i]?.join() === twice[i]?.join() &&
            after[i]?.join() !== once[i]?.join()
          )
            found.wrong.push(`${node.name}.${node.columns[i]?.name} changed with ${parent}.${name}`);
      }
    }
  }
}

async function changed(connection: Connection, update: string, sql: string): Promise<string[][] | undefined> {
  await connection.run("begin");
  try {
    return (await works(connection, update)) ? await valuesOf(connection, sql) : undefined;
  } finally {
    await connection.run("rollback");
  }
}

/** The values of each column, sorted; undefined when the query fails. */
async function valuesOf(connection: Connection, sql: string): Promise<string[][] | undefined> {
  try {
    const { columns, rows } = await connection.query(sql);
    return columns.map((_, i) => rows.map((row) => String(row[i])).sort());
  } catch {
    return undefined;
  }
}
