import { PyDict } from "./dict.ts";
import { pythonType } from "./errors.ts";
import { compare, repr, typeName } from "./operations.ts";
import { PyTuple } from "./sequences.ts";
import { PySet } from "./set.ts";
import type { Value } from "./value.ts";

const width = 80;

/** Python's `pprint.pformat`: one line if it fits into 80 characters, else one item a line. Dicts are sorted. */
export function pprint(value: Value): string {
  return print(value, 0, 0);
}

/** Keys in order; those that cannot be compared go by the name of their type. */
function sortedKeys(dict: PyDict): [Value, Value][] {
  const less = (a: Value, b: Value): boolean => {
    try {
      return compare("<", a, b);
    } catch (error) {
      if (pythonType(error) !== "TypeError") throw error;
      return typeName(a) < typeName(b);
    }
  };
  return Array.from(dict.entries()).sort(([a], [b]) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
}

function oneLine(value: Value): string {
  if (value instanceof PyDict)
    return `{${sortedKeys(value)
      .map(([k, v]) => `${oneLine(k)}: ${oneLine(v)}`)
      .join(", ")}}`;
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (value instanceof PyTuple && value.pyType === "tuple") {
    return value.items.length === 1
      ? `(${oneLine(value.items[0] as Value)},)`
      : `(${value.items.map(oneLine).join(", ")})`;
  }
  return repr(value);
}

function print(value: Value, indent: number, allowance: number): string {
  const line = oneLine(value);
  if (line.length <= width - indent - allowance) return line;
  if (value instanceof PyDict) {
    const entries = sortedKeys(value);
    const parts = entries.map(([k, v], i) => {
      const key = oneLine(k);
      const last = i === entries.length - 1;
      return `${key}: ${print(v, indent + key.length + 3, last ? allowance + 1 : 1)}`;
    });
    return `{${parts.join(`,\n${" ".repeat(indent + 1)}`)}}`;
  }
  const items = Array.isArray(value)
    ? value
    : value instanceof PyTuple || value instanceof PySet
      ? Array.from(value.iterate())
      : undefined;
  if (items && items.length > 0) {
    const [open, close] = Array.isArray(value) ? "[]" : value instanceof PyTuple ? "()" : "{}";
    const end = value instanceof PyTuple && items.length === 1 ? `,${close}` : close;
    const parts = items.map((item, i) =>
      print(item, indent + 1, i === items.length - 1 ? allowance + (end as string).length : 1),
    );
    return `${open}${parts.join(`,\n${" ".repeat(indent + 1)}`)}${end}`;
  }
  if (typeof value === "string") return printText(value, indent, allowance);
  return line;
}

/** A long text: one literal a line, joined by Python's juxtaposition. */
function printText(text: string, indent: number, allowance: number): string {
  const chunks: string[] = [];
  const lines = text.match(/[^\n]*\n|[^\n]+/g) ?? [""];
  const inner = indent === 0 ? indent + 1 : indent;
  const room = width - inner;
  lines.forEach((line, i) => {
    const lastLine = i === lines.length - 1;
    const whole = repr(line);
    if (whole.length <= room - (lastLine ? allowance + (indent === 0 ? 1 : 0) : 0)) {
      chunks.push(whole);
      return;
    }
    const words = line.match(/\S*\s*/g)?.filter(Boolean) ?? [];
    let current = "";
    words.forEach((word, j) => {
      const limit = j === words.length - 1 && lastLine ? room - allowance - (indent === 0 ? 1 : 0) : room;
      const candidate = current + word;
      if (repr(candidate).length > limit) {
        if (current) chunks.push(repr(current));
        current = word;
      } else current = candidate;
    });
    if (current) chunks.push(repr(current));
  });
  if (chunks.length === 1) return repr(text);
  const body = chunks.join(`\n${" ".repeat(inner)}`);
  return indent === 0 ? `(${body})` : body;
}
