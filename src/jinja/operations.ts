import { pyError, typeError } from "./errors.ts";
import { isFloat, numeric, PyFloat } from "./numbers.ts";
import { codeLength, codePoints, compareText, reprText } from "./text.ts";
import { PyObject, PyText, type CompareOp, type Value } from "./value.ts";

/** `type(x).__name__` */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "string":
      return "str";
    case "number":
      return Number.isSafeInteger(value) ? "int" : "float";
    case "bigint":
      return "int";
    case "boolean":
      return "bool";
    default:
      return value === null ? "NoneType" : Array.isArray(value) ? "list" : value.pyType;
  }
}

export function truthy(value: Value): boolean {
  if (typeof value === "object") {
    if (value === null) return false;
    return Array.isArray(value) ? value.length > 0 : value.truthy();
  }
  return Boolean(value);
}

/** `str(x)` */
export function str(value: Value): string {
  if (typeof value === "string") return value;
  return value instanceof PyObject ? value.str() : repr(value);
}

/** Containers being printed, so that one that contains itself prints `[...]`. */
const printing = new Set<Value>();

export function guarded(value: Value, cycle: string, print: () => string): string {
  if (printing.has(value)) return cycle;
  printing.add(value);
  try {
    return print();
  } finally {
    printing.delete(value);
  }
}

/** `repr(x)` */
export function repr(value: Value): string {
  switch (typeof value) {
    case "string":
      return reprText(value);
    case "number":
      return Number.isSafeInteger(value) ? String(value) : new PyFloat(value).repr();
    case "bigint":
      return value.toString();
    case "boolean":
      return value ? "True" : "False";
    default:
      if (value === null) return "None";
      if (Array.isArray(value)) return guarded(value, "[...]", () => `[${value.map(repr).join(", ")}]`);
      return value.repr();
  }
}

/** The text of a str or a subclass of it; undefined for everything else. */
export function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof PyText ? value.text : undefined;
}

/** `a == b` */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return typeof a !== "number" ? !(a instanceof PyFloat && Number.isNaN(a.value)) : true;
  const x = numeric(a);
  if (x !== undefined) {
    const y = numeric(b);
    // biome-ignore lint: loose equality compares number and bigint exactly
    if (y !== undefined) return x == y;
    return b instanceof PyObject ? b.equals(a) : false;
  }
  const s = textOf(a);
  if (s !== undefined) {
    const t = textOf(b);
    return t === undefined ? b instanceof PyObject && b.equals(a) : s === t;
  }
  if (Array.isArray(a)) {
    if (!Array.isArray(b)) return b instanceof PyObject && b.equals(a);
    return sameItems(a, b);
  }
  if (a instanceof PyObject) return a.equals(b) || (b instanceof PyObject && b.equals(a));
  return b instanceof PyObject ? b.equals(a) : false;
}

/** Identity counts as equality inside containers, so that `nan in [nan]` can be true. */
export const same = (a: Value, b: Value): boolean => a === b || equals(a, b);

export function sameItems(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i] as Value, b[i] as Value)) return false;
  return true;
}

const mirrored: Record<CompareOp, CompareOp> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

function decide(op: CompareOp, order: number): boolean {
  switch (op) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** `a op b` for the four order comparisons. */
export function compare(op: CompareOp, a: Value, b: Value): boolean {
  const x = numeric(a);
  const y = x === undefined ? undefined : numeric(b);
  if (x !== undefined && y !== undefined) {
    switch (op) {
      case "<":
        return x < y;
      case "<=":
        return x <= y;
      case ">":
        return x > y;
      default:
        return x >= y;
    }
  }
  const s = textOf(a);
  const t = s === undefined ? undefined : textOf(b);
  if (s !== undefined && t !== undefined) return decide(op, compareText(s, t));
  if (Array.isArray(a) && Array.isArray(b)) return compareItems(op, a, b);
  let result = a instanceof PyObject ? a.richCompare(op, b) : undefined;
  if (result === undefined && b instanceof PyObject) result = b.richCompare(mirrored[op], a);
  if (result !== undefined) return result;
  throw typeError(`'${op}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** Lexicographic order of two sequences. */
export function compareItems(op: CompareOp, a: readonly Value[], b: readonly Value[]): boolean {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a[i] as Value;
    const y = b[i] as Value;
    if (!same(x, y)) return compare(op, x, y);
  }
  return decide(op, a.length - b.length);
}

/** Stable `sorted(items, key=...)`; only `<` is asked for, as in Python. */
export function sortBy(items: readonly Value[], key: (item: Value) => Value, reverse = false): Value[] {
  const decorated = items.map((item) => ({ item, key: key(item) }));
  const order = (a: { key: Value }, b: { key: Value }): number =>
    compare("<", a.key, b.key) ? -1 : compare("<", b.key, a.key) ? 1 : 0;
  if (reverse) decorated.reverse();
  decorated.sort(order);
  if (reverse) decorated.reverse();
  return decorated.map((d) => d.item);
}

/** What stands for a value in a Map or Set; raises TypeError for values that cannot be keys. */
export function hashKey(value: Value): unknown {
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "number":
      return Number.isSafeInteger(value) ? value : isFloat(value) ? new PyFloat(value).hash() : value;
    case "boolean":
      return value ? 1 : 0;
    default:
      if (value === null) return null;
      if (Array.isArray(value)) throw typeError("unhashable type: 'list'");
      return value.hash();
  }
}

const identities = new WeakMap<object, number>();
let nextIdentity = 1;

/** A hash as text, to build the hash of a tuple from those of its parts. */
export function hashText(hash: unknown): string {
  if (typeof hash === "string") return `s${hash.length}:${hash}`;
  if (typeof hash === "object" && hash !== null) {
    let id = identities.get(hash);
    if (id === undefined) identities.set(hash, (id = nextIdentity++));
    return `o${id}`;
  }
  return `${typeof hash === "bigint" ? "n" : typeof hash}${String(hash)}`;
}

/** `iter(x)` */
export function iterate(value: Value): Iterable<Value> {
  if (Array.isArray(value)) return value;
  const text = textOf(value);
  if (text !== undefined) return text;
  const items = value instanceof PyObject ? value.iterate() : undefined;
  if (items === undefined) throw typeError(`'${typeName(value)}' object is not iterable`);
  return items;
}

/** `list(x)`, always a new array. */
export function toArray(value: Value): Value[] {
  if (Array.isArray(value)) return value.slice();
  const text = textOf(value);
  return text === undefined ? Array.from(iterate(value)) : codePoints(text);
}

export const isIterable = (value: Value): boolean =>
  Array.isArray(value) ||
  typeof value === "string" ||
  (value instanceof PyObject && (value instanceof PyText || value.iterate() !== undefined));

/** `len(x)` */
export function length(value: Value): number {
  if (Array.isArray(value)) return value.length;
  const text = textOf(value);
  if (text !== undefined) return codeLength(text);
  const n = value instanceof PyObject ? value.length() : undefined;
  if (n === undefined) throw typeError(`object of type '${typeName(value)}' has no len()`);
  return n;
}

/** `item in container` */
export function contains(container: Value, item: Value): boolean {
  const text = textOf(container);
  if (text !== undefined) {
    const part = textOf(item);
    if (part === undefined) {
      throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    return text.includes(part);
  }
  if (container instanceof PyObject) {
    const answer = container.contains(item);
    if (answer !== undefined) return answer;
  }
  if (!Array.isArray(container) && !(container instanceof PyObject && container.iterate() !== undefined)) {
    throw typeError(`argument of type '${typeName(container)}' is not iterable`);
  }
  for (const candidate of iterate(container)) if (same(candidate, item)) return true;
  return false;
}

export const isCallable = (value: Value): boolean => value instanceof PyObject && value.callable;

/** `bool(x)`-independent helper for messages such as "3 values". */
export const overflow = (message: string) => pyError("OverflowError", message);
