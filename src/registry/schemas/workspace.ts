import { mapOf, objectOf, type Schema } from "../schema.ts";

export const statuses = ["active", "paused", "archived"] as const;
/** active: everything; paused: left out of `run --all` and schedules; archived: kept for reading, never run. */
export type LabStatus = (typeof statuses)[number];

/** One entry of `labs_config.yaml` as written. Every key may be missing. */
export interface LabEntry {
  path?: string;
  db_path?: string;
  dbt_path?: string;
  raw_data_path?: string;
  maintainer?: string;
  status?: LabStatus;
  description?: string;
  created_date?: string;
  tags?: string[] | null;
}

export interface WorkspaceConfig {
  labs?: Record<string, LabEntry | null> | null;
}

const path = (description: string): Schema => ({
  type: "string",
  minLength: 1,
  patternHint: "a path",
  description: `${description} Relative to the workspace's folder, or absolute.`,
});

const text = (description: string): Schema => ({
  anyOf: [{ type: "string" }, { type: "null" }],
  description,
});

const entry = objectOf<LabEntry>({
  path: path("The lab's folder. Default: the lab's name."),
  db_path: path("The lab's DuckDB database. Default: `<path>/data/<lab>.duckdb`."),
  dbt_path: path("The dbt project's folder. Default: `<path>/dbt`; dbt_project.yml may also lie in the lab's folder."),
  raw_data_path: path("Where raw files are dropped. Default: `<path>/data/raw`."),
  maintainer: text("Who answers for the lab."),
  status: {
    type: "string",
    enum: statuses,
    default: "active",
    description: "active; paused: left out of `labs run --all` and of schedules; archived: never run.",
  },
  description: text("One line about the lab."),
  created_date: text("The day it was created, as YYYY-MM-DD."),
  tags: {
    anyOf: [{ type: "array", items: { type: "string", minLength: 1 } }, { type: "null" }],
    description: "Words that name groups of labs, for the rules of alerts.yml.",
  },
});

/** `labs_config.yaml`: which labs exist and where they are. */
export const workspaceSchema: Schema = objectOf<WorkspaceConfig>(
  {
    labs: {
      anyOf: [
        mapOf({ anyOf: [entry, { type: "null" }] }, "The labs of this workspace by name.", {
          pattern: "^[A-Za-z][A-Za-z0-9_-]{0,62}$",
          patternHint: "a lab name: letters, digits, `_` and `-`, starting with a letter, at most 63",
        }),
        { type: "null" },
      ],
      description: "The labs of this workspace by name.",
    },
  },
  ["labs"],
);
