import { objectOf, type Schema } from "../schema.ts";

/** Checks that can be made at the door, while a source is loaded. */
export const doorChecks = [
  "not_null",
  "unique",
  "in_set",
  "range",
  "regex",
  "length",
  "row_count",
  "fresh",
  "sql",
] as const;
/** Checks of a built table: those of the door, and what needs other tables or the table's own definition. */
export const tableChecks = [...doorChecks, "relationship", "columns", "query"] as const;
export type TableCheck = (typeof tableChecks)[number];

/** What is expected of rows or of a table. Which keys it needs depends on `check`. */
interface Entry {
  name?: string;
  /** All but row_count, sql, columns and query. */
  column?: string | string[];
  /** in_set */
  values?: (string | number | boolean)[];
  /** range, row_count, length */
  min?: number | string;
  max?: number | string;
  /** regex: must match somewhere in the value. */
  pattern?: string;
  /** fresh */
  within?: string;
  /** sql: a condition that is true for good rows. query: a SELECT of the bad ones. */
  sql?: string;
}

/** One expectation at the door. */
export interface ExpectationEntry extends Entry {
  check: (typeof doorChecks)[number];
  severity?: "quarantine" | "warn" | "fail";
}

/** One expectation of a built table. */
export interface TableExpectationEntry extends Entry {
  check: TableCheck;
  /** SQL condition: only rows that meet it are looked at. */
  where?: string;
  /** relationship: `schema.table`. */
  to?: string;
  /** relationship: its columns there; default: of the same names. */
  field?: string | string[];
  /** columns: names, or names with DuckDB's types. */
  columns?: string[] | Record<string, string | null>;
  severity?: "warn" | "error";
  /** When it is not met, nothing is published. */
  blocking?: boolean;
}

const some: Schema = { type: "string", minLength: 1 };
const someOrList = (description: string): Schema => ({
  anyOf: [some, { type: "array", items: some, minItems: 1 }],
  description,
});
const limit = (description: string): Schema => ({ anyOf: [{ type: "number" }, { type: "string" }], description });

/** The keys that expectations at the door and of built tables share. */
const shared: { [K in keyof Required<Entry>]: Schema } = {
  name: { ...some, description: "Shown in reports instead of a generated name." },
  column: someOrList("Column or columns that the check looks at."),
  values: {
    type: "array",
    items: { anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }] },
    minItems: 1,
    description: "in_set: the allowed values.",
  },
  min: limit("range, row_count, length: the least."),
  max: limit("range, row_count, length: the greatest."),
  pattern: { ...some, description: "regex: must match somewhere in the value." },
  within: {
    type: "string",
    pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$",
    patternHint: "a time such as `2 hours` or `3 days`",
    description: "fresh: how old the newest value may be.",
  },
  sql: { ...some, description: "sql: a condition that is true for good rows; query: a SELECT of the bad ones." },
};

export const doorExpectation = objectOf<ExpectationEntry>(
  {
    check: { type: "string", enum: doorChecks, description: "What must hold." },
    ...shared,
    severity: {
      type: "string",
      enum: ["quarantine", "warn", "fail"],
      default: "warn",
      description: "quarantine the row, warn, or fail the load.",
    },
  },
  ["check"],
);

export const tableExpectation = objectOf<TableExpectationEntry>(
  {
    check: { type: "string", enum: tableChecks, description: "What must hold." },
    ...shared,
    where: { ...some, description: "SQL condition: only rows that meet it are looked at." },
    to: {
      ...some,
      pattern: '^[^".][^.]*\\..+$',
      patternHint: "`schema.table` without quotes, the table with whatever is in its name",
      description: "relationship: the table where every value must occur.",
    },
    field: someOrList("relationship: the columns there; default: those of the same names."),
    columns: {
      anyOf: [
        { type: "array", items: some, minItems: 1 },
        { type: "object", additionalProperties: { anyOf: [some, { type: "null" }] } },
      ],
      description: "columns: names that must exist, or names with DuckDB's types (`amount: DECIMAL(12,2)`).",
    },
    severity: {
      type: "string",
      enum: ["warn", "error"],
      default: "error",
      description: "error: the run fails, as with a test; warn: it says so and goes on.",
    },
    blocking: {
      type: "boolean",
      description: "Whether nothing is published while it is not met. Default: true for the severity error.",
    },
  },
  ["check"],
);
