import { type Connection, quoteIdentifier, type SqlValue } from "#duck/index.ts";
import { keyAggregates } from "#expect/index.ts";
import type { ColumnProfile } from "./column-profile.ts";
import { rowHashes } from "./keys.ts";
import { bound, isMoment, plausible, recentCondition } from "./moments.ts";
import type { Relation, RelationColumn } from "./relations.ts";
import { isFloat, isNumber, isText } from "./type-kinds.ts";

export interface ProfileRequest {
  relation: Relation;
  keys: readonly string[][];
  wholeRows: boolean;
  exactDistinct: boolean;
  /** Counts rows after `since` and not after `until`. Dates count by day. */
  since: Date;
  until: Date;
}

export interface Profile {
  rows: number;
  columns: ColumnProfile[];
  keys: { rows: number; duplicates: number }[];
  /** Distinct hashes of whole rows, null when not asked for. */
  hashes: number | null;
  /** Newest value that is not after `until` of each date or time column, in milliseconds since 1970. */
  newest: { column: string; time: number | null; future: boolean }[];
}

/** Collects the aggregates of one SELECT and hands back how to read each from its row. */
class Aggregates {
  readonly sql: string[] = [];
  #add<T>(sql: string, read: (value: SqlValue) => T): (row: readonly SqlValue[]) => T {
    const at = this.sql.push(sql) - 1;
    return (row) => read(row[at] ?? null);
  }
  count(sql: string) {
    return this.#add(`(${sql})::BIGINT`, Number);
  }
  number(sql: string) {
    return this.#add(`(${sql})::DOUBLE`, (value) => (value === null ? null : Number(value)));
  }
  texts(sql: string) {
    return this.#add(`to_json((${sql})::VARCHAR[])::VARCHAR`, (value) =>
      value === null ? null : (JSON.parse(String(value)) as (string | null)[] | null),
    );
  }
  text(sql: string) {
    return this.#add(`left((${sql})::VARCHAR, 1000)`, (value) => (value === null ? null : String(value)));
  }
}

const shares = [0.05, 0.25, 0.5, 0.75, 0.95];

/** About fifty columns. What one statement plans and keeps in memory grows faster than this: 800 columns took 2 GB. */
const aggregatesInOneStatement = 500;

/** Profiles a table: one statement and one scan, in a wide table one for some fifty columns. Errors: DUCK-003. */
export async function profile(connection: Connection, request: ProfileRequest): Promise<Profile> {
  const { relation } = request;
  const aggregates = new Aggregates();
  const rowCount = aggregates.count("count(*)");
  const columns = relation.columns.map((column) => columnReader(aggregates, column, request));
  const keys = request.keys.map((key) => {
    const [complete, distinct] = keyAggregates(key);
    const [rows, values] = [aggregates.count(complete), aggregates.count(distinct)];
    return (row: readonly SqlValue[]) => ({ rows: rows(row), duplicates: rows(row) - values(row) });
  });
  const hashes = request.wholeRows && relation.columns.length > 0 ? aggregates.count(rowHashes(relation)) : undefined;
  const moments = relation.columns
    .filter((column) => isMoment(column.type))
    .map((column) => {
      const value = quoteIdentifier(column.name);
      const known = `${value} <= ${bound(column.type, request.until)}`;
      const time = aggregates.number(
        `epoch_ms((max(${value}) FILTER (${known} AND ${plausible(value)}))::TIMESTAMPTZ)`,
      );
      const later = aggregates.count(`count(*) FILTER (NOT ${known})`);
      return (row: readonly SqlValue[]) => ({ column: column.name, time: time(row), future: later(row) > 0 });
    });
  const row: SqlValue[] = [];
  for (let first = 0; first < aggregates.sql.length; first += aggregatesInOneStatement) {
    const some = aggregates.sql.slice(first, first + aggregatesInOneStatement);
    row.push(...((await connection.query(`SELECT ${some.join(", ")} FROM ${relation.sql}`)).rows[0] ?? []));
  }
  const rows = rowCount(row);
  return {
    rows,
    columns: columns.map((read) => read(row, rows)),
    keys: keys.map((read) => read(row)),
    hashes: hashes?.(row) ?? null,
    newest: moments.map((read) => read(row)),
  };
}

function columnReader(aggregates: Aggregates, column: RelationColumn, request: ProfileRequest) {
  const value = quoteIdentifier(column.name);
  const { type } = column;
  const known = aggregates.count(`count(${value})`);
  const distinct = aggregates.count(
    request.exactDistinct ? `count(DISTINCT ${value})` : `approx_count_distinct(${value})`,
  );
  const [min, max] = [aggregates.text(`min(${value})`), aggregates.text(`max(${value})`)];
  const special: ((row: readonly SqlValue[]) => Partial<ColumnProfile>)[] = [];
  if (isNumber(type)) {
    const finite = isFloat(type) ? ` FILTER (isfinite(${value}))` : "";
    const average = aggregates.number(`avg(${value}::DOUBLE)${finite}`);
    // The square of a great number is no number any more.
    const deviation = aggregates.number(`stddev_samp(${value}::DOUBLE) FILTER (abs(${value}::DOUBLE) < 1e150)`);
    const zeros = aggregates.count(`count_if(${value} = 0)`);
    const negatives = aggregates.count(`count_if(${value} < 0)`);
    const [least, most] = [
      isFloat(type) ? aggregates.text(`min(${value})${finite}`) : min,
      isFloat(type) ? aggregates.text(`max(${value})${finite}`) : max,
    ];
    special.push((row) => ({
      average: average(row),
      standardDeviation: deviation(row),
      zeros: zeros(row),
      negatives: negatives(row),
      finiteMin: least(row),
      finiteMax: most(row),
    }));
  }
  if (isFloat(type)) {
    const notFinite = aggregates.count(`count_if(NOT isfinite(${value}))`);
    special.push((row) => ({ notFinite: notFinite(row) }));
  }
  if (isText(type)) {
    const length = `length(${value}::VARCHAR)`;
    const [least, most] = [aggregates.number(`min(${length})`), aggregates.number(`max(${length})`)];
    const average = aggregates.number(`avg(${length})`);
    const empty = aggregates.count(`count_if(${length} = 0)`);
    special.push((row) => ({
      minLength: least(row),
      maxLength: most(row),
      averageLength: average(row),
      emptyTexts: empty(row),
    }));
  }
  if (isNumber(type) || isMoment(type)) {
    const bounded = isFloat(type) || isMoment(type) ? ` FILTER (isfinite(${value}))` : "";
    // The approximate one takes no nanoseconds and no numbers of any length.
    const plain = /_NS$|_S$|_MS$/.test(type) ? `${value}::TIMESTAMP` : type === "BIGNUM" ? `${value}::DOUBLE` : value;
    const list = `[${shares.join(", ")}]`;
    const values = aggregates.texts(
      request.exactDistinct
        ? `quantile_disc(${value}, ${list})${bounded}`
        : `approx_quantile(${plain}, ${list})${bounded}`,
    );
    special.push((row) => {
      const found = values(row);
      return { quantiles: found ? shares.map((share, i) => ({ share, value: found[i] ?? "" })) : null };
    });
  }
  if (isMoment(type)) {
    const [first, last] = ["min", "max"].map((of) =>
      aggregates.number(`epoch_ms((${of}(${value}) FILTER (${plausible(value)}))::TIMESTAMP)`),
    );
    special.push((row) => ({ firstMoment: first?.(row) ?? null, lastMoment: last?.(row) ?? null }));
    const recent = aggregates.count(`count(*) FILTER (${recentCondition(column, request.since, request.until)})`);
    special.push((row) => ({ recent: recent(row) }));
  }
  return (row: readonly SqlValue[], rows: number): ColumnProfile => {
    const nulls = rows - known(row);
    return {
      name: column.name,
      rows: rows - nulls,
      type,
      nullable: column.nullable,
      nulls,
      nullShare: rows === 0 ? 0 : nulls / rows,
      // An estimate may exceed what is there.
      distinct: Math.min(distinct(row), rows - nulls),
      distinctExact: request.exactDistinct,
      min: min(row),
      max: max(row),
      ...Object.assign({}, ...special.map((read) => read(row))),
    };
  };
}
