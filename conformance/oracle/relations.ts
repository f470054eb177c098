import { existsSync } from "node:fs";
import { openDatabase, quoteIdentifier, type Connection } from "../../src/duck/index.ts";

/** What a relation holds, without the order of its rows. */
export interface Fingerprint {
  type: string;
  columns: [name: string, type: string][];
  rows: number | null;
  /** `bit_xor(md5_number_lower(row::varchar))`; a view that cannot be read has its error here. */
  hash: string;
  /** The same per column, to say which one differs. */
  columnHashes: Record<string, string>;
}
export type Fingerprints = Record<string, Fingerprint>;

/** Reads every table and view of DuckDB files after a run. Relative paths in views mean the project's folder. */
export async function fingerprint(files: string[], project: string): Promise<Fingerprints> {
  const all: Fingerprints = {};
  for (const [i, file] of files.entries()) {
    if (!existsSync(file)) continue;
    const database = await openDatabase(file, { readOnly: true, config: { file_search_path: project, threads: "2" } });
    try {
      const connection = await database.connect();
      const relations = await connection.objects<{ table_schema: string; table_name: string; table_type: string }>(
        "select table_schema, table_name, table_type from information_schema.tables where table_catalog = current_database() order by all",
      );
      for (const r of relations) {
        const name = `${i === 0 ? "" : `${i}:`}${r.table_schema}.${r.table_name}`;
        all[name] = await one(connection, r.table_schema, r.table_name, r.table_type);
      }
    } finally {
      await database.close();
    }
  }
  return all;
}

async function one(connection: Connection, schema: string, table: string, type: string): Promise<Fingerprint> {
  const relation = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  try {
    const described = await connection.objects<{ column_name: string; column_type: string }>(`describe ${relation}`);
    const columns = described.map((d): [string, string] => [d.column_name, d.column_type]);
    const each = columns.map(
      ([name], i) => `bit_xor(md5_number_lower(${quoteIdentifier(name)}::varchar || '#'))::varchar as c${i}`,
    );
    const [row] = await connection.objects<Record<string, string>>(
      `select count(*)::int as rows, bit_xor(md5_number_lower(whole::varchar))::varchar as hash${each.map((e) => `, ${e}`).join("")} from ${relation} as whole`,
    );
    const hashes = columns.map(([name], i): [string, string] => [name, row?.[`c${i}`] ?? ""]);
    return {
      type,
      columns,
      rows: Number(row?.["rows"]),
      hash: row?.["hash"] ?? "0",
      columnHashes: Object.fromEntries(hashes),
    };
  } catch (error) {
    return {
      type,
      columns: [],
      rows: null,
      hash: `error: ${error instanceof Error ? error.message : String(error)}`,
      columnHashes: {},
    };
  }
}
