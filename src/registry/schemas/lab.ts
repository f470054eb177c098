import { objectOf, type Schema } from "../schema.ts";
import { duration } from "./duration.ts";
import { ownStep, type OwnStepEntry, type Stage, stages } from "./own-step.ts";
import { labAlerts, type LabAlertsEntry } from "./alerts.ts";
import { quality, type QualityConfig } from "./quality.ts";
import { read, type ReadEntry } from "./reads.ts";
import { source, type SourceEntry } from "./source.ts";

export interface ScheduleConfig {
  /** Five fields: minute, hour, day of month, month, day of week; several of them run at any of their times. */
  cron?: string | string[];
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
  /** Higher runs first when labs wait for each other. Default 0. */
  priority?: number;
  /** A run that takes longer is stopped and has failed. */
  timeout?: string;
  /** The same for single stages: `load: 10 minutes`. */
  step_timeouts?: Partial<Record<Stage, string>>;
  /** How often a failed run is tried again when the failure may pass by itself. Default 2. */
  retries?: number;
  /** Wait before the first new attempt; twice as long before each further one. Default 30 seconds. */
  retry_after?: string;
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
  /** What becomes of the contracts of first loads: written into this file, or left to `labs ingest --freeze`. */
  contracts?: "auto" | "manual";
  quality?: QualityConfig | null;
  publish?: PublishConfig | null;
  schedule?: ScheduleConfig | null;
  reads?: ReadEntry[] | null;
  steps?: OwnStepEntry[] | null;
  alerts?: LabAlertsEntry | null;
  secrets?: string[] | null;
}

const names: Schema = {
  anyOf: [
    { type: "string", minLength: 1 },
    { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
  ],
};

const orEmpty = (schema: Schema, description: string): Schema => ({ anyOf: [schema, { type: "null" }], description });

const cronFields: Schema = {
  type: "string",
  pattern: "^\\s*\\S+(\\s+\\S+){4}\\s*$",
  patternHint: "five cron fields such as `30 6 * * 1-5`",
};

const schedule = objectOf<ScheduleConfig>({
  cron: {
    anyOf: [cronFields, { type: "array", items: cronFields, minItems: 1 }],
    description: "Minute, hour, day of month, month, day of week; one, or several of them.",
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
  priority: { type: "integer", default: 0, description: "Higher runs first when labs wait for each other." },
  timeout: { ...duration, description: "A run that takes longer is stopped and has failed." },
  step_timeouts: objectOf<Partial<Record<Stage, string>>>(
    Object.fromEntries(
      stages.map((stage) => [stage, { ...duration, description: `The most that ${stage} may take.` }]),
    ) as Record<Stage, Schema>,
    [],
    "The same for single stages of a run.",
  ),
  retries: {
    type: "integer",
    minimum: 0,
    maximum: 20,
    default: 2,
    description: "New attempts after a failure that may pass by itself, such as a network that is down.",
  },
  retry_after: {
    ...duration,
    default: "30 seconds",
    description: "Wait before the first new attempt; twice as long before each further one.",
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
      contracts: {
        type: "string",
        enum: ["auto", "manual"],
        default: "auto",
        description: "auto: the contract of a first load is written here, once; manual: by `labs ingest --freeze`.",
      },
      quality: orEmpty(quality, "What the inspector and the score should know."),
      publish: orEmpty(publish, "What readers get, and how many versions of it are kept."),
      schedule: orEmpty(schedule, "When the lab runs by itself."),
      reads: orEmpty({ type: "array", items: read }, "Labs whose published tables this lab reads."),
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
