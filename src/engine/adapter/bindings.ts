import type { SqlValue } from "#duck/index.ts";
import { PyFloat, str, type Value } from "#jinja/index.ts";

/** A Python value as parameter of a statement; what DuckDB has no plain value for goes as text, which INSERT casts to the column's type. */
export function toBinding(value: Value): SqlValue {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "bigint")
    return value;
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) > 2 ** 31 - 1 ? BigInt(value) : value;
  return value instanceof PyFloat ? value.value : str(value);
}
