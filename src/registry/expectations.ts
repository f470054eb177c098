import type { Place } from "#errors/index.ts";
import type { ExpectationEntry, TableCheck, TableExpectationEntry } from "./schemas/expectation.ts";
import type { Problem } from "./validate.ts";

/** An expectation at the door with its defaults filled in. */
export interface Expectation extends Omit<ExpectationEntry, "column" | "severity"> {
  columns: string[];
  severity: "quarantine" | "warn" | "fail";
}

/** An expectation of a built table with its defaults filled in. */
export interface TableExpectation extends Omit<TableExpectationEntry, "column" | "columns" | "field"> {
  /** `schema.table` as written. */
  table: string;
  columns: string[];
  /** relationship: the columns of `to`, as many as `columns`. */
  fields: string[];
  /** columns: DuckDB's type by name, null where any is right. */
  types: Record<string, string | null>;
  severity: "warn" | "error";
  blocking: boolean;
  /** Where it is declared. */
  place: Place;
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** An expectation at the door as its check wants it. */
export const doorExpectationOf = ({ column, severity, ...rest }: ExpectationEntry): Expectation => ({
  ...rest,
  columns: list(column),
  severity: severity ?? "warn",
});

/** An expectation of `table` as its check wants it. */
export function tableExpectationOf(
  table: string,
  { column, columns, field, severity = "error", blocking, ...rest }: TableExpectationEntry,
  place: Place,
): TableExpectation {
  const named = list(column);
  const fields = list(field);
  return {
    ...rest,
    table,
    columns: named,
    fields: fields.length > 0 ? fields : named,
    types: Array.isArray(columns) ? Object.fromEntries(columns.map((name) => [name, null])) : (columns ?? {}),
    severity,
    blocking: blocking ?? severity === "error",
    place,
  };
}

type Key = Exclude<keyof TableExpectationEntry, "check" | "name" | "where" | "severity" | "blocking">;
/** What each check needs (of `min` and `max` one is enough), and what it may have besides. */
const keysOf: Record<TableCheck, { needs: Key[]; may?: Key[] }> = {
  not_null: { needs: ["column"] },
  unique: { needs: ["column"] },
  in_set: { needs: ["column", "values"] },
  range: { needs: ["column", "min"], may: ["max"] },
  regex: { needs: ["column", "pattern"] },
  length: { needs: ["column", "min"], may: ["max"] },
  row_count: { needs: ["min"], may: ["max"] },
  fresh: { needs: ["column", "within"] },
  sql: { needs: ["sql"] },
  relationship: { needs: ["column", "to"], may: ["field"] },
  columns: { needs: ["columns"] },
  query: { needs: ["sql"] },
};
const allKeys = [...new Set(Object.values(keysOf).flatMap(({ needs, may = [] }) => [...needs, ...may]))];

/** What a schema cannot say about one expectation: keys that its check lacks or does not know, limits that cannot be met. */
export function expectationProblems(item: TableExpectationEntry | ExpectationEntry, path: Problem["path"]): Problem[] {
  const entry = item as TableExpectationEntry;
  const { needs, may = [] } = keysOf[entry.check];
  const problems: Problem[] = [];
  const report = (at: Problem["path"], message: string, hint: string) =>
    problems.push({ kind: "value", path: at, message, hint });
  const given = (key: Key) => entry[key] !== undefined || (key === "min" && entry.max !== undefined);
  const lacks = needs.find((key) => !given(key));
  if (lacks) report(path, `The check ${entry.check} has no \`${lacks}\`.`, `Add \`${lacks}:\`.`);
  for (const key of allKeys) {
    if (entry[key] === undefined || needs.includes(key) || may.includes(key)) continue;
    const those = Object.entries(keysOf).flatMap(([check, keys]) =>
      [...keys.needs, ...(keys.may ?? [])].includes(key) ? [check] : [],
    );
    report(
      [...path, key],
      `\`${key}\` means nothing for the check ${entry.check}.`,
      `Take it out, or use the check ${those.join(", ")}.`,
    );
  }
  const { check, min, max, column, field } = entry;
  for (const [key, value] of [["min", min] as const, ["max", max] as const]) {
    if (value === undefined || (check !== "row_count" && check !== "length")) continue;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) continue;
    report([...path, key], `\`${key}\` of the check ${check} is no whole number from 0.`, "Write a number such as 10.");
  }
  if (min !== undefined && max !== undefined && typeof min === typeof max && min > max)
    report([...path, "max"], `\`max\` (${max}) is less than \`min\` (${min}).`, "Exchange the two.");
  if (field !== undefined && list(field).length !== list(column).length)
    report(
      [...path, "field"],
      `\`column\` has ${list(column).length} names and \`field\` ${list(field).length}.`,
      "Name as many columns of the other table, in the same order.",
    );
  return problems;
}
