import { fromPlain, repr } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import { warn } from "../context/runtime.ts";
import type { PlainRecord } from "../manifest/types.ts";
import type { Section } from "./section.ts";

/** Settings of a test that may stand beside its arguments. Source: dbt-core parser/generic_test_builders.py CONFIG_ARGS. */
export const configArguments = [
  "severity",
  "tags",
  "enabled",
  "where",
  "limit",
  "warn_if",
  "error_if",
  "fail_calc",
  "store_failures",
  "store_failures_as",
  "sql_header",
  "meta",
  "database",
  "schema",
  "alias",
];

const besideArguments = new Set(["config", "column_name", "description", "name", ...configArguments]);

/**
 * The arguments of a test with those under `arguments:` moved up, and dbt's word on how they were written.
 * Projects that switch require_generic_test_arguments_property off may have an argument of that name.
 */
export function unpackArguments(
  section: Section,
  args: PlainRecord,
  owner: { test: string; resource: string },
): PlainRecord {
  const { runtime } = section.state;
  const { test, resource } = owner;
  const file = section.file.path;
  if (runtime.read.root.flags.require_generic_test_arguments_property === false) {
    if ("arguments" in args) {
      warn(
        runtime,
        `Found \`arguments\` property in test definition of \`${test}\` (${repr(fromPlain(args.arguments))}) without usage of \`require_generic_test_arguments_property\` behavior change flag. The \`arguments\` property is deprecated for custom usage and will be used to nest keyword arguments in future versions of dbt.`,
        { name: "ArgumentsPropertyInGenericTestDeprecation", code: "D038" },
      );
    }
    return args;
  }
  const { arguments: nested, ...beside } = args;
  for (const key of Object.keys(beside).filter((k) => configArguments.includes(k))) {
    const path = `data_tests.${test}.${key}`;
    warn(
      runtime,
      `Found \`${key}\` as a top-level property of \`${path}\` in file \`${file}\`. The \`${key}\` top-level property should be moved into the \`config\` of \`${path}\`.`,
      { name: "PropertyMovedToConfigDeprecation", code: "D030" },
    );
  }
  const given = isRecord(nested) && Object.keys(nested).length > 0;
  if (!given && Object.keys(beside).some((key) => !besideArguments.has(key))) {
    warn(
      runtime,
      `Found top-level arguments to test \`${test}\` defined on '${resource}' in package '${section.project.name}' (${file}). Arguments to generic tests should be nested under the \`arguments\` property.`,
      { name: "MissingArgumentsPropertyInGenericTestDeprecation", code: "D039" },
    );
  }
  return isRecord(nested) ? { ...beside, ...nested } : beside;
}
