import { fromPlain, repr } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import { engineError } from "../errors.ts";
import { isColor } from "./colors.ts";
import type { GraphNode } from "../manifest/types.ts";

const switches = ["enabled", "full_refresh", "store_failures", "quote_columns", "concurrent_batches"];

/**
 * Refuses settings that dbt's config classes refuse: a switch that is no boolean, a seed or test materialized as something else.
 * Source: dbt-core artifacts/resources/v1/config.py, seed.py.
 */
export function checkConfig(node: GraphNode): void {
  const { config } = node;
  const refuse = (message: string, hint: string) =>
    engineError("parsing", { message, place: { file: node.original_file_path }, hint });
  for (const key of switches) {
    const value = config[key];
    if (value === undefined || value === null || typeof value === "boolean") continue;
    const shown = repr(fromPlain(value));
    const what =
      key === "enabled" ? `${shown} is not of type 'boolean'` : `${shown} is not valid under any of the given schemas`;
    throw refuse(`at path ['${key}']: ${what}`, `Set ${key} to true or false.`);
  }
  const color = isRecord(config.docs) ? config.docs.node_color : null;
  if (typeof color === "string" && color !== "" && !isColor(color)) {
    throw engineError("parsing", {
      message: `Invalid color name for docs.node_color: ${color}. It is neither a valid HTML color name nor a valid HEX code.`,
      place: { file: node.original_file_path },
      hint: "Write a name such as gold, or #cd7f32.",
      dbtType: "Validation Error",
    });
  }
  const kind = node.resource_type;
  if ((kind === "seed" || kind === "test") && config.materialized && config.materialized !== kind) {
    throw refuse(`A ${kind} must have a materialized value of '${kind}'`, "Remove materialized.");
  }
}
