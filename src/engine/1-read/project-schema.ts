import { didYouMean } from "#errors/index.ts";
import { PyFloat } from "#jinja/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { pythonText } from "./python-text.ts";

/** What is wrong with a dbt_project.yml, in dbt's words, and where. */
export interface Fault {
  text: string;
  path: (string | number)[];
  hint: string;
}

type Kind = "comment" | "text" | "texts" | "textOrTexts" | "mapping" | "boolean" | "integer" | "mappings" | "any";

/** Keys of dbt_project.yml with the type of their value. `null` is fine for all but those in `notNull`. Source: dbt-core contracts/project.py. */
const keys: Record<string, Kind> = {
  name: "text",
  "config-version": "integer",
  version: "any",
  "project-root": "text",
  "source-paths": "texts",
  "model-paths": "texts",
  "macro-paths": "texts",
  "data-paths": "texts",
  "seed-paths": "texts",
  "test-paths": "texts",
  "analysis-paths": "texts",
  "docs-paths": "texts",
  "asset-paths": "texts",
  "function-paths": "texts",
  "osi-paths": "texts",
  "target-path": "text",
  "snapshot-paths": "texts",
  "clean-targets": "texts",
  profile: "text",
  "log-path": "text",
  "packages-install-path": "text",
  quoting: "mapping",
  "on-run-start": "texts",
  "on-run-end": "texts",
  "require-dbt-version": "textOrTexts",
  dispatch: "mappings",
  models: "mapping",
  seeds: "mapping",
  snapshots: "mapping",
  analyses: "mapping",
  sources: "mapping",
  tests: "mapping",
  data_tests: "mapping",
  unit_tests: "mapping",
  metrics: "mapping",
  "semantic-models": "mapping",
  "saved-queries": "mapping",
  exposures: "mapping",
  functions: "mapping",
  vars: "mapping",
  packages: "any",
  "query-comment": "comment",
  "restrict-access": "boolean",
  "dbt-cloud": "mapping",
  flags: "mapping",
};

const notNull = new Set([
  "name",
  "dispatch",
  "models",
  "seeds",
  "snapshots",
  "analyses",
  "sources",
  "tests",
  "data_tests",
  "unit_tests",
  "metrics",
  "semantic-models",
  "saved-queries",
  "exposures",
  "functions",
  "restrict-access",
  "flags",
]);

/** Names that a template would take for something else. */
const reservedNames = new Set(
  `_sql_results adapter api column config context database env env_var exceptions execute flags fromjson fromyaml graph
  invocation_id load_agate_table load_result log model modules post_hooks pre_hooks ref render return run_started_at schema
  source sql sql_now store_result store_raw_result target this tojson toyaml try_or_compiler_error var write`.split(
    /\s+/,
  ),
);

const kinds: Record<Kind, { test: (value: unknown) => boolean; python: string; words: string }> = {
  text: { test: isText, python: "'string'", words: "a text" },
  texts: { test: isTexts, python: "'array'", words: "a list of texts" },
  textOrTexts: {
    test: (value) => isText(value) || isTexts(value),
    python: "'string'",
    words: "a text or a list of texts",
  },
  mapping: { test: isMapping, python: "'object'", words: "a mapping" },
  boolean: { test: (value) => typeof value === "boolean", python: "'boolean'", words: "true or false" },
  integer: { test: (value) => Number.isInteger(value), python: "'integer'", words: "a whole number" },
  mappings: {
    test: (value) => Array.isArray(value) && value.every(isMapping),
    python: "'array'",
    words: "a list of mappings",
  },
  comment: { test: isComment, python: "", words: "a text, or a mapping with comment, append and job-label" },
  any: { test: () => true, python: "", words: "" },
};

function isText(value: unknown): boolean {
  return typeof value === "string";
}
function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
function isMapping(value: unknown): value is PlainRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Source: dbt-adapters contracts/connection.py QueryComment. */
function isComment(value: unknown): boolean {
  if (!isMapping(value)) return value === null || isText(value);
  const { comment = "", append = null, "job-label": jobLabel = false, ...others } = value;
  return (
    isText(comment) &&
    (append === null || typeof append === "boolean") &&
    typeof jobLabel === "boolean" &&
    Object.keys(others).length === 0
  );
}

const at = (path: (string | number)[], text: string, hint: string): Fault => ({
  text: `at path [${path.map((part) => `${pythonText(part)}`).join("][")}]: ${text}`,
  path,
  hint,
});

const identifier = /^[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}_]*$/u;
const semver =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)(?:-(?:(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+(?:[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?)?$/;

/** The first thing that is wrong with a rendered dbt_project.yml, or undefined. */
export function checkProject(data: PlainRecord): Fault | undefined {
  const unknown = Object.keys(data).filter((key) => !Object.hasOwn(keys, key));
  if (unknown.length > 0) {
    const names = unknown.map((key) => pythonText(key)).join(", ");
    const near = didYouMean(unknown[0] ?? "", Object.keys(keys));
    const verb = unknown.length === 1 ? "was" : "were";
    return {
      text: `at path []: Additional properties are not allowed (${names} ${verb} unexpected)`,
      path: [unknown[0] ?? ""],
      hint: near ? `Did you mean '${near}'?` : "Remove it; settings of your own belong under `vars`.",
    };
  }
  for (const [key, value] of Object.entries(data)) {
    const fault = checkKey(key, value);
    if (fault) return fault;
  }
  if (!Object.hasOwn(data, "name")) {
    return at([], "'name' is a required property", "Add `name:` with the name of the project.");
  }
  const { name, dispatch } = data;
  if (reservedNames.has(name as string)) {
    return {
      ...at([], `Invalid project name: ${name as string} is a reserved word`, "Choose another name."),
      path: ["name"],
    };
  }
  for (const [i, entry] of ((dispatch as PlainRecord[] | undefined) ?? []).entries()) {
    if (!("macro_namespace" in entry) || !Array.isArray(entry.search_order)) {
      return {
        ...at(
          [],
          `Invalid project dispatch config: ${pythonText(entry)}`,
          "Each entry needs `macro_namespace` and a list `search_order`.",
        ),
        path: ["dispatch", i],
      };
    }
  }
  return undefined;
}

function checkKey(key: string, value: unknown): Fault | undefined {
  if (value === null && !notNull.has(key)) return undefined;
  const kind = kinds[keys[key] ?? "any"];
  if (!kind.test(value)) {
    const text = notNull.has(key)
      ? `${pythonText(value)} is not of type ${kind.python}`
      : `${pythonText(value)} is not valid under any of the given schemas`;
    return at([key], text, `\`${key}\` takes ${kind.words}.`);
  }
  if (key === "name" && !identifier.test(value as string)) {
    return at(
      ["name"],
      `${pythonText(value)} does not match '^[^\\\\d\\\\W]\\\\w*$'`,
      "A project's name has letters, digits and underscores and does not start with a digit.",
    );
  }
  if (key === "version" && !(value instanceof PyFloat || semver.test(String(value)))) {
    return at(
      ["version"],
      `${pythonText(value)} is not valid under any of the given schemas`,
      "Write a version such as '1.0.0'.",
    );
  }
  if (key === "config-version" && value !== 2) {
    const text = `Got an unexpected project version=${String(value)}, expected 2`;
    return { text, path: [key], hint: "Write config-version: 2, or leave it out." };
  }
  if (
    key === "quoting" &&
    Object.values(value as PlainRecord).some((part) => part !== null && typeof part !== "boolean")
  ) {
    return at(
      ["quoting"],
      `${pythonText(value)} is not valid under any of the given schemas`,
      "`database`, `schema` and `identifier` are true or false.",
    );
  }
  if (key === "query-comment" && !(typeof value === "string" || isMapping(value))) {
    return at(
      [key],
      `${pythonText(value)} is not valid under any of the given schemas`,
      "Write a text, or a mapping with `comment` and `append`.",
    );
  }
  return undefined;
}
