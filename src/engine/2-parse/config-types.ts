import { fromPlain, repr } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import { engineError } from "../errors.ts";
import { isColor } from "./colors.ts";
import type { GraphNode } from "../manifest/types.ts";

const switches = ["enabled", "full_refresh", "store_failures", "quote_columns"];

const changeOptions = ["apply", "continue", "fail"];

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
  for (const key of ["pre-hook", "post-hook"])
    for (const [i, hook] of (Array.isArray(config[key]) ? config[key] : []).entries()) checkHook(hook, key, i, refuse);
  const show = isRecord(config.docs) ? config.docs.show : true;
  if (typeof (show ?? true) !== "boolean")
    throw refuse(
      `at path ['docs']['show']: ${repr(fromPlain(show))} is not of type 'boolean'`,
      "Set show to true or false.",
    );
  const color = isRecord(config.docs) ? config.docs.node_color : null;
  if (typeof color === "string" && color !== "" && !isColor(color)) {
    throw engineError("parsing", {
      message: `Invalid color name for docs.node_color: ${color}. It is neither a valid HTML color name nor a valid HEX code.`,
      place: { file: node.original_file_path },
      hint: "Write a name such as gold, or #cd7f32.",
      dbtType: "Validation Error",
    });
  }
  const { limit, contract, on_configuration_change: onChange } = config;
  if (isRecord(contract) && typeof (contract.enforced ?? false) !== "boolean")
    throw refuse(
      `at path ['contract']['enforced']: ${repr(fromPlain(contract.enforced))} is not of type 'boolean'`,
      "Set enforced to true or false.",
    );
  if (onChange !== undefined && onChange !== null && !changeOptions.includes(String(onChange)))
    throw refuse(
      `Field "on_configuration_change" has invalid value ${repr(fromPlain(onChange))}`,
      `Use one of: ${changeOptions.join(", ")}.`,
    );
  if (limit !== undefined && limit !== null && !Number.isInteger(Number(limit)))
    throw refuse(
      `Field "limit" of type Optional[int] in ${node.resource_type === "test" ? "TestConfig" : "config"} has invalid value ${repr(fromPlain(limit))}`,
      "Write a whole number.",
    );
  const kind = node.resource_type;
  if ((kind === "seed" || kind === "test") && config.materialized && config.materialized !== kind) {
    throw refuse(`A ${kind} must have a materialized value of '${kind}'`, "Remove materialized.");
  }
}

type Refuse = (message: string, hint: string) => Error;

/** Source: dbt-core artifacts/resources/v1/config.py Hook. */
function checkHook(hook: unknown, key: string, index: number, refuse: Refuse): void {
  const { sql, transaction } = hook as Record<string, unknown>;
  const shown = (value: unknown): string => repr(fromPlain(value));
  // A number in `sql:` is taken for its text, as in dbt.
  if (sql === null)
    throw refuse(
      `at path ['${key}'][${index}]: a hook needs its SQL as a text`,
      "Write the statement as a text, or as {sql: statement, transaction: false}.",
    );
  if (typeof transaction !== "boolean")
    throw refuse(
      `at path ['${key}'][${index}]['transaction']: ${shown(transaction)} is not of type 'boolean'`,
      "Set transaction to true or false.",
    );
}
