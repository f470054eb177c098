import { engineError } from "../errors.ts";
import type { Plain } from "../manifest/types.ts";

export const methodNames = [
  "fqn",
  "tag",
  "group",
  "access",
  "source",
  "path",
  "file",
  "package",
  "config",
  "test_name",
  "test_type",
  "resource_type",
  "state",
  "exposure",
  "metric",
  "result",
  "source_status",
  "version",
  "semantic_model",
  "saved_query",
  "unit_test",
  "selector",
] as const;
export type MethodName = (typeof methodNames)[number];

export type IndirectSelection = "eager" | "cautious" | "buildable" | "empty";
export const indirectSelections: readonly string[] = ["eager", "cautious", "buildable", "empty"];

/** One criterion: a method with its value and the graph operators around it. */
export interface Criterion {
  kind: "criterion";
  /** As written: a string on the command line, a mapping in selectors.yml. */
  raw: Plain;
  method: MethodName;
  /** `config.meta.owner` has the arguments `meta`, `owner`. */
  methodArguments: string[];
  value: Plain;
  childrensParents: boolean;
  parents: boolean;
  /** Undefined: no limit. */
  parentsDepth: number | undefined;
  children: boolean;
  childrenDepth: number | undefined;
  indirectSelection: IndirectSelection;
}

/** A set operation over other specs; `difference` takes everything after the first away from it. */
export interface SpecGroup {
  kind: "union" | "intersection" | "difference";
  components: Spec[];
  indirectSelection: IndirectSelection;
  /** Warn when nothing matches; set for what was written on the command line. */
  expectExists: boolean;
  raw: Plain;
}

export type Spec = Criterion | SpecGroup;

/** What a criterion looks like as a mapping, before it is checked. */
export interface RawCriterion {
  method?: Plain;
  value?: Plain;
  childrens_parents?: Plain;
  parents?: Plain;
  parents_depth?: Plain;
  children?: Plain;
  children_depth?: Plain;
  indirect_selection?: Plain;
}

const pattern = /^(@)?((\d*)\+)?(?:([\p{L}\p{N}_.]+):)?(.*?)(\+(\d*))?$/u;

/** The parts of a spec such as `2+tag:nightly+1`; undefined when it is no spec (it holds a line break). */
export function splitSpec(raw: string): (RawCriterion & { value: string }) | undefined {
  const match = pattern.exec(raw);
  if (!match) return undefined;
  const [, at, parents, parentsDepth, method, value = "", children, childrenDepth] = match;
  return {
    childrens_parents: at,
    parents,
    parents_depth: parentsDepth,
    method,
    value,
    children,
    children_depth: childrenDepth,
  };
}

/** The method that dbt assumes when none is written: something with a slash is a path, a file name a file, else an fqn. */
export function defaultMethod(value: string): MethodName {
  if (value.includes("/")) return "path";
  return /\.(sql|py|csv)$/.test(value.toLowerCase()) ? "file" : "fqn";
}

/** Method name and arguments of `config.meta.owner`. Throws when there is no such method. */
export function parseMethod(method: Plain, value: Plain): { method: MethodName; methodArguments: string[] } {
  if (method === undefined || method === null) {
    return { method: defaultMethod(String(value)), methodArguments: [] };
  }
  const [name = "", ...methodArguments] = String(method).split(".");
  if (!(methodNames as readonly string[]).includes(name)) {
    throw engineError("runtime", {
      message: `'${name}' is not a valid method name`,
      hint: `Use one of: ${methodNames.join(", ")}.`,
    });
  }
  return { method: name as MethodName, methodArguments };
}

/** A criterion from its parts; `indirect` is what the command line says. */
export function criterion(raw: Plain, parts: RawCriterion, indirect: IndirectSelection): Criterion {
  if (!("value" in parts)) {
    throw engineError("runtime", {
      message: `Invalid node spec "${describe(raw)}" - no search value!`,
      hint: "Give the method a `value`.",
    });
  }
  const children = truthy(parts.children);
  const childrensParents = truthy(parts.childrens_parents);
  const own = parts.indirect_selection ?? indirect;
  if (!indirectSelections.includes(String(own))) {
    throw engineError("runtime", {
      message: `'${describe(own)}' is not a valid IndirectSelection`,
      hint: `Use one of: ${indirectSelections.join(", ")}.`,
    });
  }
  const parsed = parseMethod(parts.method, parts.value);
  const parentsDepth = depth(parts.parents_depth);
  const childrenDepth = depth(parts.children_depth);
  if (children && childrensParents) {
    throw engineError("runtime", {
      message: `Invalid node spec ${describe(raw)} - "@" prefix and "+" suffix are incompatible`,
      hint: 'Use either "@model" or "model+".',
    });
  }
  return {
    kind: "criterion",
    raw,
    ...parsed,
    value: parts.value,
    childrensParents,
    parents: truthy(parts.parents),
    parentsDepth,
    children,
    childrenDepth,
    indirectSelection: own as IndirectSelection,
  };
}

/** A criterion as written on the command line. */
export function parseCriterion(raw: string, indirect: IndirectSelection): Criterion {
  const parts = splitSpec(raw);
  if (!parts) {
    throw engineError("runtime", {
      message: `Invalid selector spec "${raw}"`,
      hint: "A selector is one line: [@][n+][method:]value[+n].",
    });
  }
  return criterion(raw, parts, indirect);
}

const defaultIncludes = ["fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*"];

/** `--select` and `--exclude` together. Arguments are united, spaces inside unite too, commas intersect. */
export function parseSelection(
  select: readonly string[],
  exclude: readonly string[],
  indirect: IndirectSelection,
): SpecGroup {
  const included =
    select.length > 0 ? parseUnion(select, true, indirect) : parseUnion(defaultIncludes, false, indirect);
  const excluded = parseUnion(exclude, true, indirect);
  return {
    kind: "difference",
    components: [included, excluded],
    indirectSelection: "eager",
    expectExists: false,
    raw: null,
  };
}

function parseUnion(components: readonly string[], expectExists: boolean, indirect: IndirectSelection): SpecGroup {
  const parts = components.flatMap((component) => component.split(" "));
  return {
    kind: "union",
    components: parts.map((raw) => ({
      kind: "intersection",
      components: raw.split(",").map((part) => parseCriterion(part, indirect)),
      indirectSelection: indirect,
      expectExists,
      raw,
    })),
    indirectSelection: indirect,
    expectExists: false,
    raw: components,
  };
}

/** Zero and nothing both mean "no limit" when they come from YAML; on the command line `0+` is text and stays 0. */
function depth(raw: Plain): number | undefined {
  if (!truthy(raw)) return undefined;
  const value = typeof raw === "string" ? (/^\s*[+-]?\d+\s*$/.test(raw) ? Number(raw) : Number.NaN) : Number(raw);
  if (Number.isFinite(value)) return Math.trunc(value);
  throw engineError("runtime", {
    message: `Invalid node spec - could not handle parent depth ${describe(raw)}`,
    hint: "A depth is a whole number.",
  });
}

function truthy(value: Plain): boolean {
  return Boolean(value);
}

/** A spec as a person wrote it, for messages. */
export function describe(raw: Plain): string {
  return typeof raw === "string" ? raw : JSON.stringify(raw);
}
