import { mapOf, objectOf, type Schema } from "../schema.ts";
import { tableExpectation, type TableExpectationEntry } from "./expectation.ts";
import { labAlerts, type LabAlertsEntry } from "./alerts.ts";
import { ownStep, type OwnStepEntry } from "./own-step.ts";
import { source, type SourceEntry } from "./source.ts";

export const scoreParts = ["completeness", "uniqueness", "validity", "freshness", "consistency", "volume"] as const;
export type ScorePart = (typeof scoreParts)[number];

/** What the inspector and the score should know about one table, named `schema.table`. */
export interface TableQuality {
  /** Columns that identify a row. */
  key?: string | string[];
  /** Column that says when a row happened. */
  time_column?: string;
  /** How old the newest row may be: `2 days`, `36 hours`. */
  fresh_within?: string;
  /** An empty table is no defect. */
  may_be_empty?: boolean;
  /** Least score of this table. */
  minimum_score?: number;
  /** What must hold for it after it was built. */
  expectations?: TableExpectationEntry[];
}

export interface QualityConfig {
  /** Weight of each part of the score; parts that are missing keep their default. */
  weights?: Partial<Record<ScorePart, number>>;
  /** Days that count as recent for "new rows". */
  recent_days?: number;
  /** Least score of the lab. */
  minimum_score?: number;
  /** Failing rows that are kept of each expectation. */
  failing_rows?: number;
  tables?: Record<string, TableQuality>;
}

export interface ScheduleConfig {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron?: string;
  /** `15 minutes`, `2 hours`. */
  every?: string;
  /** IANA name; the machine's own when missing. */
  timezone?: string;
  /** Run when new files arrive. */
  on_files?: boolean;
  /** Run after these labs were published. */
  after?: string | string[];
  /** What happens to runs that were missed while nothing was running. */
  missed?: "once" | "skip" | "catch_up";
  paused?: boolean;
}

/** A format with a folder of its own, or the format alone. */
export type ExportEntry = "parquet" | "csv" | { format: "parquet" | "csv"; to?: string };

export interface PublishConfig {
  /** False: readers get no snapshots. */
  enabled?: boolean;
  /** Schemas that readers get. */
  schemas?: string | string[];
  /** Versions that are kept. */
  keep?: number;
  /** Files that are written with each version. */
  exports?: ExportEntry[];
}

/** `lab.yml` as written: what belongs to one lab only. */
export interface LabFile {
  sources?: SourceEntry[] | null;
  quality?: QualityConfig | null;
  publish?: PublishConfig | null;
  schedule?: ScheduleConfig | null;
  alerts?: LabAlertsEntry | null;
  steps?: OwnStepEntry[] | null;
  secrets?: string[] | null;
}

const names: Schema = {
  anyOf: [
    { type: "string", minLength: 1 },
    { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
  ],
};

export const duration: Schema = {
  type: "string",
  pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$",
  patternHint: "a time such as `15 minutes`, `2 hours` or `3 days`",
};

const orEmpty = (schema: Schema, description: string): Schema => ({ anyOf: [schema, { type: "null" }], description });

const score: Schema = { type: "number", minimum: 0, maximum: 100 };
const weight: Schema = { type: "number", minimum: 0 };

const table = objectOf<TableQuality>({
  key: { ...names, description: "Column or columns that identify a row." },
  time_column: { type: "string", minLength: 1, description: "Column that says when a row happened." },
  fresh_within: { ...duration, description: "How old the newest row may be." },
  may_be_empty: { type: "boolean", default: false, description: "An empty table is no defect." },
  minimum_score: { ...score, description: "Least score of this table; under it nothing is published." },
  expectations: { type: "array", items: tableExpectation, description: "Checked after the table was built." },
});

const quality = objectOf<QualityConfig>({
  weights: objectOf<Partial<Record<ScorePart, number>>>(
    {
      completeness: { ...weight, description: "Missing values." },
      uniqueness: { ...weight, description: "Duplicates by key." },
      validity: { ...weight, description: "Tests and expectations." },
      freshness: { ...weight, description: "Age of the newest rows." },
      consistency: { ...weight, description: "Contracts and drift." },
      volume: { ...weight, description: "Row counts against the table's history." },
    },
    [],
    "Weight of each part of the score; what is left out keeps its default.",
  ),
  recent_days: { type: "integer", minimum: 1, default: 7, description: "Days that count as recent for new rows." },
  minimum_score: { ...score, description: "Least score of the lab; under it nothing is published." },
  failing_rows: {
    type: "integer",
    minimum: 0,
    default: 100,
    description: "Failing rows that are kept of each expectation, in `_quality.failing_rows` of the lab's database.",
  },
  tables: mapOf(table, "Facts about tables, by `schema.table`.", {
    pattern: "^[^.]+\\.[^.]+$",
    patternHint: "`schema.table`",
  }),
});

const schedule = objectOf<ScheduleConfig>({
  cron: {
    type: "string",
    pattern: "^\\s*\\S+(\\s+\\S+){4}\\s*$",
    patternHint: "five cron fields such as `30 6 * * 1-5`",
    description: "Minute, hour, day of month, month, day of week.",
  },
  every: { ...duration, description: "Run at this interval." },
  timezone: { type: "string", minLength: 1, description: "IANA name such as Europe/Berlin." },
  on_files: { type: "boolean", default: false, description: "Run when new files arrive." },
  after: { ...names, description: "Run after these labs were published." },
  missed: {
    type: "string",
    enum: ["once", "skip", "catch_up"],
    default: "once",
    description: "What happens to runs that were missed.",
  },
  paused: { type: "boolean", default: false, description: "Keep the schedule, but do not run it." },
});

const exportFormat: Schema = { type: "string", enum: ["parquet", "csv"] };

const publish = objectOf<PublishConfig>({
  enabled: { type: "boolean", default: true, description: "Give readers a snapshot when a run passes the gate." },
  schemas: { ...names, description: "Schemas that readers get; default: the gold layer." },
  keep: { type: "integer", minimum: 1, default: 5, description: "Versions that are kept, for going back." },
  exports: {
    type: "array",
    items: {
      anyOf: [
        exportFormat,
        objectOf<Exclude<ExportEntry, string>>(
          {
            format: { ...exportFormat, description: "What the files are." },
            to: {
              type: "string",
              minLength: 1,
              description: "Folder, relative to the lab's; default: data/exports/<format>.",
            },
          },
          ["format"],
        ),
      ],
    },
    description: "One file a table, written with each version and swapped in at once.",
  },
});

/** `lab.yml`: sources, quality, publishing, schedule and secrets of one lab. */
export const labSchema: Schema = {
  anyOf: [
    objectOf<LabFile>({
      sources: orEmpty({ type: "array", items: source }, "Where the lab's raw tables come from."),
      quality: orEmpty(quality, "What the inspector and the score should know."),
      publish: orEmpty(publish, "What readers get, and how many versions of it are kept."),
      schedule: orEmpty(schedule, "When the lab runs by itself."),
      steps: orEmpty({ type: "array", items: ownStep }, "Steps of the lab's own, before, between or after the stages."),
      alerts: orEmpty(labAlerts, "Who is told what about this lab, where it differs from alerts.yml."),
      secrets: orEmpty(
        {
          type: "array",
          items: {
            type: "string",
            pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
            patternHint: "the name of an environment variable",
          },
        },
        "Names of environment variables that the lab needs. Values never stand in a file.",
      ),
    }),
    { type: "null" },
  ],
};
