import type { Plain } from "../../manifest/types.ts";
import { samePlain } from "../equal.ts";
import { type SelectionMethod, where } from "../population.ts";

/** `config.materialized:table`, `config.meta.owner:amy`, `config.tags:nightly`: nodes and sources by a config value. */
export const config: SelectionMethod = ({ population }, { value, methodArguments }) => {
  const ignoreCase = methodArguments.length === 1 && methodArguments[0] === "severity";
  const word = asText(value).toUpperCase();
  const equals = (other: Plain): boolean =>
    ignoreCase && typeof other === "string" ? other.toUpperCase() === word : samePlain(value, other);
  return where([...population.nodes, ...population.sources], (node) => {
    if (methodArguments.length === 0) return false;
    const found = descend(node.config, methodArguments);
    if (found === undefined) return false;
    if (Array.isArray(found)) {
      return (
        found.some(equals) ||
        (word === "TRUE" && found.some((item) => samePlain(item, true))) ||
        (word === "FALSE" && found.some((item) => samePlain(item, false)))
      );
    }
    return equals(found) || (word === "TRUE" && found === true) || (word === "FALSE" && found === false);
  });
};

/** Python's `str()` of a value from YAML. */
function asText(value: Plain): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/** The value under a path; undefined when the path leads nowhere. The config itself answers None for what it has not. */
function descend(root: Record<string, Plain>, path: readonly string[]): Plain {
  let value: Plain = root;
  for (const [i, key] of path.entries()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const record: Record<string, Plain> = value as Record<string, Plain>;
    // The methods of a Python dict win over its keys, and equal nothing.
    if (i > 0 && dictMethods.has(key)) return undefined;
    value = Object.hasOwn(record, key) ? record[key] : i === 0 ? null : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

const dictMethods = new Set([
  "clear",
  "copy",
  "fromkeys",
  "get",
  "items",
  "keys",
  "pop",
  "popitem",
  "setdefault",
  "update",
  "values",
]);
