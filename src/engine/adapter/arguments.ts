import { PyDict, PyObject, PyTuple, repr, str, truthy, Undefined, type Value } from "#jinja/index.ts";

/** Reading what templates pass to the adapter. */

/** Text or null; an undefined value raises as Python would when it touches it. */
export function nameOf(value: Value | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Undefined) value.str.call(value);
  return str(value);
}

/** `value[key]` of a dict or an object; null when it is not there. */
export function field(value: Value | undefined, key: string): Value {
  if (value instanceof PyDict) return value.get(key) ?? null;
  if (value instanceof PyObject) return value.getItem(key) ?? value.getAttr(key) ?? null;
  return null;
}

export const isTrue = (value: Value | undefined): boolean => value !== undefined && truthy(value);

/** Items of a list or tuple; empty for everything else. */
export function listOf(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  return [];
}

export { repr };
