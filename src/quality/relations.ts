import { type Connection, qualifiedName } from "#duck/index.ts";
import { didYouMean } from "#errors/index.ts";
import { qualityErrors } from "./errors.ts";

export interface RelationColumn {
  name: string;
  /** DuckDB's own spelling. */
  type: string;
  nullable: boolean;
}

/** A table or view of the open database. */
export interface Relation {
  schema: string;
  name: string;
  /** `schema.table` as people write it. */
  label: string;
  /** Quoted, with its schema. */
  sql: string;
  type: "table" | "view";
  columns: RelationColumn[];
  /** DuckDB's estimate for tables; null for views. */
  estimatedRows: number | null;
  /** The same, for a view that of the largest table of the database. */
  likelyRows: number;
}

/** Schemas that hold the platform's own rows, not a lab's tables: quarantine, failing rows of tests. */
const ownSchema = /^_|^quarantine$|dbt_test__audit$/i;

/**
 * Tables and views of the current database in order of schema and name: of `schemas`, else all but the platform's own.
 * `tables` (names with or without schema) picks some of them, from any schema. Errors: QUAL-001.
 */
export async function listRelations(
  connection: Connection,
  options: { schemas?: readonly string[]; tables?: readonly string[] } = {},
): Promise<Relation[]> {
  const found = await connection.query(`
    SELECT schema_name, table_name, 'table', estimated_size::DOUBLE FROM duckdb_tables()
      WHERE database_name = current_database() AND NOT internal
    UNION ALL
    SELECT schema_name, view_name, 'view', NULL FROM duckdb_views()
      WHERE database_name = current_database() AND NOT internal
    ORDER BY 1, 2`);
  const columns = await connection.query(`
    SELECT schema_name, table_name, column_name, data_type, is_nullable FROM duckdb_columns()
      WHERE database_name = current_database() AND NOT internal ORDER BY column_index`);
  const columnsOf = new Map<string, RelationColumn[]>();
  for (const [schema, table, name, type, nullable] of columns.rows) {
    const key = `${String(schema)}\0${String(table)}`;
    const own = columnsOf.get(key) ?? [];
    own.push({ name: String(name), type: String(type), nullable: nullable === true });
    columnsOf.set(key, own);
  }
  const largest = found.rows.reduce((most, row) => Math.max(most, Number(row[3] ?? 0)), 0);
  const all = found.rows.map(
    ([schema, name, type, size]): Relation => ({
      schema: String(schema),
      name: String(name),
      label: `${String(schema)}.${String(name)}`,
      sql: qualifiedName(String(schema), String(name)),
      type: type as Relation["type"],
      columns: columnsOf.get(`${String(schema)}\0${String(name)}`) ?? [],
      estimatedRows: size === null ? null : Number(size),
      likelyRows: size === null ? largest : Number(size),
    }),
  );
  if (options.tables) return options.tables.map((name) => pick(all, name, options.schemas));
  const schemas = options.schemas?.map((schema) => schema.toLowerCase());
  return all.filter((relation) =>
    schemas ? schemas.includes(relation.schema.toLowerCase()) : !ownSchema.test(relation.schema),
  );
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function pick(all: readonly Relation[], written: string, schemas: readonly string[] | undefined): Relation {
  const name = unquoted(written);
  // Dots may be part of names, so the whole label is compared, not its pieces.
  const full =
    all.find((relation) => same(relation.label, name)) ?? all.find((relation) => same(relation.label, written));
  if (full) return full;
  const byName = all.filter(
    (relation) => same(relation.name, name) && (!schemas || schemas.some((schema) => same(schema, relation.schema))),
  );
  if (byName.length === 1) return byName[0] as Relation;
  const labels = all.map((relation) => relation.label);
  if (byName.length > 1) {
    throw qualityErrors.tableUnknown({
      message: `${written} exists in several schemas: ${byName.map((relation) => relation.schema).join(", ")}.`,
      hint: `Name the schema: \`${byName[0]?.label}\`.`,
    });
  }
  const meant =
    didYouMean(name, labels) ??
    labels[
      all
        .map((r) => r.name)
        .indexOf(
          didYouMean(
            name,
            all.map((r) => r.name),
          ) ?? "",
        )
    ];
  throw qualityErrors.tableUnknown({
    message: `The database has no table or view ${written}.`,
    hint: meant
      ? `Did you mean ${meant}?`
      : all.length === 0
        ? "The database is empty: run the lab first."
        : `It has ${labels.slice(0, 10).join(", ")}${labels.length > 10 ? " …" : ""}.`,
  });
}

/** `"my schema"."my.table"` as `my schema.my.table`; unquoted text as it is. */
function unquoted(text: string): string {
  return text.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'));
}

/** The table's own spelling of a column's name, compared as DuckDB does, or undefined. */
export function columnOf(relation: Relation, name: string): RelationColumn | undefined {
  return relation.columns.find((column) => column.name === name) ?? relation.columns.find((c) => same(c.name, name));
}
