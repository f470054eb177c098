import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { RelationColumn } from "./relations.ts";

/** Types that say when something happened; times of day do not. */
export const isMoment = (type: string): boolean =>
  type === "DATE" || type === "TIMESTAMP WITH TIME ZONE" || /^TIMESTAMP(_S|_MS|_NS)?$/.test(type);

/**
 * Condition: a moment that every type of time can hold (nanoseconds end in 2262). Infinity, 9999-12-31 and the like
 * stand for "never" and are no newest value.
 */
export const plausible = (value: string): string => `${value} BETWEEN '1700-01-01' AND '2261-12-31'`;

/** A moment as an SQL literal with its zone. */
function timestampLiteral(when: Date): string {
  return `TIMESTAMPTZ ${quoteLiteral(when.toISOString())}`;
}

/** A moment in the column's own type: times without a zone are the connection's. */
export function bound(type: string, when: Date): string {
  return `${timestampLiteral(when)}::${type === "DATE" ? "DATE" : type}`;
}

/** Condition: the value lies in the days wanted. Dates count by whole days. */
export function recentCondition(column: RelationColumn, since: Date, until: Date): string {
  const value = quoteIdentifier(column.name);
  return `${value} > ${bound(column.type, since)} AND ${value} <= ${bound(column.type, until)}`;
}
