import { formatJson, toJsonSchema } from "../schema.ts";
import { alertsSchema } from "./alerts.ts";
import { labSchema } from "./lab.ts";
import { workspaceQualitySchema } from "./quality.ts";
import { workspaceSchema } from "./workspace.ts";

/** The JSON Schemas of our files by file name, as text for editors. */
export function schemaFiles(): Record<string, string> {
  return {
    "labs_config.schema.json": `${formatJson(
      toJsonSchema(workspaceSchema, {
        title: "labs_config.yaml",
        description: "The registry of a BuildCPG Labs workspace: which labs exist and where they are.",
      }),
    )}\n`,
    "lab.schema.json": `${formatJson(
      toJsonSchema(labSchema, {
        title: "lab.yml",
        description: "What belongs to one lab only: sources, quality, schedule, secrets by name.",
      }),
    )}\n`,
    "quality.schema.json": `${formatJson(
      toJsonSchema(workspaceQualitySchema, {
        title: "quality.yml",
        description: "How the labs of a workspace are scored and gated, where their lab.yml says nothing else.",
      }),
    )}\n`,
    "alerts.schema.json": `${formatJson(
      toJsonSchema(alertsSchema, {
        title: "alerts.yml",
        description: "Who is told what about the labs of a workspace, and how.",
      }),
    )}\n`,
  };
}
