import { hasJinja, parseTemplate, PyDate, renderPlain, type Value } from "#jinja/index.ts";
import { baseMembers } from "../context/base-members.ts";
import { isRecord, toData } from "../context/data.ts";
import { memberScope, type NodeScope } from "../context/scope.ts";
import { targetValue } from "../context/target-value.ts";
import { VarFunction, varsFor } from "../context/vars.ts";
import { engineError } from "../errors.ts";
import type { NodeLookup } from "../3-link/lookup.ts";
import type { PlainRecord } from "../manifest/types.ts";
import type { Project, SourceFile, YamlDocument } from "../1-read/types.ts";
import { checkShape } from "./shapes.ts";
import { collectErrors, type Entry, type ParseState } from "./state.ts";

/** A section of one properties file while it is read. */
export interface Section {
  state: ParseState;
  project: Project;
  file: SourceFile;
  document: YamlDocument;
  key: string;
  lookup: () => NodeLookup;
  /** Call when nodes were added or renamed. */
  invalidateLookup: () => void;
}

/** Values of a properties file are rendered natively, except texts that are rendered later. Source: dbt-core parser/schema_renderer.py. */
export function renderEntry(section: Section, data: PlainRecord): PlainRecord {
  const scope = yamlScope(section.state, section.project);
  const render = (value: unknown, path: (string | number)[]): unknown => {
    if (typeof value === "string") {
      if (!isRendered(section.key, path)) return value;
      if (!hasJinja(value)) return renderPlain(value);
      const result = parseTemplate(value, { file: section.file.path }).renderNative(scope);
      return toData(result as Value);
    }
    if (Array.isArray(value)) return value.map((v, i) => render(v, [...path, i]));
    if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, render(v, [...path, k])]));
    // Rendering makes texts of dates.
    return value instanceof PyDate && isRendered(section.key, path) ? value.isoformat() : value;
  };
  return render(data, []) as PlainRecord;
}

const late = new Set(["tests", "data_tests", "description", "loaded_at_query"]);
const isLate = (part: string | number | undefined): boolean => typeof part === "string" && late.has(part);

function isLateKey(path: (string | number)[]): boolean {
  const [a, b, c] = path;
  if (isLate(a) || (path.length === 2 && isLate(b))) return true;
  if (
    a === "config" &&
    typeof b === "string" &&
    ["pre_hook", "post_hook", "pre-hook", "post-hook", "loaded_at_query"].includes(b)
  )
    return true;
  if (path.length === 5 && path[4] === "description") return true;
  if (a === "derived_semantics" && (b === "dimensions" || b === "entities") && isLate(path[3])) return true;
  if (a === "versions" && (isLate(c) || (c === "columns" && isLate(path[4])))) return true;
  return typeof a === "string" && ["columns", "dimensions", "measures", "entities", "metrics"].includes(a) && isLate(c);
}

function isRendered(key: string, path: (string | number)[]): boolean {
  if (path.length === 0) return true;
  const [a, b] = path;
  const last = path[path.length - 1];
  const beforeLast = path[path.length - 2];
  switch (key) {
    case "sources":
      if (a === "description" || a === "loaded_at_query") return false;
      if (a === "config" && b === "loaded_at_query") return false;
      return !(a === "tables" && isLateKey(path.slice(2)));
    case "macros":
      return !isLateKey(a === "arguments" ? path.slice(1) : path);
    case "metrics":
      return last !== "filter" && beforeLast !== "filter" && !isLateKey(path);
    case "saved_queries":
      return !(a === "query_params" && b === "where") && !isLateKey(path);
    case "unit_tests":
      return a !== "given" && a !== "expect" && a !== "overrides" && !isLateKey(path);
    default:
      if (a === "metrics" && (last === "filter" || beforeLast === "filter")) return false;
      return !isLateKey(path);
  }
}

const yamlScopes = new WeakMap<Project, NodeScope>();

/** var (of the project), env_var, target and project_name (of the root project): what YAML may use. Missing vars are errors here. Source: dbt-core context/configured.py. */
export function yamlScope(state: ParseState, project: Project): NodeScope {
  let scope = yamlScopes.get(project);
  if (!scope) {
    const { runtime } = state;
    const base = baseMembers(runtime, { targetValue: () => targetValue(runtime.target), threadId: "MainThread" });
    const created: NodeScope = memberScope({
      ...base,
      var: () =>
        new VarFunction({
          vars: () => varsFor(runtime, project.name),
          scope: () => created,
          missing: "error",
          owner: "<Configuration>",
        }),
    });
    yamlScopes.set(project, (scope = created));
  }
  return scope;
}

/** Entries of a section, with errors for what is no mapping or has no name. Source: dbt-core parser/read_files.py validate_yaml. */
export function entriesOf(section: Section, data: PlainRecord): Entry[] {
  const value = data[section.key];
  if (value === null || value === undefined) return [];
  const malformed = (path: (string | number)[], what: string) =>
    engineError("parsing", {
      message: `The schema file at ${section.file.path} is invalid because ${what}`,
      place: { file: section.file.path, ...section.document.position(path), source: section.file.contents },
      hint: "Correct the entry.",
    });
  const key = `'${section.key}'`;
  if (!Array.isArray(value)) throw malformed([section.key], `the value of ${key} is not a list`);
  const entries: Entry[] = [];
  value.forEach((item: unknown, i) => {
    collectErrors(section.state, () => {
      const path = [section.key, i];
      if (!isRecord(item)) throw malformed(path, `a list element for ${key} is not a dictionary`);
      if (typeof item.name !== "string" && section.key !== "data_tests")
        throw malformed(path, `a list element for ${key} does not have a name attribute.`);
      const { project, file, document } = section;
      const entry: Entry = { project, file, document, path, data: renderEntry(section, item) };
      checkShape(entry, section.key);
      entries.push(entry);
    });
  });
  return entries;
}

/** A parsing error at a key of a properties file. */
export function invalid(
  section: { file: SourceFile; document: YamlDocument },
  path: (string | number)[],
  message: string,
  hint?: string,
) {
  return engineError("parsing", {
    message: `Invalid ${String(path[0])} config given in ${section.file.path} @ ${path.filter((p) => typeof p === "string").join(".")}: ${message}`,
    place: { file: section.file.path, ...section.document.position(path), source: section.file.contents },
    hint: hint ?? "Correct the entry.",
  });
}
