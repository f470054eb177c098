import { quoteIdentifier } from "#duck/index.ts";
import { isMoment } from "./moments.ts";
import type { RelationColumn } from "./relations.ts";
import { isFloat, isNumber } from "./type-kinds.ts";

/** What a run notes of a column, to be compared with what later runs see. */
export interface ColumnFigures {
  name: string;
  /** DuckDB's own spelling. */
  type: string;
  nulls: number;
  /** Different values, an estimate (HyperLogLog), the same for the same data; null where it was not counted. */
  distinct: number | null;
  /** Of numbers: of the finite values. */
  mean: number | null;
  /** Least and greatest value as text, cut after 60 characters; null without values and for types that have none. */
  min: string | null;
  max: string | null;
}

/** The figures of a table's columns, as the ledger keeps them: short, because every run that saw a change writes them. */
export interface TableFigures {
  rows: number;
  /** name, type, nulls, distinct, mean, min, max */
  columns: [string, string, number, number | null, number | null, string | null, string | null][];
}

/** Cells up to which different values are estimated: the estimate costs more than everything else that a run counts. */
const distinctCells = 5_000_000;

const hasRange = (type: string): boolean =>
  isNumber(type) || isMoment(type) || type === "VARCHAR" || type === "BOOLEAN" || type === "TIME" || type === "UUID";

/** SQL of a list of texts, four of each column: different values, mean, least, greatest. */
export function figuresSql(columns: readonly RelationColumn[], rows: number): string {
  const counted = rows * columns.length <= distinctCells;
  const each = columns.flatMap(({ name, type }) => {
    const v = quoteIdentifier(name);
    if (!hasRange(type)) return ["NULL", "NULL", "NULL", "NULL"];
    const finite = isFloat(type) ? ` FILTER (isfinite(${v}))` : "";
    return [
      counted ? `approx_count_distinct(${v})` : "NULL",
      isNumber(type) ? `avg(${v}::DOUBLE)${finite}` : "NULL",
      `left(min(${v})::VARCHAR, 60)`,
      `left(max(${v})::VARCHAR, 60)`,
    ];
  });
  return `[${each.map((sql) => `${sql}::VARCHAR`).join(", ")}]::VARCHAR[]`;
}

/** Reads what {@link figuresSql} gave. */
export function readFigures(
  columns: readonly RelationColumn[],
  rows: number,
  nulls: readonly number[],
  values: readonly (string | null)[],
): ColumnFigures[] {
  const number = (text: string | null | undefined) => (text === null || text === undefined ? null : Number(text));
  return columns.map(({ name, type }, i) => {
    const [distinct, mean, min = null, max = null] = values.slice(4 * i, 4 * i + 4);
    const missing = nulls[i] ?? 0;
    const different = number(distinct);
    return {
      name,
      type,
      nulls: missing,
      // An estimate may exceed what is there.
      distinct: different === null ? null : Math.min(different, rows - missing),
      mean: number(mean),
      min,
      max,
    };
  });
}

/** The shortest form, for the ledger. */
export const packFigures = (rows: number, columns: readonly ColumnFigures[]): TableFigures => ({
  rows,
  columns: columns.map(({ name, type, nulls, distinct, mean, min, max }) => [
    name,
    type,
    nulls,
    distinct,
    mean,
    min,
    max,
  ]),
});

/** Undefined for what is no {@link TableFigures}: another version may have written it. */
export function unpackFigures(data: unknown): { rows: number; columns: ColumnFigures[] } | undefined {
  const { rows, columns } = (data ?? {}) as Partial<TableFigures>;
  if (typeof rows !== "number" || !Array.isArray(columns)) return undefined;
  return {
    rows,
    columns: columns.map(([name, type, nulls, distinct, mean, min, max]) => ({
      name,
      type,
      nulls,
      distinct,
      mean,
      min,
      max,
    })),
  };
}
