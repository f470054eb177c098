import { isLabsError } from "#errors/index.ts";
import { quoteLiteral } from "#duck/index.ts";
import { toPlain } from "#jinja/index.ts";
import { AgateTable, type AdapterSession, type Relation } from "../adapter/index.ts";
import type { CatalogRow } from "../7-artifacts/index.ts";
import { isRelational } from "../2-parse/index.ts";
import { callMacro } from "../context/adapter-object.ts";
import type { Execution } from "../context/execution.ts";
import { relationFromNode } from "../context/relations.ts";
import { runScope } from "../context/run-members.ts";
import { warn } from "../context/runtime.ts";
import type { Manifest } from "../manifest/types.ts";
import { operationNode } from "./operation-node.ts";
import { errorText } from "./outcome.ts";
import { overridden } from "./prepare-database.ts";

const macros = ["get_catalog_relations", "duckdb__get_catalog_relations", "default__get_catalog_relations"];

/**
 * The rows of the catalog, from one query; or, where the project has a macro of its own for it, from that.
 * What such a macro raises is a warning, and listed in the catalog. Source: dbt-adapters base/impl.py get_catalog_by_relations.
 */
export async function catalogRows(
  execution: Execution,
  session: AdapterSession,
): Promise<{ rows: CatalogRow[]; errors: string[] }> {
  const { runtime } = execution;
  if (!overridden(execution, ...macros)) return { rows: await queriedRows(session, runtime.manifest), errors: [] };
  const node = operationNode(runtime, "catalog");
  const { scope } = runScope({ ...execution, node, session, threadId: "MainThread" });
  const rows: CatalogRow[] = [];
  const errors: string[] = [];
  for (const relations of relationsByDatabase(execution)) {
    const [first] = relations;
    if (!first) continue;
    try {
      const table = await callMacro(runtime, scope, runtime.macros.root, "get_catalog_relations", {
        information_schema: first.informationSchema(),
        relations,
      });
      if (table instanceof AgateTable) for (const row of rowsOf(table)) rows.push(row);
    } catch (error) {
      if (!isLabsError(error)) throw error;
      const text = errorText(error, node);
      errors.push(text);
      warn(runtime, `Encountered an error while generating catalog: ${text}`, {
        name: "CatalogGenerationError",
        code: "E040",
      });
    }
  }
  return { rows, errors };
}

function relationsByDatabase({ runtime }: Execution): Relation[][] {
  const found = new Map<string, Relation[]>();
  const nodes = Object.values(runtime.manifest.nodes).filter((node) => isRelational(node));
  for (const node of [...nodes, ...Object.values(runtime.manifest.sources)]) {
    const relation = relationFromNode(node, node.resource_type === "source" ? {} : runtime.read.root.quoting);
    const key = (relation.database ?? "").toLowerCase();
    found.set(key, [...(found.get(key) ?? []), relation]);
  }
  return [...found.values()];
}

const rowsOf = (table: AgateTable): CatalogRow[] =>
  table
    .allRows()
    .map((row) => Object.fromEntries(row.map((value, i) => [table.columnNames[i], toPlain(value)])) as never);

/** Columns of every table and view in the schemas of a project, with comments. Source of the shape: dbt-duckdb macros/catalog.sql. */
async function queriedRows(session: AdapterSession, manifest: Manifest): Promise<CatalogRow[]> {
  const schemas = new Set<string>();
  for (const node of [...Object.values(manifest.nodes), ...Object.values(manifest.sources)])
    schemas.add(node.schema.toLowerCase());
  if (schemas.size === 0) return [];
  const list = [...schemas].map(quoteLiteral).join(", ");
  const { rows } = await session.select(`
    with relations as (
      select database_name, schema_name, table_name as name, 'BASE TABLE' as type, comment from duckdb_tables() where not internal
      union all
      select database_name, schema_name, view_name, 'VIEW', comment from duckdb_views() where not internal
    )
    select r.database_name, r.schema_name, r.name, r.type, r.comment, c.column_name, c.column_index, c.data_type, c.comment
    from relations r
    join duckdb_columns() c on c.database_name = r.database_name and c.schema_name = r.schema_name and c.table_name = r.name
    where lower(r.schema_name) in (${list})
    order by 1, 2, 3, c.column_index`);
  const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
  return rows.map(([database, schema, name, type, comment, column, index, dataType, columnComment]) => ({
    table_database: text(database),
    table_schema: String(schema),
    table_name: String(name),
    table_type: String(type),
    table_comment: text(comment),
    table_owner: null,
    column_name: String(column),
    column_index: Number(index),
    column_type: String(dataType),
    column_comment: text(columnComment),
  }));
}
