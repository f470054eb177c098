import { type Connection, openDatabase, qualifiedName } from "#duck/index.ts";

/** What a table holds: equal content gives an equal checksum, in whatever order its rows lie. */
export interface TableChecksum {
  /** `schema.table` */
  table: string;
  rows: number;
  /** Sum of the rows' hashes, as decimal digits. */
  checksum: string;
}

/** Reads every value of every table of an open database. */
export async function checksums(connection: Connection): Promise<TableChecksum[]> {
  const { rows } = await connection.query(
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary ORDER BY 1, 2",
  );
  const found: TableChecksum[] = [];
  for (const [schema, table] of rows) {
    const name = qualifiedName(String(schema), String(table));
    const { rows: summed } = await connection.query(
      `SELECT count(*), coalesce(sum(hash(t)), 0)::VARCHAR FROM ${name} AS t`,
    );
    found.push({
      table: `${String(schema)}.${String(table)}`,
      rows: Number(summed[0]?.[0]),
      checksum: String(summed[0]?.[1]),
    });
  }
  return found;
}

/** {@link checksums} of a database file that nobody has open; `write` folds its log into it. Errors: DUCK-001, DUCK-003. */
export async function checksumsOf(path: string, write = false): Promise<TableChecksum[]> {
  const database = await openDatabase(path, { readOnly: !write });
  try {
    const connection = await database.connect();
    if (write) await connection.run("CHECKPOINT");
    return await checksums(connection);
  } finally {
    await database.close();
  }
}
