import { type Connection, quoteIdentifier, quoteLiteral, type SqlValue } from "#duck/index.ts";
import type { Bin, ColumnProfile, ColumnShape, TopValue } from "./column-profile.ts";
import { momentBins, momentUnit, numberBins } from "./bins.ts";
import { isMoment, plausible } from "./moments.ts";
import type { Relation } from "./relations.ts";
import { isFloat, isNumber, isText } from "./type-kinds.ts";

/** Rows up to which shapes are counted in all rows; beyond, in a sample of about as many. */
export const sampleFrom = 200_000;
const sampleRows = 100_000;
const sampleTable = "labs_profile_sample";
/** Planning grows faster than the columns do. */
const columnsInOneStatement = 20;
const topCount = 5;
const patternCount = 4;

export interface Shapes {
  /** In the order of the columns. */
  columns: ColumnShape[];
  /** Rows that were looked at; null when it was all of them. */
  sampled: number | null;
}

/**
 * How each column's values are spread: one statement for twenty columns of a table. Large tables and views are looked at through a sample that
 * is the same for the same data, unless `exact`. `known` are the columns' figures. Errors: DUCK-003.
 */
export async function shapes(
  connection: Connection,
  relation: Relation,
  rows: number,
  known: readonly ColumnProfile[],
  exact: boolean,
): Promise<Shapes> {
  if (rows === 0 || known.length === 0) return { columns: known.map(() => ({})), sampled: null };
  const large = rows > sampleFrom && !exact;
  // A view would be worked out once for each column.
  const copied = large || relation.type === "view";
  const from = copied ? `temp.main.${sampleTable}` : relation.sql;
  if (copied)
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${sampleTable} AS SELECT * FROM ${relation.sql}${large ? sampling(relation, rows) : ""}`,
    );
  try {
    const lists: SqlValue[][] = [];
    for (let first = 0; first < known.length; first += columnsInOneStatement) {
      const some = known.slice(first, first + columnsInOneStatement);
      const parts = some.flatMap((column, i) => queriesOf(column, from, first + i));
      if (parts.length > 0) lists.push(...(await connection.query(parts.join(" UNION ALL "))).rows);
    }
    const columns = known.map((column, i) => {
      const found = lists.filter(([at]) => Number(at) === i);
      const list = (what: string) =>
        (JSON.parse(String(found.find(([, kind]) => kind === what)?.[2] ?? "[]")) ?? []) as Entry[];
      return shapeOf(column, list);
    });
    const sampled = large ? Number((await connection.query(`SELECT count(*) FROM ${from}`)).rows[0]?.[0]) : null;
    return { columns, sampled };
  } finally {
    if (copied) await connection.run(`DROP TABLE IF EXISTS ${from}`);
  }
}

interface Entry {
  v: string | number | null;
  n: number;
}

/** Every so many blocks of rows as they lie in the table; views have no place for rows. */
function sampling(relation: Relation, rows: number): string {
  const step = Math.max(2, Math.round(rows / sampleRows));
  const hidden = relation.columns.some(({ name }) => name.toLowerCase() === "rowid");
  return relation.type === "table" && !hidden
    ? ` WHERE (rowid // 2048) % ${step} = 0`
    : ` USING SAMPLE reservoir(${sampleRows} ROWS) REPEATABLE (42)`;
}

function queriesOf(column: ColumnProfile, from: string, i: number): string[] {
  const value = quoteIdentifier(column.name);
  const { type } = column;
  const list = (what: string, body: string) =>
    `SELECT ${i} AS i, ${quoteLiteral(what)} AS what, (SELECT to_json(list({'v': v, 'n': n}))::VARCHAR FROM (${body})) AS list`;
  const counted = `SELECT ${value} AS v, count(*) AS n FROM ${from} WHERE ${value} IS NOT NULL GROUP BY ${value}`;
  const queries: string[] = [];
  // Where every value is there once, the first five of them say nothing.
  if (!(column.distinctExact && column.distinct === column.rows) && !/\[|STRUCT|MAP|UNION/.test(type))
    queries.push(
      list("top", `SELECT left(v::VARCHAR, 200) AS v, n FROM (${counted} ORDER BY n DESC, v LIMIT ${topCount})`),
    );
  if (isText(type)) {
    const pattern = `translate(left(v::VARCHAR, 60), ${quoteLiteral(letters)}, ${quoteLiteral(signs)})`;
    queries.push(
      list(
        "patterns",
        `SELECT v, sum(n)::BIGINT AS n FROM (SELECT ${pattern} AS v, n FROM (${counted})) GROUP BY v ORDER BY n DESC, v LIMIT 2000`,
      ),
      list(
        "lengths",
        `SELECT length(${value}::VARCHAR) AS v, count(*) AS n FROM ${from} WHERE ${value} IS NOT NULL GROUP BY 1 ORDER BY 1`,
      ),
    );
  }
  const bins = isNumber(type) ? numberBins(column) : undefined;
  if (bins) {
    const finite = isFloat(type) ? ` WHERE isfinite(${value})` : ` WHERE ${value} IS NOT NULL`;
    const place = bins.whole
      ? `((${value}::HUGEINT - ${bins.start}::HUGEINT) // ${bins.step})::INTEGER`
      : `least(${bins.count - 1}, greatest(0, floor((${value}::DOUBLE - ${bins.start}::DOUBLE) / ${bins.step}::DOUBLE)))::INTEGER`;
    queries.push(list("histogram", `SELECT ${place} AS v, count(*) AS n FROM ${from}${finite} GROUP BY 1 ORDER BY 1`));
  }
  const unit = isMoment(type) ? momentUnit(column) : undefined;
  if (unit)
    queries.push(
      list(
        "histogram",
        `SELECT strftime(date_trunc(${quoteLiteral(unit)}, ${value}::TIMESTAMP), '%Y-%m-%dT%H:%M:%S') AS v, count(*) AS n FROM ${from} WHERE ${plausible(value)} GROUP BY 1 ORDER BY 1`,
      ),
    );
  return queries;
}

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜÉÈÀÇÑ";
const lower = "abcdefghijklmnopqrstuvwxyzäöüßéèàçñ";
const digits = "0123456789";
const letters = upper + lower + digits;
const signs = "A".repeat(upper.length) + "a".repeat(lower.length) + "9".repeat(digits.length);

function shapeOf(column: ColumnProfile, list: (what: string) => Entry[]): ColumnShape {
  const top = list("top").map(({ v, n }) => ({ value: String(v), rows: n }));
  const histogram = list("histogram").map(({ v, n }) => ({ at: v, rows: n }));
  const patterns = list("patterns").map(({ v, n }) => ({ value: String(v), rows: n }));
  const lengths = list("lengths").map(({ v, n }) => ({ at: Number(v), rows: n }));
  const bins = isNumber(column.type) ? numberBins(column) : undefined;
  const unit = isMoment(column.type) ? momentUnit(column) : undefined;
  return {
    ...(top.length > 0 && (top[0]?.rows ?? 0) > 1 && { topValues: top }),
    ...(bins && histogram.length > 0 && { histogram: bins.fill(histogram) }),
    ...(unit && histogram.length > 0 && { histogram: momentBins(unit, histogram) }),
    ...(patterns.length > 0 && { patterns: fewPatterns(patterns) }),
    ...(lengths.length > 0 && { lengths: lengthBins(lengths) }),
  };
}

/** Many patterns differ in lengths only: then runs count as one sign. */
function fewPatterns(all: TopValue[]): TopValue[] {
  if (all.length <= 20) return all.slice(0, patternCount);
  const merged = new Map<string, number>();
  for (const { value, rows } of all) {
    const runs = value.replace(/([Aa9])\1*/g, "$1+");
    merged.set(runs, (merged.get(runs) ?? 0) + rows);
  }
  return [...merged]
    .map(([value, rows]) => ({ value, rows }))
    .sort((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1))
    .slice(0, patternCount);
}

function lengthBins(counts: { at: number; rows: number }[]): Bin[] {
  const [first, last] = [counts[0]?.at ?? 0, counts.at(-1)?.at ?? 0];
  const step = Math.max(1, Math.ceil((last - first + 1) / 20));
  const bins = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => ({
    from: String(first + i * step),
    to: String(Math.min(last, first + (i + 1) * step - 1)),
    rows: 0,
  }));
  for (const { at, rows } of counts) {
    const bin = bins[Math.floor((at - first) / step)];
    if (bin) bin.rows += rows;
  }
  return bins;
}
