import { quoteLiteral } from "#duck/index.ts";
import type { AdapterSession } from "../adapter/index.ts";
import type { CatalogRow } from "../7-artifacts/index.ts";
import type { Manifest } from "../manifest/types.ts";

/** Columns of every table and view in the schemas of a project, with comments. Source of the shape: dbt-duckdb macros/catalog.sql. */
export async function catalogRows(session: AdapterSession, manifest: Manifest): Promise<CatalogRow[]> {
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
