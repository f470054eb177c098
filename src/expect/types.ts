import type { ErrorJson } from "#errors/index.ts";
import type { TableExpectation } from "#registry/index.ts";

export interface ExpectedColumn {
  name: string;
  /** DuckDB's own spelling. */
  type: string;
}

/** A table or view of the lab's database, as far as expectations need to know it. */
export interface ExpectedTable {
  /** `schema.table` in the database's own spelling. */
  label: string;
  /** Quoted, with its schema. */
  sql: string;
  columns: ExpectedColumn[];
}

/** What came of one expectation of a built table. */
export interface TableOutcome {
  expectation: TableExpectation;
  /** Stable over runs while check, columns and name stay: `gold.kpis.unique_product_line`. */
  id: string;
  /** What is expected, in words. */
  name: string;
  /** `schema.table`, as the database spells it when it is there. */
  table: string;
  /** `error`: it cannot be checked. `skipped`: the table was not built. */
  status: "pass" | "warn" | "fail" | "error" | "skipped";
  /** Rows that are not as expected; for what is about the table as a whole 1. Null where it was not checked. */
  failures: number | null;
  /** Rows that were looked at. */
  rows: number | null;
  /** What was found instead; null when it is met. */
  message: string | null;
  /** SELECT that shows what is wrong; null where nothing can be shown. */
  query: string | null;
  /** Failing rows that were kept. */
  kept: number;
  error?: ErrorJson;
}
