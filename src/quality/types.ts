import type { Reaction } from "#registry/index.ts";

/** What a score is made of. Each counts only where there is evidence for it. */
export type Dimension = "completeness" | "uniqueness" | "validity" | "freshness" | "consistency" | "volume";

export type Weights = Record<Dimension, number>;

/** Settings of one table. */
export interface TableRules {
  /** Dimension weights of this table; missing ones come from the lab's. */
  weights?: Partial<Weights>;
  /** Weight of the table in its layer, default 1; 0 leaves it out. */
  weight?: number;
  /** No rows are fine. Default false: an empty table scores 0. */
  mayBeEmpty?: boolean;
  /** Keys that must be unique, each a list of columns. */
  keys?: string[][];
  /** Columns whose nulls are no defect. */
  optionalColumns?: string[];
  /** Column that says when a row happened; default: the date or time column with the newest value up to now. */
  timeColumn?: string;
  /** The newest value of the time column must not be older than this. */
  maxAgeHours?: number;
  /** What follows when it is older; `off` is not to look. Default: the lab's. */
  stale?: Reaction;
  /** What follows when rows or newest moment are unlike those of earlier runs. Default: the lab's. */
  anomalies?: Reaction;
}

/** Settings of quality for a lab, as plain data. */
export interface QualityConfig {
  weights?: Partial<Weights>;
  /** Weights of layers (schemas) in the lab's score. Default: gold 3, silver 2, others 1. */
  layers?: Record<string, number>;
  /** Default: warn. */
  stale?: Reaction;
  /** Default: warn. */
  anomalies?: Reaction;
  /** By `schema.table` or table name. */
  tables?: Record<string, TableRules>;
}

/** Result of one dbt test or expectation. */
export interface TestOutcome {
  uniqueId: string;
  name: string;
  /** `schema.table` it checks; of a test over several, the one furthest downstream; null when it belongs to none. */
  table: string | null;
  column?: string | null;
  /** Of a test of several columns, instead of `column`. */
  columns?: string[];
  /** Generic test's or expectation's name (`unique`, `not_null`), null for a singular test. */
  kind?: string | null;
  severity: "error" | "warn";
  status: "pass" | "warn" | "fail" | "error" | "skipped";
  /** Failing rows, where it ran. */
  failures?: number | null;
  /** Rows it looked at; default: the table's. */
  rows?: number | null;
  /** Query that shows the failing rows. */
  query?: string | null;
}

/** Rows of a loaded table over all files that are in it, so that loading nothing new changes no score. */
export interface LoadOutcome {
  /** `schema.table` */
  table: string;
  rowsLoaded: number;
  rowsQuarantined: number;
  /** Departures from the contract that are still open, one sentence each. */
  drift?: string[];
  /** Query that shows the quarantined rows. */
  query?: string | null;
  /** Query that shows the contract. */
  driftQuery?: string | null;
}

/** Why points are missing: the loss, what is wrong, and the query that shows it. */
export interface Cause {
  points: number;
  text: string;
  query: string | null;
}

/** One dimension's share of a score. `points` of all parts add up to the score, `max` to 100. */
export interface Part {
  dimension: Dimension;
  points: number;
  max: number;
  causes: Cause[];
}

export interface Score {
  /** 0 to 100 in steps of 0.1; 100 means that no defect is known. Null when there is no evidence at all. */
  score: number | null;
  parts: Part[];
  /** Dimensions without evidence: their weights went to the others. */
  notCounted: Dimension[];
}
