import { objectOf, type Schema } from "../schema.ts";
import { labAlerts, type LabAlertsEntry } from "./alerts.ts";
import { ownStep, type OwnStepEntry } from "./own-step.ts";
import { quality, type QualityConfig } from "./quality.ts";
import { source, type SourceEntry } from "./source.ts";

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
