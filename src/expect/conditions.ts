import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { type Expectation, milliseconds, type TableExpectation } from "#registry/index.ts";

/** What expectations at the door and of built tables have in common. */
export type Expected = Pick<
  TableExpectation,
  "check" | "name" | "columns" | "values" | "min" | "max" | "pattern" | "within" | "sql"
> &
  Partial<Pick<TableExpectation, "where" | "to" | "fields" | "types">>;

const ofRows: ReadonlySet<string> = new Set(["not_null", "in_set", "range", "regex", "length", "sql"]);

/** Checks of single rows; `unique` needs the other rows too, and the rest is about a file or table as a whole. */
export const isRowCheck = ({ check }: Pick<Expected | Expectation, "check">): boolean => ofRows.has(check);

const literal = (value: string | number | boolean): string =>
  typeof value === "string" ? quoteLiteral(value) : String(value);

/** A text from lab.yml as one SQL condition: in brackets that no comment at its end can swallow, null as false. */
export const custom = (sql: string): string => `coalesce((${sql}\n), false)`;

/**
 * SQL that is true for a row that meets the expectation. Missing values pass every check but not_null and sql: a custom
 * condition must be true, so that one which says nothing about a row does not let it in.
 */
export function rowCondition(expectation: Expected): string {
  const { check, columns, values = [], pattern = "", sql = "" } = expectation;
  if (check === "sql") return custom(sql);
  const conditions = columns.map((name) => {
    const v = quoteIdentifier(name);
    if (check === "not_null") return `${v} IS NOT NULL`;
    if (check === "in_set") return `coalesce(${isOneOf(v, values)}, true)`;
    if (check === "regex") return `coalesce(regexp_matches(${v}::VARCHAR, ${quoteLiteral(pattern)}), true)`;
    return `coalesce(${bounds(expectation, check === "length" ? `length(${v}::VARCHAR)` : v)}, true)`;
  });
  return conditions.length > 0 ? `(${conditions.join(" AND ")})` : "true";
}

/** Compared as text, so that any type will do; numbers as numbers too, for a DECIMAL shows 1 as `1.00`. */
function isOneOf(v: string, values: readonly (string | number | boolean)[]): string {
  const texts = values.map((x) => `${literal(x)}::VARCHAR`).join(", ");
  const numbers = values.filter((x) => typeof x === "number" && (!Number.isInteger(x) || Number.isSafeInteger(x)));
  const asText = `${v}::VARCHAR IN (${texts})`;
  return numbers.length === 0
    ? asText
    : `(${asText} OR coalesce(TRY_CAST(${v} AS DOUBLE) IN (${numbers.join(", ")}), false))`;
}

function bounds({ min, max }: Expected, value: string): string {
  return [
    ...(min === undefined ? [] : [`${value} >= ${literal(min)}`]),
    ...(max === undefined ? [] : [`${value} <= ${literal(max)}`]),
  ].join(" AND ");
}

/** What an expectation asks for, in words: `qty is between 1 and 100`. */
export function inWords(expectation: Expected): string {
  if (expectation.name !== undefined) return expectation.name;
  const { where } = expectation;
  return where === undefined ? plainWords(expectation) : `${plainWords(expectation)} where ${oneLine(where)}`;
}

function plainWords({ check, columns, values = [], min, max, ...more }: Expected): string {
  const subject = columns.join(", ");
  const limits =
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
      return `${subject} is ${limits}`;
    case "length":
      return `the length of ${subject} is ${limits}`;
    case "regex":
      return `${subject} matches ${more.pattern}`;
    case "row_count":
      return `the number of rows is ${limits}`;
    case "fresh":
      return `the newest ${subject} is not older than ${more.within}`;
    case "relationship": {
      const there = (more.fields ?? columns).join(", ");
      return `${subject} occurs in ${more.to}${there === subject ? "" : ` as ${there}`}`;
    }
    case "columns":
      return `it has ${Object.entries(more.types ?? {})
        .map(([name, type]) => (type === null ? name : `${name} (${type})`))
        .join(", ")}`;
    case "query":
      return `no row of: ${oneLine(more.sql ?? "")}`;
    default:
      return oneLine(more.sql ?? "");
  }
}

function oneLine(sql: string): string {
  const text = sql.replaceAll(/\s+/g, " ").trim();
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

/** Whether a number of rows is allowed. */
export const rowCountFits = ({ min, max }: Pick<Expected, "min" | "max">, rows: number): boolean =>
  (min === undefined || rows >= Number(min)) && (max === undefined || rows <= Number(max));

/**
 * SQL over a relation of rows: the newest moment of a column in milliseconds since 1970, null without any. Times without a
 * zone are taken for UTC, as DuckDB stores them; `infinity` is no moment.
 */
export const newestMoment = (column: string, where?: string): string => {
  const v = quoteIdentifier(column);
  return `epoch_ms(max(${v}) FILTER (WHERE isfinite(${v})${where === undefined ? "" : ` AND ${where}`}))`;
};

/** The least moment that counts as fresh, in milliseconds since 1970; `now` likewise. */
export const freshSince = ({ within = "1 day" }: Pick<Expected, "within">, now: number): number =>
  now - milliseconds(within);

/** SQL over a relation of rows: true when the newest value of every column is young enough. */
export function freshCondition(expectation: Expected, now: number): string {
  const since = Math.round(freshSince(expectation, now));
  return expectation.columns.map((name) => `coalesce(${newestMoment(name)} >= ${since}, false)`).join(" AND ");
}
