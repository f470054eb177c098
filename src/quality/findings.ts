import type { Reaction } from "#registry/index.ts";

/** Something about the data of this run that is not as it should be by its age or its own history. */
export interface Finding {
  kind: "stale" | "volume" | "freshness";
  /** `schema.table` */
  table: string;
  /** What is so, without a full stop. */
  text: string;
  /** SELECT that shows it. */
  query: string | null;
  /** `blocking`: nothing is published while it is so. */
  reaction: Exclude<Reaction, "off">;
}

/** How old the data of a table is, as somebody else found it: dbt's source freshness, deliveries of files. */
export interface FreshnessOutcome {
  /** `schema.table` */
  table: string;
  /** `warn`: old, and no more than a warning. `error`: too old, or its age cannot be told. */
  status: "pass" | "warn" | "error";
  /** What is so, without a full stop. */
  text: string;
  /** Null when it cannot be told. */
  ageSeconds: number | null;
  maxAgeSeconds: number;
  query: string | null;
}
