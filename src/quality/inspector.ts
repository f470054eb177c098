import { type Connection, quoteIdentifier, quoteLiteral, type SqlValue } from "#duck/index.ts";
import { didYouMean } from "#errors/index.ts";
import type { ColumnProfile } from "./column-profile.ts";
import { qualityErrors } from "./errors.ts";
import { copiesQuery, distinctQuery, duplicatesQuery, probableKey, rowCopies, rowHashes } from "./keys.ts";
import { overviews } from "./overview.ts";
import { isMoment, recentCondition } from "./moments.ts";
import { profile } from "./profile.ts";
import { columnOf, listRelations, type Relation } from "./relations.ts";
import { shapes } from "./shape.ts";

export interface InspectOptions {
  /** Default: every schema that is not the platform's own. */
  schemas?: readonly string[];
  /** Names with or without schema, quoted or not; default all of the schemas. */
  tables?: readonly string[];
  /** Keys by `schema.table`, each a list of columns. Tables without one are searched for copies of whole rows. */
  keys?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Keys that tests named, used where `keys` says nothing; those whose columns are gone are passed over. */
  testedKeys?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Column that says when a row happened, by `schema.table`; default: found by type. */
  timeColumns?: Readonly<Record<string, string>>;
  /** Days that count as recent, default 7. */
  recentDays?: number;
  /** Rows to show of each table, default 0. */
  sampleRows?: number;
  /** Profile every column. Default true; without it only rows, nulls and duplicates are counted. */
  columns?: boolean;
  /**
   * How to count different values and quantiles. `auto` (default): exactly in tables up to 100,000 rows. `exact` also takes
   * every row of large tables for top values, patterns and histograms instead of a sample.
   */
  distinct?: "auto" | "exact" | "approximate";
  /** Default: the clock. */
  now?: Date;
}

/** Rows that repeat another one. */
export interface Duplicates {
  /** Columns of the key; empty for copies of whole rows. */
  key: string[];
  /** Whether settings or tests name the key, or its column differs in nearly every row and was found. */
  origin: "declared" | "tested" | "detected" | "rows";
  /** Rows beyond the first of each key. Rows with a null in their key are not counted. */
  rows: number;
  query: string;
}

export interface RecentRows {
  column: string;
  days: number;
  rows: number;
  /** Newest value up to now, ISO 8601 in UTC. */
  newest: string | null;
  query: string;
}

export interface TableProfile {
  schema: string;
  name: string;
  type: "table" | "view";
  /** Null when it cannot be read; `error` says why. */
  rows: number | null;
  error: string | null;
  /** Bytes of its blocks in the file; null for views and databases in memory. Tables may share a block. */
  bytes: number | null;
  columnCount: number;
  nulls: number;
  /** Empty with `columns: false`. */
  columns: ColumnProfile[];
  /** Rows from which top values, patterns and histograms were counted; null when it was all of them. */
  sampled: number | null;
  /** One entry a key. */
  duplicates: Duplicates[];
  /** Null without a date or time column, or with `columns: false`. */
  recent: RecentRows | null;
  /** The first rows as text, cells cut after 1,000 characters. */
  preview: { columns: string[]; rows: string[][] } | null;
}

export interface Inspection {
  schemas: { name: string; tables: number; rows: number; bytes: number | null }[];
  tables: TableProfile[];
}

const exactRows = 100_000;
/** Characters of a cell in a preview, as of `min` and `max`. */
const longestCell = 1000;

/** Looks at the tables of an open database, which may be read-only. Names may hold anything SQL allows in quotes. */
export class DataInspector {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Counts and profiles tables, one scan each. A table that cannot be read (a view on a table that is gone) is part of
   * the result and does not hide the others. Errors: QUAL-001 unknown table, QUAL-002 unknown key or time column.
   */
  async inspect(options: InspectOptions = {}): Promise<Inspection> {
    const relations = await listRelations(this.#connection, {
      ...(options.schemas && { schemas: options.schemas }),
      ...(options.tables && { tables: options.tables }),
    });
    const bytes = await this.#bytes(relations);
    const tables =
      options.columns === false
        ? await this.#overview(relations, options, bytes)
        : await this.#profiles(relations, options, bytes);
    const names = [...new Set(tables.map((table) => table.schema))];
    const schemas = names.map((name) => {
      const own = tables.filter((table) => table.schema === name);
      const sized = own.filter((table) => table.bytes !== null);
      return {
        name,
        tables: own.length,
        rows: own.reduce((sum, table) => sum + (table.rows ?? 0), 0),
        bytes: sized.length === 0 ? null : sized.reduce((sum, table) => sum + (table.bytes ?? 0), 0),
      };
    });
    return { schemas, tables };
  }

  async #overview(relations: Relation[], options: InspectOptions, bytes: Sizes): Promise<TableProfile[]> {
    const requests = relations.map((relation) => {
      const { keys } = keysOf(relation, options);
      return { relation, keys, wholeRows: keys.length === 0 && relation.type === "table", times: [] };
    });
    const seen = await overviews(this.#connection, requests);
    return seen.map(
      (found): TableProfile => ({
        ...base(found.relation, bytes),
        rows: found.rows,
        error: found.error,
        nulls: found.nulls.reduce((sum, n) => sum + n, 0),
        columns: [],
        sampled: null,
        duplicates: duplicatesOf(found.relation, keysOf(found.relation, options), found.keys, found.copies),
        recent: null,
        preview: null,
      }),
    );
  }

  async #profiles(relations: Relation[], options: InspectOptions, bytes: Sizes): Promise<TableProfile[]> {
    const tables: TableProfile[] = [];
    for (const relation of relations) {
      // Settings are checked before anything is caught: a wrong one is the caller's, not the table's.
      const keys = keysOf(relation, options);
      const time = timeColumnOf(relation, options);
      try {
        tables.push(await this.#profile(relation, keys, time, options, bytes));
      } catch (error) {
        if ((error as { code?: string }).code !== "DUCK-003") throw error;
        const message = error instanceof Error ? error.message : String(error);
        tables.push({
          ...base(relation, bytes),
          rows: null,
          error: message,
          nulls: 0,
          columns: [],
          sampled: null,
          duplicates: [],
          recent: null,
          preview: null,
        });
      }
    }
    return tables;
  }

  async #profile(
    relation: Relation,
    known: Keys,
    time: string | undefined,
    options: InspectOptions,
    bytes: Sizes,
  ): Promise<TableProfile> {
    const days = options.recentDays ?? 7;
    const until = options.now ?? new Date();
    const since = new Date(until.getTime() - days * 86_400_000);
    const distinct = options.distinct ?? "auto";
    const small = distinct === "auto" && (await this.#size(relation)) <= exactRows;
    const found = await profile(this.#connection, {
      relation,
      keys: known.keys,
      wholeRows: false,
      exactDistinct: distinct === "exact" || small,
      since,
      until,
    });
    const spread = await shapes(this.#connection, relation, found.rows, found.columns, distinct === "exact");
    const duplicates =
      known.keys.length > 0
        ? duplicatesOf(relation, known, found.keys, null)
        : await this.#unknownKey(relation, found.rows, found.columns);
    const moment = found.newest.find((candidate) => candidate.column === time) ?? mostRecent(found.newest);
    const column = moment && columnOf(relation, moment.column);
    return {
      ...base(relation, bytes),
      rows: found.rows,
      error: null,
      nulls: found.columns.reduce((sum, c) => sum + c.nulls, 0),
      columns: found.columns.map((column, i) => ({ ...column, ...spread.columns[i] })),
      sampled: spread.sampled,
      duplicates,
      recent:
        column === undefined || moment === undefined
          ? null
          : {
              column: column.name,
              days,
              rows: found.columns.find((c) => c.name === column.name)?.recent ?? 0,
              newest: moment.time === null ? null : new Date(moment.time).toISOString(),
              query: `SELECT * FROM ${relation.sql} WHERE ${recentCondition(column, since, until)}`,
            },
      preview: await this.#preview(relation, options.sampleRows ?? 0),
    };
  }

  /** Rows of a table as DuckDB keeps them, those of a view by counting, which needs few of its columns. */
  async #size({ estimatedRows, sql }: Relation): Promise<number> {
    return estimatedRows ?? Number((await this.#connection.query(`SELECT count(*) FROM ${sql}`)).rows[0]?.[0]);
  }

  /** Duplicates where nobody named a key: by the column that nearly tells rows apart, and as copies of whole rows. */
  async #unknownKey(relation: Relation, rows: number, columns: readonly ColumnProfile[]): Promise<Duplicates[]> {
    const count = async (sql: string) => Number((await this.#connection.query(sql)).rows[0]?.[0]);
    const column = probableKey(rows, columns);
    const different = column === undefined ? 0 : await count(distinctQuery(relation, column));
    const detected =
      column !== undefined && different >= 0.99 * rows
        ? duplicatesOf(relation, { keys: [[column]], origin: "detected" }, [{ duplicates: rows - different }], null)
        : [];
    // What differs in one column differs as a row.
    if (detected.length > 0 && different === rows) return detected;
    if (relation.columns.length === 0) return detected;
    const hashes = await count(`SELECT ${rowHashes(relation)} FROM ${relation.sql}`);
    const copies = hashes < rows ? await count(rowCopies(relation)) : 0;
    return [...detected, ...duplicatesOf(relation, { keys: [], origin: "rows" }, [], copies)];
  }

  async #preview(relation: Relation, rows: number): Promise<TableProfile["preview"]> {
    if (rows <= 0 || relation.columns.length === 0) return null;
    const texts = relation.columns.map(({ name }) => `left(${quoteIdentifier(name)}::VARCHAR, ${longestCell})`);
    const found = await this.#connection.query(
      `SELECT ${texts.join(", ")} FROM (SELECT * FROM ${relation.sql} LIMIT ${Math.floor(rows)})`,
    );
    return {
      columns: relation.columns.map((column) => column.name),
      rows: found.rows.map((row) => row.map((value: SqlValue) => (value === null ? "NULL" : String(value)))),
    };
  }

  /** Blocks of each table times the size of a block. */
  async #bytes(relations: readonly Relation[]): Promise<Sizes> {
    // This function takes a name as text and cannot read one with a quote in it: such tables have no size.
    const tables = relations.filter((relation) => relation.type === "table" && !relation.label.includes('"'));
    if (tables.length === 0) return new Map();
    const parts = tables.map(
      (relation, i) => `SELECT ${i} AS i, count(DISTINCT block) FILTER (block >= 0) AS blocks FROM (
        SELECT unnest(list_append(coalesce(additional_block_ids, []), block_id)) AS block
        FROM pragma_storage_info(${quoteLiteral(relation.sql)}))`,
    );
    const sizes = await this.#connection.query(
      `SELECT i, blocks * (SELECT block_size FROM pragma_database_size() WHERE database_name = current_database())::BIGINT
       FROM (${parts.join(" UNION ALL ")}) WHERE (SELECT path IS NOT NULL FROM duckdb_databases() WHERE database_name = current_database())`,
    );
    return new Map(sizes.rows.map(([i, size]) => [tables[Number(i)]?.label ?? "", Number(size)]));
  }
}

type Sizes = Map<string, number>;

function base(relation: Relation, bytes: Sizes) {
  return {
    schema: relation.schema,
    name: relation.name,
    type: relation.type,
    bytes: relation.type === "table" ? (bytes.get(relation.label) ?? null) : null,
    columnCount: relation.columns.length,
  };
}

const ofTable = <T>(map: Readonly<Record<string, T>> | undefined, relation: Relation): T | undefined =>
  Object.entries(map ?? {}).find(([name]) => name.toLowerCase() === relation.label.toLowerCase())?.[1];

interface Keys {
  keys: string[][];
  origin: Duplicates["origin"];
}

function keysOf(relation: Relation, options: InspectOptions): Keys {
  const declared = ofTable(options.keys, relation);
  if (declared)
    return {
      keys: declared.map((key) => key.map((column) => ownColumn(relation, column, "key"))),
      origin: "declared",
    };
  const tested = (ofTable(options.testedKeys, relation) ?? []).map((key) =>
    key.map((column) => columnOf(relation, column)?.name),
  );
  const keys = tested.filter((key): key is string[] => key.every((column) => column !== undefined));
  return { keys, origin: "tested" };
}

function timeColumnOf(relation: Relation, options: InspectOptions): string | undefined {
  const named = ofTable(options.timeColumns, relation);
  if (named === undefined) return undefined;
  const name = ownColumn(relation, named, "time column");
  const type = columnOf(relation, name)?.type ?? "";
  if (isMoment(type)) return name;
  throw qualityErrors.columnUnknown({
    message: `The time column ${name} of ${relation.label} is ${type}, which holds no date or time.`,
    hint: "Name a column of type DATE or TIMESTAMP, or none to have it found.",
  });
}

function ownColumn(relation: Relation, name: string, what: string): string {
  const column = columnOf(relation, name);
  if (column) return column.name;
  const names = relation.columns.map((c) => c.name);
  const meant = didYouMean(name, names);
  throw qualityErrors.columnUnknown({
    message: `The ${what} of ${relation.label} names ${name}, which is not one of its columns.`,
    hint: meant
      ? `Did you mean ${meant}?`
      : `Its columns are ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}.`,
  });
}

function duplicatesOf(
  relation: Relation,
  { keys, origin }: Keys,
  counts: readonly { duplicates: number }[],
  copies: number | null,
): Duplicates[] {
  const byKey = keys.map(
    (key, i): Duplicates => ({ key, origin, rows: counts[i]?.duplicates ?? 0, query: duplicatesQuery(relation, key) }),
  );
  return copies === null ? byKey : [...byKey, { key: [], origin: "rows", rows: copies, query: copiesQuery(relation) }];
}

/**
 * The column that tells best when rows came: the one with the newest value up to now, since columns about the past
 * (a birthday, an order's date) lag behind it. Columns that also reach into the future tell when something is due.
 */
function mostRecent<T extends { time: number | null; future: boolean }>(columns: readonly T[]): T | undefined {
  const usable = columns.filter((column) => column.time !== null);
  const past = usable.filter((column) => !column.future);
  const [first, ...rest] = past.length > 0 ? past : usable.length > 0 ? usable : columns;
  return rest.reduce((best, column) => ((column.time ?? 0) > (best?.time ?? 0) ? column : best), first);
}
