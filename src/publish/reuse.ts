import { type Connection, duckdbVersion, qualifiedName, quoteLiteral } from "#duck/index.ts";
import type { KeptVersion, PublishedTable } from "./types.ts";

/** A relation of the live database that is to be published. */
export interface Relation {
  schema: string;
  name: string;
  type: "table" | "view";
  columns: number;
  /** DuckDB's own count for tables; 0 for views. */
  estimatedRows: number;
  /** The same as long as its rows are: see `PublishOptions.identity`. Null when nobody knows. */
  identity: string | null;
}

/** An older version whose file is the beginning of the next one. */
export interface Base {
  /** Its own file, which nobody writes to. */
  file: string;
  version: KeptVersion;
  /** Relations whose tables are taken over as they are. */
  kept: ReadonlySet<Relation>;
}

/** A new version may consist of free space up to this share; beyond, all is written anew. */
const mostFree = 0.4;
/** Copying what is replaced at once saves nothing. */
const leastKept = 0.5;

/**
 * What of the version that readers have can be taken over: tables (views are asked each time) that the journal proves to be
 * those of that version. Undefined when too little can, when the file has become too loose, or another DuckDB wrote it.
 */
export function baseOf(
  now: { version: KeptVersion; file: string } | undefined,
  relations: readonly Relation[],
): Base | undefined {
  if (!now || now.version.duckdb !== duckdbVersion()) return undefined;
  const { bytes, freeBytes = 0, tables } = now.version;
  if (freeBytes > bytes * mostFree) return undefined;
  const known = new Map(tables.map((table) => [keyOf(table), table]));
  const kept = relations.filter(
    (r) => r.type === "table" && r.identity !== null && known.get(keyOf(r))?.identity === r.identity,
  );
  const weight = (some: readonly Relation[]) => some.reduce((sum, r) => sum + r.estimatedRows * r.columns + 1, 0);
  if (weight(kept) < leastKept * weight(relations)) return undefined;
  return { file: now.file, version: now.version, kept: new Set(kept) };
}

export const keyOf = ({ schema, name }: { schema: unknown; name: unknown }): string => JSON.stringify([schema, name]);

/**
 * Whether an attached copy of the base is what it should be: it names itself by the base's version, and each table that is
 * kept has the columns and the rows of the live one. The journal has proved it; this costs nothing beside the copy.
 */
export async function isBase(connection: Connection, live: string, catalog: string, base: Base): Promise<boolean> {
  const { rows } = await connection.query(`SELECT version FROM ${catalog}._labs.published`);
  if (rows.length !== 1 || rows[0]?.[0] !== base.version.version) return false;
  const known = keptTables(base);
  const columns = await connection.query(
    `SELECT database_name, schema_name, table_name, list([column_name, data_type] ORDER BY column_index)::VARCHAR
     FROM duckdb_columns() WHERE database_name IN (${quoteLiteral(live)}, ${quoteLiteral(catalog)}) GROUP BY ALL`,
  );
  const shape = new Map(
    columns.rows.map(([database, schema, name, list]) => [`${database}${keyOf({ schema, name })}`, list]),
  );
  const kept = [...base.kept];
  const counts = kept.map(
    ({ schema, name }, i) =>
      `SELECT ${i} AS i, (SELECT count(*) FROM ${qualifiedName(live, schema, name)}), (SELECT count(*) FROM ${qualifiedName(catalog, schema, name)})`,
  );
  const same = ({ schema, name }: Relation) =>
    shape.get(`${live}${keyOf({ schema, name })}`) === shape.get(`${catalog}${keyOf({ schema, name })}`);
  if (!kept.every(same)) return false;
  const found = kept.length === 0 ? [] : (await connection.query(`${counts.join(" UNION ALL ")} ORDER BY i`)).rows;
  return kept.every((relation, i) => {
    const rows = known.get(keyOf(relation))?.rows;
    return Number(found[i]?.[1]) === rows && Number(found[i]?.[2]) === rows;
  });
}

/** Rows of the tables that are kept, as the base's description has them. */
export const keptTables = (base: Base): Map<string, PublishedTable> =>
  new Map(base.version.tables.map((table) => [keyOf(table), table]));
