import { PyFloat, str, type Kwargs, type Value } from "#jinja/index.ts";
import { typeName } from "#jinja/index.ts";
import { engineError } from "../errors.ts";
import type { RefArgs } from "../manifest/types.ts";

/** `ref('model')`, `ref('package', 'model', v=2)` as data. Source: dbt-core context/providers.py BaseRefResolver. */
export function refArguments(args: Value[], kwargs: Kwargs, owner: string): RefArgs {
  if (args.length !== 1 && args.length !== 2) {
    throw engineError("compilation", {
      message: `ref() takes at most two arguments (${args.length} given)`,
      hint: `Write ref('model') or ref('package', 'model') in ${owner}.`,
    });
  }
  const name = args[args.length - 1] ?? null;
  const packageName = args.length === 2 ? (args[0] ?? null) : null;
  const given = kwargs.get("version") || kwargs.get("v") || null;
  if (typeof name !== "string") throw wrongType("name", "ref()", "a string", name);
  if (packageName !== null && typeof packageName !== "string")
    throw wrongType("package", "ref()", "a string or None", packageName);
  return { name, package: packageName, version: versionOf(given) };
}

function versionOf(value: Value): string | number | null {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (value instanceof PyFloat) return Number(str(value));
  throw wrongType("version", "ref()", "a string, int, float, or None", value);
}

/** `source('name', 'table')` as data. */
export function sourceArguments(args: Value[], owner: string): [string, string] {
  const [source, table] = args;
  if (args.length !== 2) {
    throw engineError("compilation", {
      message: `source() takes exactly two arguments (${args.length} given)`,
      hint: `Write source('source_name', 'table_name') in ${owner}.`,
    });
  }
  if (typeof source !== "string") throw wrongType("source name (first)", "source()", "a string", source ?? null);
  if (typeof table !== "string") throw wrongType("table name (second)", "source()", "a string", table ?? null);
  return [source, table];
}

/** `function('name')`, `function('package', 'name')` as data. Source: dbt-core context/providers.py BaseFunctionResolver. */
export function functionArguments(args: Value[], owner: string): string[] {
  if (args.length !== 1 && args.length !== 2) {
    throw engineError("compilation", {
      // dbt says it in these words.
      message: `ref() takes at most two arguments (${args.length} given)`,
      hint: `Write function('name') or function('package', 'name') in ${owner}.`,
    });
  }
  const name = args[args.length - 1] ?? null;
  if (typeof name !== "string") throw wrongType("name", "function()", "a string", name);
  const packageName = args.length === 2 ? (args[0] ?? null) : null;
  if (packageName === null) return [name];
  if (typeof packageName !== "string") throw wrongType("package", "function()", "a string or None", packageName);
  return [packageName, name];
}

function wrongType(argument: string, name: string, wanted: string, value: Value) {
  return engineError("compilation", {
    message: `The ${argument} argument to ${name} must be ${wanted}, got <class '${typeName(value)}'>`,
  });
}
