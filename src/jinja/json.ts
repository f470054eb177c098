import { typeError, valueError } from "./errors.ts";
import { int, isFloat, PyFloat, reprFloat } from "./numbers.ts";
import { compare, equals, str, textOf, typeName } from "./operations.ts";
import { PyDict } from "./dict.ts";
import { PyTuple } from "./sequences.ts";
import { fromPlain } from "./plain.ts";
import { Undefined } from "./undefined.ts";
import { PyObject, type Value } from "./value.ts";

export interface JsonOptions {
  sortKeys?: boolean;
  indent?: number | string | null;
  /** Escape everything that is not ASCII; on by default. */
  ensureAscii?: boolean;
  separators?: [string, string];
  /** For values that JSON does not know; the default raises TypeError. */
  fallback?: (value: PyObject) => Value;
}

/** Python's `json.dumps` */
export function jsonDumps(value: Value, options: JsonOptions = {}): string {
  const indent =
    typeof options.indent === "number" ? " ".repeat(Math.max(0, options.indent)) : (options.indent ?? null);
  const [comma, colon] = options.separators ?? [indent === null ? ", " : ",", ": "];
  const ascii = options.ensureAscii ?? true;
  const open = new Set<Value>();

  const wrap = (parts: string[], brackets: string, depth: number): string => {
    if (parts.length === 0) return brackets;
    if (indent === null) return brackets[0] + parts.join(comma) + brackets[1];
    const pad = `\n${indent.repeat(depth + 1)}`;
    return `${brackets[0]}${pad}${parts.join(comma + pad)}\n${indent.repeat(depth)}${brackets[1]}`;
  };
  const nested = (container: Value, print: () => string): string => {
    if (open.has(container)) throw valueError("Circular reference detected");
    open.add(container);
    const text = print();
    open.delete(container);
    return text;
  };
  const write = (v: Value, depth: number): string => {
    const text = textOf(v);
    if (text !== undefined) return jsonText(text, ascii);
    if (v === null) return "null";
    if (typeof v === "boolean") return v ? "true" : "false";
    if (isFloat(v)) return jsonFloat(v instanceof PyFloat ? v.value : Number(v));
    if (typeof v === "number" || typeof v === "bigint") return String(v);
    if (Array.isArray(v))
      return nested(v, () =>
        wrap(
          v.map((item) => write(item, depth + 1)),
          "[]",
          depth,
        ),
      );
    if (v instanceof PyTuple)
      return nested(v, () =>
        wrap(
          v.items.map((item) => write(item, depth + 1)),
          "[]",
          depth,
        ),
      );
    if (v instanceof PyDict) {
      return nested(v, () => {
        let entries = Array.from(v.entries());
        if (options.sortKeys) entries = sortEntries(entries);
        return wrap(
          entries.map(([k, item]) => jsonText(jsonKey(k), ascii) + colon + write(item, depth + 1)),
          "{}",
          depth,
        );
      });
    }
    const object = v as PyObject;
    if (options.fallback) return write(options.fallback(object), depth);
    if (!(object instanceof Undefined || /^(?:datetime|decimal)\./.test(object.pyType))) {
      const plain = object.toPlain();
      if (plain !== undefined && plain !== object) return write(fromPlain(plain), depth);
    }
    throw typeError(`Object of type ${shortType(object)} is not JSON serializable`);
  };
  return write(value, 0);
}

const shortType = (value: Value): string => typeName(value).replace(/^.*\./, "");

function sortEntries(entries: [Value, Value][]): [Value, Value][] {
  return entries.sort(([a], [b]) => (compare("<", a, b) ? -1 : equals(a, b) ? 0 : 1));
}

function jsonKey(key: Value): string {
  const text = textOf(key);
  if (text !== undefined) return text;
  if (key === null) return "null";
  if (typeof key === "boolean") return key ? "true" : "false";
  if (isFloat(key)) return jsonFloat(key instanceof PyFloat ? key.value : Number(key));
  if (typeof key === "number" || typeof key === "bigint") return str(key);
  throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

const jsonFloat = (value: number): string =>
  Number.isNaN(value) ? "NaN" : Number.isFinite(value) ? reprFloat(value) : value < 0 ? "-Infinity" : "Infinity";

export function jsonText(text: string, ascii: boolean): string {
  const quoted = JSON.stringify(text);
  if (!ascii) return quoted;
  return quoted.replace(/[\u0080-\uffff]/g, (ch) => `\\u${ch.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON for HTML, as the filter `tojson` writes it. */
export function htmlSafeJson(value: Value, indent: number | null): string {
  return jsonDumps(value, { sortKeys: true, indent })
    .replaceAll("<", "\\u003c")
    .replaceAll(">", "\\u003e")
    .replaceAll("&", "\\u0026")
    .replaceAll("'", "\\u0027");
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

/** Python's `json.loads`; integers stay exact, `1.0` stays a float. */
export function jsonLoads(text: string): Value {
  const revive: Reviver = (_key, value, { source }) => {
    if (typeof value !== "number" || source === undefined) return value;
    return /^-?\d+$/.test(source) ? int(BigInt(source)) : new PyFloat(value);
  };
  let special = text;
  if (/NaN|Infinity/.test(text)) {
    special = text.replace(
      /("(?:[^"\\]|\\.)*")|-?Infinity|NaN/g,
      (m, quoted?: string) => quoted ?? JSON.stringify(`\0${m}`),
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(special, revive as (key: string, value: unknown) => unknown);
  } catch (error) {
    throw valueError(`Invalid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return fromPlain(special === text ? parsed : restoreSpecial(parsed));
}

function restoreSpecial(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith("\0")) return new PyFloat(Number(value.slice(1)));
  if (Array.isArray(value)) return value.map(restoreSpecial);
  if (value !== null && typeof value === "object" && !(value instanceof PyObject)) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, restoreSpecial(v)]));
  }
  return value;
}
