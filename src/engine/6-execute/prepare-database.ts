import { quoteLiteral } from "#duck/index.ts";
import { callMacro } from "../context/adapter-object.ts";
import type { Execution } from "../context/execution.ts";
import { internalPackages } from "../context/macro-table.ts";
import { deferRelation, relationFromNode } from "../context/relations.ts";
import { runScope } from "../context/run-members.ts";
import { Relation, type AdapterSession } from "../adapter/index.ts";
import { isRelational } from "../2-parse/index.ts";
import type { GraphNode } from "../manifest/types.ts";
import { operationNode } from "./operation-node.ts";

/** Whether a macro of the built-in packages is replaced by the project or a package of it. */
export function overridden(execution: Execution, ...names: string[]): boolean {
  const { macros } = execution.runtime;
  return names.some((name) => {
    const found = macros.lookup(name, macros.root);
    return found !== undefined && !internalPackages.includes(found.node.package_name);
  });
}

/** Schemas of nodes, each once, as relations without identifier. */
function schemasOf(execution: Execution, nodes: Iterable<GraphNode>): Relation[] {
  const found = new Map<string, Relation>();
  for (const node of nodes) {
    if (!isRelational(node) && !(node.resource_type === "test" && execution.runtime.flags.storeFailures === true))
      continue;
    const key = `${node.database}.${node.schema}`.toLowerCase();
    if (!found.has(key))
      found.set(key, relationFromNode(node, execution.runtime.read.root.quoting).withoutIdentifier());
  }
  return [...found.values()];
}

/** The schemas that clones are made from. */
function originsOf(execution: Execution): Relation[] {
  return Object.values(execution.runtime.manifest.nodes)
    .flatMap((node) => deferRelation(node, execution.runtime.read.root.quoting) ?? [])
    .map((r) => r.withoutIdentifier());
}

/**
 * Creates the schemas that selected nodes need and tells the cache what exists.
 * One query answers both unless the project replaces dbt's macros for it, which are then called as dbt calls them.
 * Source: dbt-core task/run.py before_run, task/runnable.py create_schemas.
 */
export async function prepareDatabase(
  execution: Execution,
  session: AdapterSession,
  selected: Iterable<GraphNode>,
): Promise<void> {
  const { runtime } = execution;
  const node = operationNode(runtime, "prepare");
  const { scope } = runScope({ ...execution, node, session, threadId: "MainThread" });
  const needed = schemasOf(execution, selected);
  const own = runtime.flags.cacheSelectedOnly ? needed : schemasOf(execution, Object.values(runtime.manifest.nodes));
  const all = runtime.flags.command === "clone" ? [...own, ...originsOf(execution)] : own;
  const { cache } = execution.adapter;

  const existing = await existingSchemas(session);
  const createsSpecially = overridden(execution, "create_schema", "duckdb__create_schema", "default__create_schema");
  for (const schema of needed) {
    if (!createsSpecially && existing.has(key(schema.database, schema.schema))) continue;
    await callMacro(runtime, scope, runtime.macros.root, "create_schema", { relation: schema });
    await session.commitIfOpen();
  }
  if (!runtime.flags.populateCache) return;
  if (overridden(execution, "list_relations_without_caching", "duckdb__list_relations_without_caching")) {
    for (const schema of all) {
      const relations = await callMacro(runtime, scope, runtime.macros.root, "list_relations_without_caching", {
        schema_relation: schema,
      });
      void relations;
    }
  }
  await fillCache(session, cache, all);
  await session.rollbackIfOpen();
}

const key = (database: string | null, schema: string | null): string =>
  `${database ?? ""}.${schema ?? ""}`.toLowerCase();

async function existingSchemas(session: AdapterSession): Promise<Set<string>> {
  const { rows } = await session.select("select database_name, schema_name from duckdb_schemas()");
  return new Set(rows.map(([database, schema]) => key(String(database), String(schema))));
}

/** What `information_schema.tables` says, which takes DuckDB five times as long. */
async function fillCache(
  session: AdapterSession,
  cache: Execution["adapter"]["cache"],
  schemas: Relation[],
): Promise<void> {
  if (schemas.length === 0) return;
  const names = [...new Set(schemas.map((s) => quoteLiteral((s.schema ?? "").toLowerCase())))];
  const { rows } = await session.select(
    `select database_name, schema_name, table_name, 'table' from duckdb_tables() where lower(schema_name) in (${names.join(", ")})
     union all select database_name, schema_name, view_name, 'view' from duckdb_views() where lower(schema_name) in (${names.join(", ")})`,
  );
  const wanted = new Set(schemas.map((s) => key(s.database, s.schema)));
  for (const [database, schema, identifier, type] of rows.map((row) => row.map(String))) {
    if (!wanted.has(key(database ?? "", schema ?? ""))) continue;
    cache.add(Relation.create({ database, schema, identifier, type: type === "view" ? "view" : "table" }));
  }
  cache.addSchemas(schemas.map((s) => ({ database: s.database, schema: s.schema })));
}
