import { fromPlain, repr } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import { engineError } from "../errors.ts";
import type { PlainRecord } from "../manifest/types.ts";
import type { Entry } from "./state.ts";

type Path = (string | number)[];
type Kind = "string" | "array" | "object";

interface Shape {
  required?: string[];
  /** All keys that may stand there; without it any may. */
  keys?: string[];
  /** Values that are there and not null must be of this kind. */
  kinds?: Record<string, Kind>;
}

export const bothTests = "Invalid test config: cannot have both 'tests' and 'data_tests' defined";

const described: Shape["kinds"] = { description: "string", config: "object", meta: "object" };
const tested: Shape = { kinds: { ...described, columns: "array", data_tests: "array", tests: "array" } };
const version: Shape = {
  required: ["v"],
  keys: "v defined_in description access config constraints docs data_tests tests columns deprecation_date".split(" "),
  kinds: { ...described, columns: "array" },
};
const table: Shape = { required: ["name"], kinds: { ...tested.kinds } };
const column: Shape = {
  kinds: { description: "string", meta: "object", config: "object", data_tests: "array", tests: "array" },
};

/** The shapes of entries by section. Source: dbt-core contracts/graph/unparsed.py. */
const shapes: Record<string, Shape> = {
  models: { kinds: { ...tested.kinds, versions: "array" } },
  seeds: tested,
  snapshots: tested,
  analyses: { kinds: { ...described, columns: "array" } },
  macros: { kinds: { ...described, arguments: "array" } },
  data_tests: { kinds: described },
  functions: {
    required: ["name", "returns"],
    kinds: { ...described, arguments: "array", returns: "object", overloads: "array" },
  },
  sources: {
    required: ["name"],
    keys: "name description meta database schema loader quoting freshness loaded_at_field loaded_at_query tables tags config overrides".split(
      " ",
    ),
    kinds: { ...described, tables: "array" },
  },
  exposures: {
    required: ["name", "type", "owner"],
    keys: "name type owner description label maturity meta tags url depends_on config".split(" "),
    kinds: { ...described, owner: "object", depends_on: "array" },
  },
  groups: { required: ["name", "owner"], keys: ["name", "owner", "description", "config"], kinds: { owner: "object" } },
  unit_tests: {
    required: ["name", "model", "given", "expect"],
    keys: "name model given expect description overrides config versions".split(" "),
    kinds: { given: "array", expect: "object", overrides: "object", config: "object" },
  },
  saved_queries: {
    required: ["name", "query_params"],
    keys: "name query_params description label exports config tags".split(" "),
    kinds: { query_params: "object", exports: "array", config: "object" },
  },
  semantic_models: {
    required: ["name", "model"],
    keys: "name model config description label defaults entities measures dimensions primary_entity".split(" "),
    kinds: { entities: "array", measures: "array", dimensions: "array", config: "object" },
  },
};

const testedSections = new Set(["models", "seeds", "snapshots"]);
const nodeSections = new Set(["models", "seeds", "snapshots", "analyses", "macros", "data_tests", "functions"]);

/** Refuses an entry whose keys or values dbt would refuse. */
export function checkShape(entry: Entry, section: string): void {
  const { data } = entry;
  const shape = shapes[section];
  if (!shape) return;
  const fault =
    faultOf(data, shape, []) ??
    faultOfEach(data.versions, version, "versions") ??
    (testedSections.has(section) ? faultOfEach(data.columns, column, "columns") : undefined) ??
    (section === "sources" ? sourceFault(data) : undefined);
  if (!fault) return;
  const { file, document, path, project } = entry;
  const shown = nodeSections.has(section)
    ? { ...data, original_file_path: file.path, yaml_key: section, package_name: project.name }
    : data;
  const at = fault.path.map((part) => (typeof part === "number" ? `[${part}]` : `['${part}']`)).join("") || "[]";
  throw engineError("parsing", {
    message: `Invalid ${section} config given in ${file.path} @ ${section}: ${repr(fromPlain(shown))} - at path ${at}: ${fault.text}`,
    place: { file: file.path, ...document.position([...path, ...fault.path]), source: file.contents },
    hint: fault.hint,
  });
}

interface Fault {
  path: Path;
  text: string;
  hint: string;
}

const pyKind: Record<Kind, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  array: Array.isArray,
  object: isRecord,
};

function faultOf(data: PlainRecord, shape: Shape, path: Path): Fault | undefined {
  const extra = shape.keys ? Object.keys(data).filter((key) => !shape.keys?.includes(key)) : [];
  const [first] = extra;
  if (first !== undefined) {
    const names = extra.map((key) => `'${key}'`).join(", ");
    return {
      path,
      text: `Additional properties are not allowed (${names} ${extra.length === 1 ? "was" : "were"} unexpected)`,
      hint: `Remove ${extra.join(", ")}, or write it under config: or meta:.`,
    };
  }
  const missing = shape.required?.find((key) => data[key] === undefined);
  if (missing !== undefined) return { path, text: `'${missing}' is a required property`, hint: `Add ${missing}:.` };
  if (shape.kinds?.tests && Array.isArray(data.tests) && data.tests.length > 0 && data.data_tests !== undefined)
    return { path, text: bothTests, hint: "Keep data_tests." };
  for (const [key, kind] of Object.entries(shape.kinds ?? {})) {
    const value = data[key];
    if (value === undefined || value === null || pyKind[kind](value)) continue;
    return {
      path: [...path, key],
      text: `${repr(fromPlain(value))} is not of type '${kind}'`,
      hint: `Write ${key} as ${words[kind]}.`,
    };
  }
  return undefined;
}

const words: Record<Kind, string> = { string: "a text", array: "a list", object: "a mapping" };

function faultOfEach(value: unknown, shape: Shape, key: string, above: Path = []): Fault | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const [i, item] of value.entries()) {
    const path = [...above, key, i];
    const fault = isRecord(item)
      ? faultOf(item, shape, path)
      : { path, text: `${repr(fromPlain(item))} is not of type 'object'`, hint: "Write it as a mapping." };
    if (fault) return fault;
  }
  return undefined;
}

function sourceFault(source: PlainRecord): Fault | undefined {
  const tables = Array.isArray(source.tables) ? source.tables : [];
  for (const [path, holder] of [[[], source], ...tables.map((t: unknown, i) => [["tables", i], t])] as [
    Path,
    unknown,
  ][])
    if (isRecord(holder) && holder.loaded_at_field === "")
      return { path, text: "loaded_at_field cannot be an empty string.", hint: "Name a column, or leave it out." };
  return (
    faultOfEach(source.tables, table, "tables") ??
    tables
      .map((t: unknown, i) => (isRecord(t) ? faultOfEach(t.columns, column, "columns", ["tables", i]) : undefined))
      .find((fault) => fault !== undefined) ??
    freshnessFault(source)
  );
}

const periods = ["minute", "hour", "day"];

function isThreshold(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (!isRecord(value)) return false;
  const { count, period } = value;
  const counted = count === null || count === undefined || Number.isInteger(count);
  return counted && (period === null || period === undefined || periods.includes(String(period)));
}

function freshnessFault(source: PlainRecord): Fault | undefined {
  const tables = Array.isArray(source.tables) ? source.tables.filter(isRecord) : [];
  const holders: [Path, unknown][] = [
    [["freshness"], source.freshness],
    ...tables.map((t, i): [Path, unknown] => [["tables", i, "freshness"], t.freshness]),
  ];
  for (const [path, value] of holders) {
    if (value === null || value === undefined) continue;
    if (isRecord(value) && isThreshold(value.warn_after) && isThreshold(value.error_after)) continue;
    return {
      path,
      text: `${repr(fromPlain(value))} is not valid under any of the given schemas`,
      hint: "Write warn_after: {count: 1, period: day}, with period minute, hour or day.",
    };
  }
  return undefined;
}
