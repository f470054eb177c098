import type { Plain } from "../manifest/types.ts";
import { parseMethod, splitSpec } from "./spec.ts";

type Mapping = Record<string, Plain>;

/** `selectors` of the manifest: each selector of a selectors.yml with its strings taken apart, as dbt records it. */
export function manifestSelectors(data: Plain): Record<string, Plain> {
  const entries = isMapping(data) && Array.isArray(data.selectors) ? data.selectors : [];
  const result: Record<string, Plain> = {};
  for (const entry of entries) {
    if (isMapping(entry)) result[String(entry.name)] = { ...entry, definition: normalized(entry.definition) };
  }
  return result;
}

function normalized(definition: Plain): Plain {
  if (typeof definition === "string") return fromText(definition);
  if (!isMapping(definition)) return definition;
  for (const kind of ["union", "intersection"]) {
    const members = definition[kind];
    if (Array.isArray(members)) return { [kind]: members.map(normalized) };
  }
  const [key] = Object.keys(definition);
  if (key === undefined) return definition;
  const given = definition[key];
  const value = Array.isArray(given) ? given.map(normalized) : given;
  if (key === "exclude") return { exclude: value };
  return Object.keys(definition).length === 1 ? { method: key, value } : definition;
}

function fromText(raw: string): Plain {
  const parts = splitSpec(raw);
  if (!parts) return { error: "Invalid selector spec" };
  const { method, methodArguments } = parseMethod(parts.method, parts.value);
  const result: Mapping = {};
  if (parts.childrens_parents) result.childrens_parents = true;
  if (parts.parents) result.parents = true;
  if (parts.parents_depth) result.parents_depth = parts.parents_depth;
  result.method = [method, ...methodArguments].join(".");
  if (parts.value) result.value = parts.value;
  if (parts.children) result.children = true;
  if (parts.children_depth) result.children_depth = parts.children_depth;
  return result;
}

function isMapping(value: Plain): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
