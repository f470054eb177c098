import { type Connection, quoteIdentifier, type SqlValue } from "#duck/index.ts";

/** How a column's values lie in one version. Fields that make no sense for its type are null. */
export interface Spread {
  /** Different values that are not null; an estimate (HyperLogLog) where `exact` of the distribution is false. */
  distinct: number;
  /** Least and greatest value as text, cut after 200 characters; of floats the finite ones. */
  min: string | null;
  max: string | null;
  /** Of numbers: of the finite values. */
  mean: number | null;
  /** Of numbers, dates and times. */
  median: string | null;
}

/** One part of a distribution: rows before and after. */
export interface Share {
  /** A value as text, cut after 200 characters, or the range of a bin: `from` up to `to`, the last bin with it. */
  label: string;
  before: number;
  after: number;
}

/** How the values of one column are spread in both versions. */
export interface Distribution {
  before: Spread;
  after: Spread;
  exact: boolean;
  /**
   * The share of rows that lie elsewhere, 0 to 1: half the sum of the differences of the parts' shares (total variation
   * distance), nulls being a part. Null when either version has no rows, or when there are too many values to compare.
   */
  shift: number | null;
  /** Numbers, dates and times: ten equal steps over both versions. Others: the values whose shares differ most, at most ten. */
  parts: Share[];
}

/** Beyond this many rows, different values and medians are estimates. */
const exactRows = 1_000_000;
/** A text column with more different values has no distribution that says anything: they are names. */
const mostValues = 1000;
const bins = 10;
const mostParts = 10;

const isFloat = (type: string): boolean => type === "FLOAT" || type === "DOUBLE";
/** DuckDB's spellings of types that can be added up. */
export const isNumber = (type: string): boolean =>
  /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/.test(type) && !type.endsWith("]");
const isMoment = (type: string): boolean => type === "DATE" || (type.startsWith("TIMESTAMP") && !type.endsWith("]"));
const isNested = (type: string): boolean => /\[\d*\]$|^(?:STRUCT|MAP|UNION)\(/.test(type);

/** A column of the same type in two relations. */
export interface ComparedColumn {
  name: string;
  type: string;
}

/**
 * Distributions of columns in two relations, by the columns' names: one scan of each relation for the figures of all
 * columns, and one statement a column for its parts. Errors: DUCK-003.
 */
export async function distributions(
  connection: Connection,
  [before, after]: readonly [string, string],
  columns: readonly ComparedColumn[],
  rows: { before: number; after: number },
): Promise<Map<string, Distribution>> {
  const exact = Math.max(rows.before, rows.after) <= exactRows;
  const [left, right] = [
    await spreads(connection, before, columns, exact),
    await spreads(connection, after, columns, exact),
  ];
  const found = new Map<string, Distribution>();
  for (const [i, column] of columns.entries()) {
    const [a, b] = [left[i], right[i]];
    if (!a || !b) continue;
    const { shift, parts } =
      rows.before === 0 || rows.after === 0
        ? { shift: null, parts: [] }
        : await compare(connection, [before, after], column, a, b, rows);
    found.set(column.name, { before: a.spread, after: b.spread, exact, shift, parts });
  }
  return found;
}

interface Measured {
  spread: Spread;
  nulls: number;
  /** Where bins may begin and end: numbers as they are, times in microseconds since 1970; null without values. */
  low: number | null;
  high: number | null;
}

/** A value on the axis of numbers. */
const axis = (value: string, type: string): string =>
  isMoment(type)
    ? `epoch_us(CASE WHEN isfinite(${value}) THEN try_cast(${value} AS TIMESTAMP) END)::DOUBLE`
    : `${value}::DOUBLE`;
/** Infinity, and what is no number, has no place on an axis. */
const bounded = (value: string, type: string): string =>
  isFloat(type) || isMoment(type) ? `isfinite(${value})` : `${value} IS NOT NULL`;

async function spreads(
  connection: Connection,
  relation: string,
  columns: readonly ComparedColumn[],
  exact: boolean,
): Promise<Measured[]> {
  const perColumn = 8;
  const measures = columns.flatMap(({ name, type }) => {
    const v = quoteIdentifier(name);
    const filter = ` FILTER (${bounded(v, type)})`;
    const placed = isNumber(type) || isMoment(type);
    const text = (of: string) => `left((${of}(${v})${isFloat(type) ? filter : ""})::VARCHAR, 200)`;
    return [
      `count(*) - count(${v})`,
      exact ? `count(DISTINCT ${v})` : `approx_count_distinct(${v})`,
      ...(isNested(type) ? ["NULL", "NULL"] : [text("min"), text("max")]),
      isNumber(type) ? `avg(${v}::DOUBLE)${filter}` : "NULL",
      placed
        ? `(${exact ? `quantile_disc(${v}, 0.5)` : `approx_quantile(${isMoment(type) ? `${v}::TIMESTAMP` : v}, 0.5)`}${filter})::VARCHAR`
        : "NULL",
      ...(placed ? [`min(${axis(v, type)})${filter}`, `max(${axis(v, type)})${filter}`] : ["NULL", "NULL"]),
    ];
  });
  if (measures.length === 0) return [];
  const row = (await connection.query(`SELECT ${measures.join(", ")} FROM ${relation}`)).rows[0] ?? [];
  const text = (value: SqlValue | undefined) => (value === null || value === undefined ? null : String(value));
  const number = (value: SqlValue | undefined) => (value === null || value === undefined ? null : Number(value));
  return columns.map((_, i) => {
    const [nulls, distinct, min, max, mean, median, low, high] = row.slice(i * perColumn, (i + 1) * perColumn);
    return {
      nulls: Number(nulls),
      spread: { distinct: Number(distinct), min: text(min), max: text(max), mean: number(mean), median: text(median) },
      low: number(low),
      high: number(high),
    };
  });
}

type Compared = Pick<Distribution, "shift" | "parts">;

async function compare(
  connection: Connection,
  relations: readonly [string, string],
  { name, type }: ComparedColumn,
  a: Measured,
  b: Measured,
  rows: { before: number; after: number },
): Promise<Compared> {
  const v = quoteIdentifier(name);
  const lows = [a.low, b.low].filter((n) => n !== null);
  const highs = [a.high, b.high].filter((n) => n !== null);
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  const step = (high - low) / bins;
  // Few different values are told by themselves, numbers as well: 0 and 1 need no ten steps.
  const few = Math.max(a.spread.distinct, b.spread.distinct) <= mostParts;
  const stepped = lows.length > 0 && Number.isFinite(step) && step > 0 && !few;
  if (isNested(type) || (!stepped && Math.max(a.spread.distinct, b.spread.distinct) > mostValues))
    return { shift: null, parts: [] };
  const place = stepped
    ? `CASE WHEN ${bounded(v, type)} THEN least(${bins - 1}, greatest(0, floor((${axis(v, type)} - ${low}::DOUBLE) / ${step}::DOUBLE)))::INTEGER::VARCHAR WHEN ${v} IS NOT NULL THEN ${v}::VARCHAR END`
    : `${v}::VARCHAR`;
  const counted = (relation: string) => `SELECT ${place} AS p, count(*) AS n FROM ${relation} GROUP BY 1`;
  const found = await connection.query(
    `SELECT coalesce(x.p, y.p), coalesce(x.n, 0)::BIGINT, coalesce(y.n, 0)::BIGINT
     FROM (${counted(relations[0])}) x FULL JOIN (${counted(relations[1])}) y ON x.p IS NOT DISTINCT FROM y.p ORDER BY 1 NULLS FIRST`,
  );
  const all = found.rows.map(([part, n, m]) => ({
    part: part === null ? null : String(part),
    before: Number(n),
    after: Number(m),
  }));
  const moved = ({ before, after }: { before: number; after: number }) => after / rows.after - before / rows.before;
  // Differences of floats leave a rest where there is none.
  const shift = Math.round((all.reduce((sum, each) => sum + Math.abs(moved(each)), 0) / 2) * 1e9) / 1e9;
  const known = all.filter((each) => each.part !== null);
  if (!stepped) {
    const most = known.sort((x, y) => Math.abs(moved(y)) - Math.abs(moved(x)) || y.after - x.after).slice(0, mostParts);
    return {
      shift,
      parts: most.map(({ part, before, after }) => ({ label: (part ?? "").slice(0, 200), before, after })),
    };
  }
  const byPlace = new Map(known.map((each) => [each.part, each]));
  const edge = (i: number) => edgeText(i === bins ? high : low + i * step, type);
  return {
    shift,
    parts: Array.from({ length: bins }, (_, i) => {
      const { before = 0, after = 0 } = byPlace.get(String(i)) ?? {};
      return { label: `${edge(i)} … ${edge(i + 1)}`, before, after };
    }),
  };
}

/** Edges are for people: the last digits of floats are noise, and days have no time. */
function edgeText(value: number, type: string): string {
  if (!isMoment(type)) return String(Number(value.toPrecision(6)));
  const date = new Date(value / 1000);
  if (Number.isNaN(date.getTime())) return String(value);
  const text = date.toISOString();
  return type === "DATE" ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
}
