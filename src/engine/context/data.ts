import { fromPlain, PyDateTime, PyDict, PyObject, PyTuple, Undefined, utcZone, type Value } from "#jinja/index.ts";

/**
 * A template's value as data for a config or an artifact: dicts become objects, lists and tuples arrays.
 * Python values that JSON cannot tell apart (floats, dates) stay as they are, so that they print as Python prints them.
 */
export function toData(value: Value): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(toData);
  if (value instanceof PyTuple) return [...(value.iterate() ?? [])].map(toData);
  if (value instanceof PyDict) {
    const record: Record<string, unknown> = {};
    for (const [key, item] of value.entries()) record[String(key)] = toData(item);
    return record;
  }
  if (value instanceof Undefined) return null;
  return value;
}

/** Data of a node as a template's value; deep, so call it when a template asks for it, not before. */
export function toValue(data: unknown): Value {
  return fromPlain(data);
}

/** A copy of a config or properties tree that shares no mutable part with the original. */
export function cloneData<T>(data: T): T {
  if (data === null || typeof data !== "object" || data instanceof PyObject) return data;
  if (Array.isArray(data)) return data.map(cloneData) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(data)) copy[key] = cloneData((data as Record<string, unknown>)[key]);
  return copy as T;
}

/** True for a mapping that came out of YAML or JSON. */
export function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data) && !(data instanceof PyObject);
}

/** A moment as Python's aware datetime in UTC. */
export function utcDateTime(time: Date): PyDateTime {
  const clock = {
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
    second: time.getUTCSeconds(),
    micro: time.getUTCMilliseconds() * 1000,
  };
  return new PyDateTime(time.getUTCFullYear(), time.getUTCMonth() + 1, time.getUTCDate(), clock, utcZone);
}
