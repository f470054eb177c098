import { quoteIdentifier } from "#duck/index.ts";
import type { TableExpectation } from "#registry/index.ts";
import { custom, freshSince, inWords, isRowCheck, newestMoment, rowCondition, rowCountFits } from "./conditions.ts";
import { keyAggregates, keyComplete, keyValue } from "./keys.ts";
import type { ExpectedTable } from "./types.ts";

/** What one expectation needs from the pass over its table, and what its numbers mean. */
export interface Measure {
  /** Aggregates over the table, each a whole number or null. */
  sql: string[];
  read(values: readonly (number | null)[]): { failures: number; message: string | null };
  /** SELECT of the rows that are not as expected; for what is about the table as a whole, of what was found. */
  query: string | null;
  /** Whether {@link query} gives rows of the table. */
  showsRows: boolean;
}

const count = (failures: number, text: string) => ({ failures, message: failures === 0 ? null : text });
const rowsText = (rows: number): string => `${rows} ${rows === 1 ? "row is" : "rows are"} not so`;

/**
 * How an expectation is measured in the one pass over its table; `columns` and `query` need none. `to` is the other table
 * of a relationship, `now` in milliseconds since 1970.
 */
export function measureOf(
  item: TableExpectation,
  table: ExpectedTable,
  to: ExpectedTable | undefined,
  now: number,
): Measure {
  const { check, columns } = item;
  const where = item.where === undefined ? undefined : custom(item.where);
  const and = where === undefined ? "" : `${where} AND `;
  const all = where === undefined ? "count(*)" : `count(*) FILTER (WHERE ${where})`;
  const bad = (condition: string): Measure => ({
    sql: [`count(*) FILTER (WHERE ${and}${condition})`],
    read: ([rows]) => count(rows ?? 0, rowsText(rows ?? 0)),
    query: `SELECT * FROM ${table.sql} WHERE ${and}${condition}`,
    showsRows: true,
  });
  if (isRowCheck(item)) return bad(`NOT ${rowCondition(item)}`);
  if (check === "unique") {
    const complete = `${and}${keyComplete(columns)}`;
    const keys = columns.map(quoteIdentifier).join(", ");
    return {
      sql: keyAggregates(columns, where),
      read: ([rows, distinct]) => {
        const more = (rows ?? 0) - (distinct ?? 0);
        return count(more, `${more} ${more === 1 ? "row repeats" : "rows repeat"} another one's`);
      },
      // A window would sort the whole table with all its columns.
      query: `SELECT * FROM ${table.sql} WHERE ${complete} AND ${keyValue(columns)} IN (SELECT ${keyValue(columns)} FROM ${table.sql} WHERE ${complete} GROUP BY ${keys} HAVING count(*) > 1) ORDER BY ${keys}`,
      showsRows: true,
    };
  }
  if (check === "relationship") {
    const { fields } = item;
    const there = `SELECT ${keyValue(fields)} FROM ${to?.sql} WHERE ${keyComplete(fields)}`;
    return bad(`${keyComplete(columns)} AND (${keyValue(columns)} IN (${there})) IS NOT TRUE`);
  }
  if (check === "fresh") {
    return {
      sql: columns.map((name) => newestMoment(name, where)),
      read: (moments) => {
        const old = columns.flatMap((name, i) => {
          const newest = moments[i] ?? null;
          if (newest === null) return [`${name} has no value`];
          return newest < freshSince(item, now) ? [`the newest ${name} is ${new Date(newest).toISOString()}`] : [];
        });
        return count(old.length > 0 ? 1 : 0, old.join(", "));
      },
      query: `SELECT ${columns.map((name) => `max(${quoteIdentifier(name)})`).join(", ")} FROM ${table.sql}${where === undefined ? "" : ` WHERE ${where}`}`,
      showsRows: false,
    };
  }
  if (check === "row_count")
    return {
      sql: [all],
      read: ([rows]) => count(rowCountFits(item, rows ?? 0) ? 0 : 1, `there ${rows === 1 ? "is" : "are"} ${rows}`),
      query: `SELECT ${all} FROM ${table.sql}`,
      showsRows: false,
    };
  throw new Error(`${inWords(item)} is not measured by a pass over its table`);
}

/** What a column list asks for and the table does not have. `types` are the wanted ones in DuckDB's spelling. */
export function missingColumns(table: ExpectedTable, types: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(types).flatMap(([name, type]) => {
    const found = table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (!found) return [`there is no ${name}`];
    return type === null || type === found.type ? [] : [`${found.name} is ${found.type}`];
  });
}
