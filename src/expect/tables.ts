import { type Connection, qualifiedName } from "#duck/index.ts";
import type { ExpectedTable } from "./types.ts";

/** The tables and views of the current database by `schema.table` in lower case: one look into the catalog. */
export async function readTables(connection: Connection): Promise<Map<string, ExpectedTable>> {
  const { rows } = await connection.query(`
    SELECT schema_name, table_name, list([column_name, data_type] ORDER BY column_index)::JSON::VARCHAR
    FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal GROUP BY ALL`);
  return new Map(
    rows.map(([schema, name, columns]) => {
      const label = `${String(schema)}.${String(name)}`;
      const table: ExpectedTable = {
        label,
        sql: qualifiedName(String(schema), String(name)),
        columns: (JSON.parse(String(columns)) as [string, string][]).map(([column, type]) => ({ name: column, type })),
      };
      return [label.toLowerCase(), table];
    }),
  );
}
