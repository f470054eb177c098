import { PyFloat } from "#jinja/index.ts";
import { timestamp } from "./timestamps.ts";

/** Scalars that are not text when written plain. YAML 1.1 as PyYAML's SafeLoader resolves it. */
const words = new Map<string, null | boolean>();
for (const word of ["yes", "true", "on"]) {
  for (const form of spellings(word)) words.set(form, true);
}
for (const word of ["no", "false", "off"]) {
  for (const form of spellings(word)) words.set(form, false);
}
for (const form of ["", "~", ...spellings("null")]) words.set(form, null);

function spellings(word: string): string[] {
  return [word, word[0]?.toUpperCase() + word.slice(1), word.toUpperCase()];
}

const integer =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const date =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9][0-9]:[0-9][0-9](?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?)$/;

export type ScalarTag = "bool" | "int" | "float" | "null" | "timestamp" | "str";

/** A scalar whose text does not fit its explicit tag; the parser adds the place. */
export class ScalarError extends Error {}

/** The value of an untagged plain scalar. */
export function resolvePlain(text: string): unknown {
  const c = text.charCodeAt(0);
  // Digits, sign and dot start numbers and dates; only few letters start words.
  if ((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46) {
    if (text.length === 1 && c >= 48 && c <= 57) return c - 48;
    if (float.test(text)) return constructFloat(text);
    if (integer.test(text)) return constructInt(text);
    if (c >= 48 && c <= 57 && date.test(text)) return timestamp(text);
    return text;
  }
  if (text.length > 5) return text;
  const word = words.get(text);
  return word === undefined ? text : word;
}

/** The value of a scalar with an explicit tag such as `!!int`. */
export function constructTagged(tag: ScalarTag, text: string): unknown {
  switch (tag) {
    case "str":
      return text;
    case "null":
      return null;
    case "bool": {
      const value = words.get(text.toLowerCase());
      if (typeof value !== "boolean") throw new ScalarError(`'${text}' is not a boolean`);
      return value;
    }
    case "int":
      return constructInt(text);
    case "float":
      return constructFloat(text);
    case "timestamp":
      if (!/^\d{4}-\d\d?-\d\d?/.test(text)) throw new ScalarError(`'${text}' is not a timestamp`);
      return timestamp(text);
  }
}

function sexagesimal(parts: string[]): number {
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

function constructInt(source: string): number | bigint {
  let text = source.replaceAll("_", "");
  const negative = text.startsWith("-");
  if (negative || text.startsWith("+")) text = text.slice(1);
  if (text.includes(":")) {
    const value = sexagesimal(text.split(":"));
    return negative ? -value : value;
  }
  // A leading zero means octal.
  const literal = /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text;
  if (!/^(?:0b[01]+|0x[0-9a-f]+|0o[0-7]+|\d+)$/i.test(literal)) {
    throw new ScalarError(`invalid literal for int() with base 10: '${source}'`);
  }
  const small = Number(literal);
  if (Number.isSafeInteger(small)) return negative && small !== 0 ? -small : small;
  const value = BigInt(literal);
  return negative ? -value : value;
}

function constructFloat(source: string): PyFloat {
  let text = source.replaceAll("_", "").toLowerCase();
  const sign = text.startsWith("-") ? -1 : 1;
  if (sign === -1 || text.startsWith("+")) text = text.slice(1);
  if (text === ".inf") return new PyFloat(sign * Number.POSITIVE_INFINITY);
  if (text === ".nan") return new PyFloat(Number.NaN);
  if (text.includes(":")) return new PyFloat(sign * sexagesimal(text.split(":")));
  const value = Number(text);
  if (Number.isNaN(value) || text === "") throw new ScalarError(`could not convert string to float: '${source}'`);
  return new PyFloat(sign * value);
}
