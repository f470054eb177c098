import { attributeOf, PyDict, str, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";

const part = (value: Value, name: string): Value =>
  value instanceof PyDict ? (value.get(name) ?? null) : (attributeOf(undefined, value, name) ?? null);

/**
 * `relation.get_function_config(model)`: what decides how a function is created; None for other nodes.
 * Errors: DBA-004 when a Python function lacks what it needs. Source: dbt-adapters base/relation.py FunctionConfig.
 */
export function functionConfig(model: Value): Value {
  if (part(model, "resource_type") !== "function") return null;
  const config = part(model, "config");
  const values = new PyDict([
    ["language", part(model, "language")],
    ["type", part(config, "type")],
    ["runtime_version", part(config, "runtime_version")],
    ["entry_point", part(config, "entry_point")],
  ]);
  const lacks = (name: string): boolean => (values.get(name) ?? null) === null || values.get(name) === "";
  const python = values.get("language") === "python";
  const problem = lacks("language")
    ? "A `language` is required for functions"
    : lacks("type")
      ? "A `type` is required for functions"
      : python && lacks("runtime_version")
        ? "A `runtime_version` is required for python functions"
        : python && lacks("entry_point")
          ? "An `entry_point` is required for python functions"
          : undefined;
  if (problem) throw adapterError("runtime", { message: problem, hint: "Set it in the function's config." });
  return values;
}

/** `relation.get_function_macro_name(config)`: `scalar_function_sql`. */
export const functionMacro = (config: Value): string =>
  `${str(part(config, "type"))}_function_${str(part(config, "language"))}`;
