import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { type Expectation, milliseconds, type SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";

/** Checks of single rows; `unique` needs the other rows too, and the rest is about a file as a whole. */
export const isRowCheck = ({ check }: Expectation): boolean =>
  check === "not_null" || check === "in_set" || check === "range" || check === "regex" || check === "sql";

const literal = (value: string | number | boolean): string =>
  typeof value === "string" ? quoteLiteral(value) : String(value);

/**
 * SQL that is true for a row that meets the expectation. Missing values pass every check but not_null and sql: a custom
 * condition must be true, so that one which says nothing about a row does not let it in.
 */
export function rowCondition(expectation: Expectation): string {
  const { check, columns, values = [], min, max, pattern = "", sql = "" } = expectation;
  if (check === "sql") return `coalesce((${sql}), false)`;
  const conditions = columns.map((name) => {
    const v = quoteIdentifier(name);
    if (check === "not_null") return `${v} IS NOT NULL`;
    if (check === "in_set")
      return `coalesce(${v}::VARCHAR IN (${values.map((x) => `${literal(x)}::VARCHAR`).join(", ")}), true)`;
    if (check === "regex") return `coalesce(regexp_matches(${v}::VARCHAR, ${quoteLiteral(pattern)}), true)`;
    const bounds = [
      ...(min === undefined ? [] : [`${v} >= ${literal(min)}`]),
      ...(max === undefined ? [] : [`${v} <= ${literal(max)}`]),
    ];
    return `coalesce(${bounds.join(" AND ")}, true)`;
  });
  return conditions.length > 0 ? `(${conditions.join(" AND ")})` : "true";
}

/** What an expectation asks for, in words: `qty between 1 and 100`. */
export function inWords(expectation: Expectation): string {
  const { check, name, columns, values = [], min, max, pattern, within, sql } = expectation;
  if (name !== undefined) return name;
  const subject = columns.join(", ");
  const bounds =
    min !== undefined && max !== undefined
      ? `between ${min} and ${max}`
      : min !== undefined
        ? `at least ${min}`
        : `at most ${max}`;
  switch (check) {
    case "not_null":
      return `${subject} is not null`;
    case "unique":
      return `${subject} is unique`;
    case "in_set":
      return `${subject} is one of ${values.slice(0, 8).join(", ")}${values.length > 8 ? " …" : ""}`;
    case "range":
      return `${subject} is ${bounds}`;
    case "regex":
      return `${subject} matches ${pattern}`;
    case "row_count":
      return `the number of rows is ${bounds}`;
    case "fresh":
      return `the newest ${subject} is not older than ${within}`;
    default:
      return `${sql}`;
  }
}

/** Whether a file's number of rows is allowed. */
export const rowCountFits = ({ min, max }: Expectation, rows: number): boolean =>
  (min === undefined || rows >= Number(min)) && (max === undefined || rows <= Number(max));

/** SQL over a relation of rows: true when the newest value of every column is young enough. `now` in milliseconds since 1970. */
export function freshCondition({ columns, within = "1 day" }: Expectation, now: number): string {
  const oldest = `make_timestamp(${Math.round((now - milliseconds(within)) * 1000)})`;
  // Times without a zone are taken for UTC, as DuckDB stores them.
  return columns.map((name) => `coalesce(max(${quoteIdentifier(name)})::TIMESTAMP >= ${oldest}, false)`).join(" AND ");
}

/** An expectation that DuckDB cannot evaluate, as ING-018. */
export function cannotCheck(source: SourceConfig, expectation: Expectation, error: unknown) {
  return ingestErrors.badExpectation({
    message: `The expectation \`${inWords(expectation)}\` of the source ${source.name} cannot be checked: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    place: source.place,
    hint: "Correct it in lab.yml: name columns as the contract does, and compare them with values of their type.",
    cause: error,
  });
}
