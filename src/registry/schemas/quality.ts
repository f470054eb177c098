import { mapOf, objectOf, type Schema } from "../schema.ts";
import { duration } from "./duration.ts";
import { tableExpectation, type TableExpectationEntry } from "./expectation.ts";

export const scoreParts = ["completeness", "uniqueness", "validity", "freshness", "consistency", "volume"] as const;
export type ScorePart = (typeof scoreParts)[number];

/** What follows from data that is late or unlike its own history: a warning, no publishing, nothing. */
export const reactions = ["warn", "blocking", "off"] as const;
export type Reaction = (typeof reactions)[number];

/** How often new data is expected. */
export interface FreshnessConfig {
  /** `1 day`; default: the interval of the lab's schedule. */
  every?: string;
  stale?: Reaction;
}

/** What holds for every table of a lab, and may be stated for a whole workspace. */
export interface WorkspaceQuality {
  /** Weight of each part of the score; parts that are missing keep their default. */
  weights?: Partial<Record<ScorePart, number>>;
  /** Weight of each layer (schema) in the lab's score. */
  layers?: Record<string, number>;
  /** Days that count as recent for "new rows". */
  recent_days?: number;
  /** Least score of the lab. */
  minimum_score?: number;
  /** Failing rows that are kept of each expectation. */
  failing_rows?: number;
  freshness?: FreshnessConfig;
  anomalies?: Reaction;
}

/** What the inspector, the score and the gate should know about one table, named `schema.table`. */
export interface TableQuality {
  /** Columns that identify a row. */
  key?: string | string[];
  /** Column that says when a row happened. */
  time_column?: string;
  /** How old the newest row may be: `2 days`, `36 hours`. */
  fresh_within?: string;
  /** What follows when it is older. */
  stale?: Reaction;
  /** What follows when its rows or its newest moment are unlike those of earlier runs. */
  anomalies?: Reaction;
  /** An empty table is no defect. */
  may_be_empty?: boolean;
  /** Columns whose nulls are no defect. */
  optional_columns?: string | string[];
  /** Weight in its layer. */
  weight?: number;
  weights?: Partial<Record<ScorePart, number>>;
  /** Least score of this table. */
  minimum_score?: number;
  /** What must hold for it after it was built. */
  expectations?: TableExpectationEntry[];
}

/** `quality:` of a lab. */
export interface QualityConfig extends WorkspaceQuality {
  tables?: Record<string, TableQuality>;
}

const names = (description: string): Schema => ({
  anyOf: [
    { type: "string", minLength: 1 },
    { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
  ],
  description,
});
const reaction = (description: string): Schema => ({
  type: "string",
  enum: reactions,
  default: "warn",
  description: `${description}: warn, publish nothing (blocking), or nothing at all (off).`,
});
const score = (of: string): Schema => ({
  type: "number",
  minimum: 0,
  maximum: 100,
  description: `Least score of ${of}; under it nothing is published.`,
});
const weight: Schema = { type: "number", minimum: 0 };
const weights = objectOf<Partial<Record<ScorePart, number>>>(
  {
    completeness: { ...weight, description: "Missing values." },
    uniqueness: { ...weight, description: "Duplicates by key." },
    validity: { ...weight, description: "Tests and expectations." },
    freshness: { ...weight, description: "Age of the newest rows." },
    consistency: { ...weight, description: "Contracts and drift." },
    volume: { ...weight, description: "Row counts against the table's history." },
  },
  [],
  "Weight of each part of the score; what is left out keeps its default, 0 leaves the part out.",
);

const shared: { [K in keyof Required<WorkspaceQuality>]: Schema } = {
  weights,
  layers: mapOf(weight, "Weight of each layer (schema) in the lab's score; default: gold 3, silver 2, others 1."),
  recent_days: { type: "integer", minimum: 1, default: 7, description: "Days that count as recent for new rows." },
  minimum_score: score("the lab"),
  failing_rows: {
    type: "integer",
    minimum: 0,
    default: 100,
    description: "Failing rows that are kept of each expectation, in `_quality.failing_rows` of the lab's database.",
  },
  freshness: objectOf<FreshnessConfig>(
    {
      every: {
        ...duration,
        description: "How often new data is expected; default: the interval of the lab's schedule.",
      },
      stale: reaction("What follows from sources and tables that are late"),
    },
    [],
    "How often new data is expected, and what follows when it does not come.",
  ),
  anomalies: reaction("What follows when a table's rows or newest moment are unlike those of earlier runs"),
};

const table = objectOf<TableQuality>({
  key: names("Column or columns that identify a row."),
  time_column: {
    type: "string",
    minLength: 1,
    description: "Column that says when a row happened; default: found by its type.",
  },
  fresh_within: { ...duration, description: "How old the newest row may be." },
  stale: reaction("What follows when the newest row is older"),
  anomalies: reaction("What follows when its rows or its newest moment are unlike those of earlier runs"),
  may_be_empty: { type: "boolean", default: false, description: "An empty table is no defect." },
  optional_columns: names("Columns whose nulls are no defect."),
  weight: { ...weight, default: 1, description: "Weight of the table in its layer; 0 leaves it out." },
  weights,
  minimum_score: score("this table"),
  expectations: { type: "array", items: tableExpectation, description: "Checked after the table was built." },
});

/** `quality:` of lab.yml. */
export const quality = objectOf<QualityConfig>({
  ...shared,
  tables: mapOf(table, "Facts about tables, by `schema.table`.", {
    pattern: '^[^".][^.]*\\..+$',
    patternHint: "`schema.table` without quotes, the table with whatever is in its name",
  }),
});

/** `quality.yml` of a workspace. */
export const workspaceQualitySchema: Schema = { anyOf: [objectOf<WorkspaceQuality>(shared), { type: "null" }] };
