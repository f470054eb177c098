import { quoteIdentifier } from "#duck/index.ts";

const list = (columns: readonly string[]) => columns.map(quoteIdentifier).join(", ");

/** Columns as one value: the column itself, or a row of several. */
export const keyValue = (columns: readonly string[]): string =>
  columns.length === 1 ? list(columns) : `ROW(${list(columns)})`;

/** Condition: no part of the key is null (a null is nobody's duplicate; it is counted as missing). */
export const keyComplete = (columns: readonly string[]): string =>
  columns.map((column) => `${quoteIdentifier(column)} IS NOT NULL`).join(" AND ");

/** Aggregates over a table: rows whose key is complete, and distinct keys among them. The difference are duplicates. */
export function keyAggregates(columns: readonly string[], where?: string): [rows: string, distinct: string] {
  const counted = where === undefined ? keyComplete(columns) : `${where} AND ${keyComplete(columns)}`;
  return [`count(*) FILTER (${counted})`, `count(DISTINCT ${keyValue(columns)}) FILTER (${counted})`];
}
