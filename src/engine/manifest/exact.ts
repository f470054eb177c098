import { FixedZone, PyDate, PyDateTime, PyFloat, PyObject } from "#jinja/index.ts";
import type { Plain } from "./types.ts";

/** Marks what JSON has no word for. */
const mark = "$python";

/** A value that {@link exactJson} has no text for: it means something else in another process. */
class NotExact extends Error {}

/**
 * JSON text from which {@link fromExactJson} makes the same value again: floats, dates and big integers out of YAML
 * included, which JSON alone would turn into numbers and texts. Undefined when the value holds anything else.
 */
export function exactJson(value: Plain): string | undefined {
  try {
    return JSON.stringify(marked(value));
  } catch (error) {
    if (error instanceof NotExact) return undefined;
    throw error;
  }
}

export function fromExactJson(text: string): Plain {
  return unmarked(JSON.parse(text) as Plain);
}

function marked(value: Plain): Plain {
  if (typeof value === "bigint") return { [mark]: ["int", String(value)] };
  if (typeof value === "number" && !Number.isFinite(value)) throw new NotExact();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(marked);
  if (value instanceof PyObject) return { [mark]: wordsOf(value) };
  if (Object.hasOwn(value, mark)) throw new NotExact();
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, marked(item)]));
}

function wordsOf(value: PyObject): Plain[] {
  if (value instanceof PyFloat) return ["float", String(value.value)];
  if (value instanceof PyDateTime) {
    const { zone, year, month, day, hour, minute, second, micro } = value;
    const plainZone = zone instanceof FixedZone && zone.pyType === "datetime.timezone" && zone.label === undefined;
    if (zone !== undefined && !plainZone) throw new NotExact();
    const offset = zone === undefined ? null : String((zone as FixedZone).offset);
    return ["datetime", year, month, day, hour, minute, second, micro, offset];
  }
  if (value instanceof PyDate) return ["date", value.year, value.month, value.day];
  throw new NotExact();
}

function unmarked(value: Plain): Plain {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unmarked);
  const words = (value as Record<string, Plain>)[mark];
  if (words !== undefined) return fromWords(words as [string, ...Plain[]]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unmarked(item)]));
}

function fromWords([kind, ...rest]: [string, ...Plain[]]): Plain {
  if (kind === "int") return BigInt(rest[0] as string);
  if (kind === "float") return new PyFloat(Number(rest[0]));
  const [year, month, day, hour, minute, second, micro, offset] = rest as number[];
  if (kind === "date") return new PyDate(year as number, month as number, day as number);
  const clock = { hour, minute, second, micro } as ConstructorParameters<typeof PyDateTime>[3];
  const zone = offset === null || offset === undefined ? undefined : new FixedZone(BigInt(offset));
  return new PyDateTime(year as number, month as number, day as number, clock, zone);
}
