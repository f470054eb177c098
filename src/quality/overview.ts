import type { Connection, SqlValue } from "#duck/index.ts";
import { quoteIdentifier } from "#duck/index.ts";
import { keyAggregates } from "#expect/index.ts";
import { type ColumnFigures, figuresSql, readFigures } from "./figures.ts";
import { rowCopies, rowHashes } from "./keys.ts";
import { plausible } from "./moments.ts";
import type { Relation } from "./relations.ts";

/** What is counted of one table besides its rows and nulls. */
export interface OverviewRequest {
  relation: Relation;
  keys: string[][];
  /** Count rows that are exact copies of others. */
  wholeRows: boolean;
  /** Columns whose newest value is wanted. */
  times: string[];
  /** Figures of every column are wanted; so many rows are expected. */
  figures?: { rows: number };
}

export interface Overview extends Counted {
  relation: Relation;
}

/** What was counted; a plain value, to be kept. */
export interface Counted {
  /** Null when the table cannot be read. */
  rows: number | null;
  /** DuckDB's message then. */
  error: string | null;
  /** In column order. */
  nulls: number[];
  /** In the order of the keys asked for. */
  keys: { rows: number; duplicates: number }[];
  copies: number | null;
  /** Newest values in milliseconds since 1970, null without any. */
  newest: (number | null)[];
  /** In column order; empty when they were not asked for. */
  figures: ColumnFigures[];
}

/** What was counted before and still holds. */
export interface KnownCounts {
  /** The answer to the same question about a relation, when nothing has been written to it since. */
  get(relation: Relation, question: string): Counted | undefined;
  set(relation: Relation, question: string, counted: Counted): void;
}

/** Statements over more columns than this plan slower than several statements do. */
const columnsInOneStatement = 600;

/**
 * Counts rows, nulls and duplicates of many tables with one scan each, many tables in one statement: on small labs the
 * statements cost more than the rows. A table that cannot be read is reported and does not hide the others. What `known`
 * still knows is not counted again.
 */
export async function overviews(
  connection: Connection,
  requests: readonly OverviewRequest[],
  known?: KnownCounts,
): Promise<Overview[]> {
  const asked = requests.map((request): Question => ({ request, columns: columnsOf(request) }));
  const results = asked.map(({ request: { relation }, columns }): Overview | undefined => {
    const counted = known?.get(relation, columns);
    return counted && { ...counted, relation };
  });
  const open = [...asked.entries()].filter(([i]) => !results[i]);
  for (let from = 0; from < open.length; ) {
    const some: typeof open = [];
    for (let columns = 0; from < open.length && (some.length === 0 || columns < columnsInOneStatement); from++) {
      const next = open[from] as (typeof open)[number];
      columns += next[1].request.relation.columns.length;
      some.push(next);
    }
    const found = await batch(
      connection,
      some.map(([, question]) => question),
    );
    for (const [n, [i]] of some.entries()) results[i] = found[n];
  }
  for (const [i, { columns }] of open) {
    const { relation, ...counted } = results[i] as Overview;
    if (counted.copies !== null && counted.copies > 0)
      counted.copies = Number((await connection.query(rowCopies(relation))).rows[0]?.[0]);
    results[i] = { relation, ...counted };
    if (counted.error === null) known?.set(relation, columns, counted);
  }
  return results as Overview[];
}

interface Question {
  request: OverviewRequest;
  /** SQL of what is asked; long for wide tables. */
  columns: string;
}

function columnsOf(request: OverviewRequest): string {
  const figures = request.figures ? figuresSql(request.relation.columns, request.figures.rows) : "NULL::VARCHAR[]";
  return `${measures(request)} AS m, ${figures} AS f`;
}

async function batch(connection: Connection, asked: readonly Question[]): Promise<Overview[]> {
  const selects = asked.map(({ request, columns }, i) => `SELECT ${i} AS i, ${columns} FROM ${request.relation.sql}`);
  try {
    const { rows } = await connection.query(`${selects.join(" UNION ALL ")} ORDER BY i`);
    return asked.map(({ request }, i) => decode(request, rows[i]?.[1], rows[i]?.[2]));
  } catch (error) {
    // A cancelled query is nobody's fault: asking table by table would only go on.
    if ((error as { code?: string }).code !== "DUCK-003") throw error;
    if (asked.length > 1) {
      const results: Overview[] = [];
      for (const question of asked) results.push(...(await batch(connection, [question])));
      return results;
    }
    const relation = asked[0]?.request.relation;
    if (relation === undefined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return [
      {
        relation,
        rows: null,
        error: message,
        nulls: [],
        keys: [],
        copies: null,
        newest: [],
        figures: [],
      },
    ];
  }
}

/** All measures of a table as one JSON-free list, so that tables with different columns fit one UNION. */
function measures(request: OverviewRequest): string {
  const all = ["count(*)", ...request.relation.columns.map((column) => `count(${quoteIdentifier(column.name)})`)];
  for (const key of request.keys) all.push(...keyAggregates(key));
  if (request.wholeRows) all.push(rowHashes(request.relation));
  for (const time of request.times) all.push(newest(quoteIdentifier(time)));
  return `[${all.map((sql) => `${sql}::BIGINT`).join(", ")}]`;
}

/** Milliseconds since 1970 of a column's newest value. Times without a zone are the connection's own. */
function newest(column: string): string {
  return `epoch_ms((max(${column}) FILTER (${plausible(column)}))::TIMESTAMPTZ)`;
}

function decode(request: OverviewRequest, value: SqlValue | undefined, texts: SqlValue | undefined): Overview {
  const items = (value as { items: readonly (bigint | null)[] }).items.map((item) =>
    item === null ? null : Number(item),
  );
  const found = (texts as { items: readonly (string | null)[] } | null | undefined)?.items;
  let at = 0;
  const next = () => items[at++] ?? 0;
  const rows = next();
  const nulls = request.relation.columns.map(() => rows - next());
  const keys = request.keys.map(() => {
    const complete = next();
    return { rows: complete, duplicates: complete - next() };
  });
  const copies = request.wholeRows && request.relation.columns.length > 0 ? rows - next() : null;
  const latest = request.times.map(() => items[at++] ?? null);
  const figures = found ? readFigures(request.relation.columns, rows, nulls, found) : [];
  return { relation: request.relation, rows, error: null, nulls, keys, copies, newest: latest, figures };
}
