import { PyDict } from "./dict.ts";
import { int, PyFloat } from "./numbers.ts";
import { str } from "./operations.ts";
import { PyTuple } from "./sequences.ts";
import { PySet } from "./set.ts";
import { Undefined } from "./undefined.ts";
import { PyObject, PyText, type Value } from "./value.ts";

/** A TypeScript value as Python value, all the way down. Values that already are Python's pass through. */
export function fromPlain(value: unknown): Value {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isSafeInteger(value) ? value : new PyFloat(value);
    case "bigint":
      return int(value);
    case "object":
      break;
    default:
      return null;
  }
  if (value === null || value instanceof PyObject) return value;
  if (Array.isArray(value)) return value.map(fromPlain);
  const dict = new PyDict();
  if (value instanceof Map) for (const [key, item] of value) dict.set(fromPlain(key), fromPlain(item));
  else if (value instanceof Set) return new PySet(Array.from(value, fromPlain));
  else for (const [key, item] of Object.entries(value)) if (item !== undefined) dict.set(key, fromPlain(item));
  return dict;
}

/**
 * A Python value as TypeScript value, all the way down. Floats stay `PyFloat` inside of JSON only through
 * `toJSON`: here a float is a number. Undefined becomes undefined.
 */
export function toPlain(value: Value): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof PyDict) {
    const out: Record<string, unknown> = {};
    for (const [key, item] of value.entries()) {
      const name = key === null ? "null" : typeof key === "boolean" ? String(key) : str(key);
      // `__proto__` as a plain key
      Object.defineProperty(out, name, { value: toPlain(item), enumerable: true, writable: true, configurable: true });
    }
    return out;
  }
  if (value instanceof PyTuple) return value.items.map(toPlain);
  if (value instanceof PySet) return Array.from(value.iterate(), toPlain);
  if (value instanceof Undefined) return undefined;
  if (value instanceof PyText) return value.text;
  return value.toPlain();
}
