/** The shapes that are sent to the oracle, and the words that projects and questions are made of. */

export interface Question {
  select: string[];
  exclude: string[];
  selector?: string;
  indirect: "eager" | "cautious" | "buildable" | "empty";
  types: string[];
  empty: boolean;
  threads: number;
}

export interface Item {
  manifest: Json;
  previous?: Json;
  results: { unique_id: string; status: string }[];
  sources: { unique_id: string; status: string; max_loaded_at?: string }[];
  sourcesCurrent: { unique_id: string; status: string; max_loaded_at?: string }[];
  selectors?: { selectors: Json[] };
  selectorIndirect: Question["indirect"];
  /** Whether the graph gets the test edges of `build`. */
  build: boolean;
  /** Files that exist in the root project. */
  files: string[];
  cases: Question[];
}

export type Json = Record<string, any>;

export const packages = ["root", "pkg"];
export const names = ["a", "b", "c", "orders", "stg_orders", "stg_x", "dim.x", "fct", "a1", "A", "x_y"];
export const folders = ["models", "models/staging", "models/marts", "models/marts/core", "models/a", "models/.hid"];
export const tags = ["nightly", "daily", "n1", "a", "pii"];
export const groups = ["fin", "ops"];
export const indirects = ["eager", "cautious", "buildable", "empty"] as const;
export const allTypes = [
  "model",
  "seed",
  "snapshot",
  "test",
  "source",
  "exposure",
  "metric",
  "saved_query",
  "semantic_model",
  "unit_test",
  "function",
  "analysis",
  "operation",
];
