import type { Plain } from "../manifest/types.ts";

/** Numbers and booleans as Python compares them (`True == 1 == 1.0`); undefined for everything else. */
export function numeric(value: Plain): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "object" && value !== null && "toPlain" in value && typeof value.toPlain === "function") {
    const plain: unknown = value.toPlain();
    return typeof plain === "number" || typeof plain === "bigint" ? plain : undefined;
  }
  return undefined;
}

/** A value of a template or of YAML as JSON would hold it. */
function plain(value: Plain): Plain {
  if (typeof value === "object" && value !== null) {
    if ("toPlain" in value && typeof value.toPlain === "function") return value.toPlain();
    if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON();
  }
  return value;
}

/** Python's `==` on plain data; a missing value (`undefined`) equals None. Keys of mappings have no order. */
export function samePlain(a: Plain, b: Plain): boolean {
  if (a === b) return true;
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined || y !== undefined) return x !== undefined && y !== undefined && x == y;
  const left = plain(a) ?? null;
  const right = plain(b) ?? null;
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, i) => samePlain(item, right[i]));
  }
  const one = left as Record<string, Plain>;
  const two = right as Record<string, Plain>;
  const keys = Object.keys(one);
  return keys.length === Object.keys(two).length && keys.every((key) => key in two && samePlain(one[key], two[key]));
}
