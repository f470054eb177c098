import type { Lab } from "#registry/index.ts";
import type { Catalogue } from "../types.ts";
import { isOpen } from "./questions.ts";
import type { Snapshots } from "./snapshots.ts";

/** By the file of a published version, which never changes. */
const kept = new Map<string, Catalogue>();
const most = 200;

/** What a question to a published version may name. Errors: PUB-001, PUB-002. */
export async function catalogueOf(snapshots: Snapshots, lab: Lab, signal: AbortSignal): Promise<Catalogue> {
  const { version } = snapshots.version(lab);
  const key = `${lab.paths.database} ${version}`;
  const known = kept.get(key);
  if (known) return known;
  const catalogue = await snapshots.use(lab, { signal }, async (connection) => {
    const { rows: columns } = await connection.query(
      `SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
       WHERE database_name = current_database() AND NOT internal AND schema_name <> '_labs'
       ORDER BY schema_name, table_name, column_index`,
    );
    const { rows: functions } = await connection.query(
      `SELECT DISTINCT function_name, function_type = 'table' FROM duckdb_functions()
       WHERE function_type IN ('scalar', 'aggregate', 'macro', 'table') AND regexp_matches(function_name, '^[a-z]\\w+$')
         AND NOT starts_with(function_name, 'pg_') AND NOT starts_with(function_name, 'has_') ORDER BY 1`,
    );
    const { rows: keywords } = await connection.query("SELECT keyword_name FROM duckdb_keywords() ORDER BY 1");
    const tables = new Map<string, Catalogue["tables"][number]>();
    for (const [schema = "", name = "", column = "", type = ""] of columns.map((row) => row.map(String))) {
      const at = `${schema}.${name}`;
      const table = tables.get(at) ?? { schema, name, columns: [] };
      tables.set(at, table);
      table.columns.push({ name: column, type });
    }
    // Some give tables and values.
    const open = functions.filter(([name, table]) => table !== true || isOpen(String(name)));
    const names = (rows: unknown[][]) => [...new Set(rows.map(([name]) => String(name)))];
    return { version, tables: [...tables.values()], functions: names(open), keywords: names(keywords) };
  });
  if (kept.size >= most) kept.clear();
  kept.set(key, catalogue);
  return catalogue;
}
