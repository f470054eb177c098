import { quoteIdentifier } from "#duck/index.ts";
import { keyComplete } from "#expect/index.ts";
import type { ColumnProfile } from "./column-profile.ts";
import type { Relation } from "./relations.ts";
import { isWhole } from "./type-kinds.ts";

const none = "NULL";

const list = (columns: readonly string[]) => columns.map(quoteIdentifier).join(", ");

/** Aggregate: distinct hashes of whole rows. Equal rows have equal hashes, so duplicates are never missed. */
export function rowHashes(relation: Relation): string {
  return relation.columns.length === 0 ? none : `count(DISTINCT hash(${list(relation.columns.map((c) => c.name))}))`;
}

/** Query for the exact number of rows that are copies of another: after {@link rowHashes} found some. */
export function rowCopies(relation: Relation): string {
  return `SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM ${relation.sql} GROUP BY ${list(relation.columns.map((c) => c.name))})`;
}

/** Query that shows the keys that occur more than once, the most frequent first. */
export function duplicatesQuery(relation: Relation, columns: readonly string[]): string {
  return `SELECT ${list(columns)}, count(*) AS "rows" FROM ${relation.sql} WHERE ${keyComplete(columns)} GROUP BY ${list(columns)} HAVING count(*) > 1 ORDER BY count(*) DESC`;
}

/** Query that shows whole rows that occur more than once. */
export function copiesQuery(relation: Relation): string {
  return `SELECT *, count(*) AS "rows" FROM ${relation.sql} GROUP BY ALL HAVING count(*) > 1 ORDER BY count(*) DESC`;
}

/** Query for the number of different values of a column. */
export const distinctQuery = (relation: Relation, column: string): string =>
  `SELECT count(DISTINCT ${quoteIdentifier(column)}) FROM ${relation.sql}`;

/**
 * The column that may be the key of a table of which nobody says one: the leftmost whole number, text or UUID without nulls
 * whose values differ in nearly every row. Estimates of different values are some per cent off.
 */
export function probableKey(rows: number, columns: readonly ColumnProfile[]): string | undefined {
  if (rows < 2) return undefined;
  return columns.find(
    ({ type, nulls, distinct, distinctExact }) =>
      nulls === 0 &&
      distinct >= rows * (distinctExact ? 0.99 : 0.85) &&
      (isWhole(type) || type === "VARCHAR" || type === "UUID"),
  )?.name;
}
