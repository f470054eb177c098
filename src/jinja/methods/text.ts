import { bindArguments, checkArity } from "../arguments.ts";
import { PyBytes } from "../bytes.ts";
import { PyDict } from "../dict.ts";
import { typeError, valueError } from "../errors.ts";
import { indexNumber } from "../numbers.ts";
import { iterate, textOf, typeName } from "../operations.ts";
import { PyTuple, slicePositions } from "../sequences.ts";
import {
  capitalize,
  codeLength,
  codePoints,
  hasWide,
  isPrintable,
  isSpace,
  spaceRun,
  strip,
  titleChar,
  trimEnd,
  trimStart,
} from "../text.ts";
import type { Kwargs, Value } from "../value.ts";

type TextMethod = (self: string, args: Value[], kwargs: Kwargs) => Value;

function need(value: Value | undefined, func: string, position?: number): string {
  const text = textOf(value ?? null);
  if (text !== undefined) return text;
  const where = position === undefined ? "argument" : `argument ${position}`;
  throw typeError(`${func}() ${where} must be str, not ${value === null ? "None" : typeName(value ?? null)}`);
}
function integer(value: Value | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const n = indexNumber(value);
  if (n === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return n;
}

/** A method without keyword arguments, with its arity checked as for methods written in C. */
const method =
  (name: string, min: number, max: number, run: (self: string, args: Value[]) => Value): TextMethod =>
  (self, args, kwargs) => {
    checkArity(`str.${name}`, args, kwargs, min, max);
    return run(self, args);
  };

/** The part `[start:end]` that find, count and startswith look at, with its offset in code points. */
function window(self: string, args: Value[]): { text: string; from: number; valid: boolean } {
  if (args.length < 2) return { text: self, from: 0, valid: true };
  const chars = codePoints(self);
  const start = args[1] ?? null;
  const end = args[2] ?? null;
  if ((start !== null && indexNumber(start) === undefined) || (end !== null && indexNumber(end) === undefined)) {
    throw typeError("slice indices must be integers or None or have an __index__ method");
  }
  const { from, to } = slicePositions(chars.length, start, end, null);
  const raw = start === null ? 0 : (indexNumber(start) as number);
  return { text: chars.slice(from, Math.max(from, to)).join(""), from, valid: raw <= chars.length && from <= to };
}

const position = (text: string, unit: number): number =>
  unit < 0 ? -1 : hasWide(text) ? codeLength(text.slice(0, unit)) : unit;

function search(name: string, last: boolean, required: boolean): TextMethod {
  return method(name, 1, 3, (self, args) => {
    const sub = textOf(args[0] as Value);
    if (sub === undefined) throw typeError(`must be str, not ${typeName(args[0] as Value)}`);
    const { text, from, valid } = window(self, args);
    const at = valid ? position(text, last ? text.lastIndexOf(sub) : text.indexOf(sub)) : -1;
    if (at < 0 && required) throw valueError("substring not found");
    return at < 0 ? -1 : at + from;
  });
}

function affix(name: "startswith" | "endswith"): TextMethod {
  return method(name, 1, 3, (self, args) => {
    const what = args[0] as Value;
    const candidates = what instanceof PyTuple ? what.items : [what];
    const { text, valid } = window(self, args);
    for (const candidate of candidates) {
      const s = textOf(candidate);
      if (s === undefined) {
        throw typeError(
          what instanceof PyTuple
            ? `tuple for ${name} must only contain str, not ${typeName(candidate)}`
            : `${name} first arg must be str or a tuple of str, not ${typeName(candidate)}`,
        );
      }
      if (valid && (name === "startswith" ? text.startsWith(s) : text.endsWith(s))) return true;
    }
    return false;
  });
}

function trimmer(name: string, left: boolean, right: boolean): TextMethod {
  return method(name, 0, 1, (self, args) => {
    const set = args[0];
    if (set === undefined || set === null) return left ? (right ? strip(self) : trimStart(self)) : trimEnd(self);
    const chars = new Set(need(set, name === "strip" ? "strip" : name));
    const points = codePoints(self);
    let from = 0;
    let to = points.length;
    while (left && from < to && chars.has(points[from] as string)) from++;
    while (right && to > from && chars.has(points[to - 1] as string)) to--;
    return points.slice(from, to).join("");
  });
}

function splitting(name: "split" | "rsplit"): TextMethod {
  return (self, args, kwargs) => {
    for (const key of kwargs.keys()) {
      if (key !== "sep" && key !== "maxsplit") throw typeError(`'${key}' is an invalid keyword argument for ${name}()`);
    }
    const [sep = null, max] = bindArguments(name, ["sep?", "maxsplit?"], args, kwargs);
    const limit = integer(max, -1);
    if (sep === null) return name === "split" ? splitBlank(self, limit) : rsplitBlank(self, limit);
    const by = textOf(sep);
    if (by === undefined) throw typeError(`must be str or None, not ${typeName(sep)}`);
    if (by === "") throw valueError("empty separator");
    const parts = self.split(by);
    if (limit < 0 || parts.length <= limit + 1) return parts;
    if (name === "split") return [...parts.slice(0, limit), parts.slice(limit).join(by)];
    const head = parts.length - limit;
    return [parts.slice(0, head).join(by), ...parts.slice(head)];
  };
}

function splitBlank(self: string, limit: number): string[] {
  let rest = trimStart(self);
  if (limit < 0) {
    rest = trimEnd(rest);
    return rest === "" ? [] : rest.split(spaceRun);
  }
  const parts: string[] = [];
  while (rest !== "" && parts.length < limit) {
    const m = spaceRun.exec(rest);
    if (!m) break;
    parts.push(rest.slice(0, m.index));
    rest = rest.slice(m.index + m[0].length);
  }
  if (rest !== "") parts.push(rest);
  return parts;
}

function rsplitBlank(self: string, limit: number): string[] {
  if (limit < 0) return splitBlank(self, -1);
  const mirrored = splitBlank(codePoints(self).reverse().join(""), limit);
  return mirrored.map((part) => codePoints(part).reverse().join("")).reverse();
}

const lineEndClass = "\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029";
const lineEnds = new RegExp(`\\r\\n|[${lineEndClass}]`, "g");

export function splitLines(self: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let from = 0;
  for (const m of self.matchAll(lineEnds)) {
    const end = m.index + m[0].length;
    lines.push(self.slice(from, keepEnds ? end : m.index));
    from = end;
  }
  if (from < self.length) lines.push(self.slice(from));
  return lines;
}

function justify(name: string, place: (missing: number, width: number) => [number, number]): TextMethod {
  return method(name, 1, 2, (self, args) => {
    const width = integer(args[0], 0);
    const fill = args[1] === undefined ? " " : textOf(args[1]);
    if (fill === undefined || codeLength(fill) !== 1) {
      if (fill === undefined) {
        throw typeError(`The fill character must be a unicode character, not ${typeName(args[1] as Value)}`);
      }
      throw typeError("The fill character must be exactly one character long");
    }
    const missing = width - codeLength(self);
    if (missing <= 0) return self;
    const [left, right] = place(missing, width);
    return fill.repeat(left) + self + fill.repeat(right);
  });
}

/** True when there is a character and all satisfy `test`. */
const all = (name: string, test: RegExp): TextMethod =>
  method(name, 0, 0, (self) => self !== "" && codePoints(self).every((c) => test.test(c)));

const cased = /[\p{Lt}\p{Uppercase}\p{Lowercase}]/u;
const isLowerChar = /\p{Lowercase}/u;
const isUpperChar = /\p{Uppercase}/u;

function casing(name: string, wrong: RegExp, right: RegExp): TextMethod {
  return method(name, 0, 0, (self) => {
    let found = false;
    for (const ch of self) {
      if (wrong.test(ch) || /\p{Lt}/u.test(ch)) return false;
      if (right.test(ch)) found = true;
    }
    return found;
  });
}

export function titleCase(self: string): string {
  let out = "";
  let inWord = false;
  for (const ch of self) {
    const letter = cased.test(ch);
    out += letter ? (inWord ? ch.toLowerCase() : titleChar(ch)) : ch;
    inWord = letter;
  }
  return out;
}

function isTitle(self: string): boolean {
  let previous = false;
  let found = false;
  for (const ch of self) {
    if (isUpperChar.test(ch) || /\p{Lt}/u.test(ch)) {
      if (previous) return false;
      previous = found = true;
    } else if (isLowerChar.test(ch)) {
      if (!previous) return false;
      found = true;
    } else previous = false;
  }
  return found;
}

function swapCase(self: string): string {
  let out = "";
  for (const ch of self) out += isUpperChar.test(ch) ? ch.toLowerCase() : isLowerChar.test(ch) ? ch.toUpperCase() : ch;
  return out;
}

function partition(name: "partition" | "rpartition"): TextMethod {
  return method(name, 1, 1, (self, args) => {
    const sep = textOf(args[0] as Value);
    if (sep === undefined) throw typeError(`must be str, not ${typeName(args[0] as Value)}`);
    if (sep === "") throw valueError("empty separator");
    const at = name === "partition" ? self.indexOf(sep) : self.lastIndexOf(sep);
    if (at < 0) return new PyTuple(name === "partition" ? [self, "", ""] : ["", "", self]);
    return new PyTuple([self.slice(0, at), sep, self.slice(at + sep.length)]);
  });
}

/** `str.replace` with a limit; an empty `old` matches between all characters. */
export function replaceText(self: string, old: string, by: string, count = -1): string {
  if (count < 0 && old !== "") return self.replaceAll(old, () => by);
  if (count === 0) return self;
  let left = count < 0 ? Number.POSITIVE_INFINITY : count;
  if (old === "") {
    let out = "";
    for (const ch of self) out += left-- > 0 ? by + ch : ch;
    return left > 0 ? out + by : out;
  }
  let out = "";
  let from = 0;
  while (left-- > 0) {
    const at = self.indexOf(old, from);
    if (at < 0) break;
    out += self.slice(from, at) + by;
    from = at + old.length;
  }
  return out + self.slice(from);
}

function replace(self: string, args: Value[]): Value {
  const texts = [need(args[0], "replace", 1), need(args[1], "replace", 2)] as const;
  return replaceText(self, texts[0], texts[1], integer(args[2], -1));
}

function expandTabs(self: string, size: number): string {
  let out = "";
  let column = 0;
  for (const ch of self) {
    if (ch === "\t") {
      const n = size > 0 ? size - (column % size) : 0;
      out += " ".repeat(n);
      column += n;
    } else {
      out += ch;
      column = ch === "\n" || ch === "\r" ? 0 : column + 1;
    }
  }
  return out;
}

function zfill(self: string, args: Value[]): Value {
  const missing = integer(args[0], 0) - codeLength(self);
  if (missing <= 0) return self;
  const sign = /^[+-]/.test(self) ? self.charAt(0) : "";
  return sign + "0".repeat(missing) + self.slice(sign.length);
}

function translate(self: string, args: Value[]): Value {
  const table = args[0];
  if (!(table instanceof PyDict)) throw typeError(`'${typeName(table ?? null)}' object is not subscriptable`);
  let out = "";
  for (const ch of self) {
    const to = table.get(ch.codePointAt(0) as number);
    if (to === undefined) out += ch;
    else if (typeof to === "number") out += String.fromCodePoint(to);
    else if (to !== null) out += need(to, "translate");
  }
  return out;
}

function makeTrans(_self: string, args: Value[]): Value {
  const table = new PyDict();
  const [from, to, drop] = args;
  if (from instanceof PyDict) {
    for (const [key, value] of from.entries())
      table.set(typeof key === "string" ? (key.codePointAt(0) as number) : key, value);
    return table;
  }
  if (args.length < 2) throw typeError("if you give only one argument to maketrans it must be a dict");
  const a = codePoints(need(from, "maketrans", 1));
  const b = codePoints(need(to, "maketrans", 2));
  if (a.length !== b.length) throw valueError("the first two maketrans arguments must have equal length");
  a.forEach((ch, i) => table.set(ch.codePointAt(0) as number, (b[i] as string).codePointAt(0) as number));
  if (drop !== undefined) for (const ch of need(drop, "maketrans", 3)) table.set(ch.codePointAt(0) as number, null);
  return table;
}

function join(self: string, args: Value[]): Value {
  const items = args[0] as Value;
  const parts: string[] = [];
  const source = Array.isArray(items) || typeof items === "string" || typeof items === "object" ? items : undefined;
  if (source === undefined || source === null) throw typeError("can only join an iterable");
  for (const item of iterate(source)) {
    const text = textOf(item);
    if (text === undefined) {
      throw typeError(`sequence item ${parts.length}: expected str instance, ${typeName(item)} found`);
    }
    parts.push(text);
  }
  return parts.join(self);
}

function encode(self: string, args: Value[], kwargs: Kwargs): Value {
  const [encoding = "utf-8"] = bindArguments("encode", ["encoding?", "errors?"], args, kwargs);
  return PyBytes.encode(self, need(encoding, "encode", 1));
}

function count(self: string, args: Value[]): Value {
  const sub = textOf(args[0] as Value);
  if (sub === undefined) throw typeError(`must be str, not ${typeName(args[0] as Value)}`);
  const { text, valid } = window(self, args);
  if (!valid) return 0;
  return sub === "" ? codeLength(text) + 1 : text.split(sub).length - 1;
}

const identifier = /^[\p{ID_Start}_]\p{ID_Continue}*$/u;

/** The methods of `str` except format and format_map, which read attributes. */
export const textMethods: Record<string, TextMethod> = {
  capitalize: method("capitalize", 0, 0, capitalize),
  casefold: method("casefold", 0, 0, (self) => self.replaceAll("ß", "ss").toLowerCase()),
  center: justify("center", (missing, width) => {
    const left = Math.floor(missing / 2) + (missing & width & 1);
    return [left, missing - left];
  }),
  count: method("count", 1, 3, count),
  encode,
  endswith: affix("endswith"),
  expandtabs: (self, args, kwargs) =>
    expandTabs(self, integer(bindArguments("expandtabs", ["tabsize?"], args, kwargs)[0], 8)),
  find: search("find", false, false),
  index: search("index", false, true),
  isalnum: all("isalnum", /[\p{L}\p{N}]/u),
  isalpha: all("isalpha", /\p{L}/u),
  isascii: method("isascii", 0, 0, (self) => !/[^\0-\x7f]/.test(self)),
  isdecimal: all("isdecimal", /\p{Nd}/u),
  isdigit: all("isdigit", /[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨]/u),
  isidentifier: method("isidentifier", 0, 0, (self) => identifier.test(self)),
  islower: casing("islower", isUpperChar, isLowerChar),
  isnumeric: all("isnumeric", /\p{N}/u),
  isprintable: method("isprintable", 0, 0, (self) => codePoints(self).every(isPrintable)),
  isspace: method("isspace", 0, 0, (self) => self !== "" && codePoints(self).every(isSpace)),
  istitle: method("istitle", 0, 0, isTitle),
  isupper: casing("isupper", isLowerChar, isUpperChar),
  join: method("join", 1, 1, join),
  ljust: justify("ljust", (missing) => [0, missing]),
  lower: method("lower", 0, 0, (self) => self.toLowerCase()),
  lstrip: trimmer("lstrip", true, false),
  maketrans: method("maketrans", 1, 3, makeTrans),
  partition: partition("partition"),
  removeprefix: method("removeprefix", 1, 1, (self, args) => {
    const prefix = need(args[0], "removeprefix");
    return self.startsWith(prefix) ? self.slice(prefix.length) : self;
  }),
  removesuffix: method("removesuffix", 1, 1, (self, args) => {
    const suffix = need(args[0], "removesuffix");
    return suffix !== "" && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
  }),
  replace: method("replace", 2, 3, replace),
  rfind: search("rfind", true, false),
  rindex: search("rindex", true, true),
  rjust: justify("rjust", (missing) => [missing, 0]),
  rpartition: partition("rpartition"),
  rsplit: splitting("rsplit"),
  rstrip: trimmer("rstrip", false, true),
  split: splitting("split"),
  splitlines: (self, args, kwargs) => {
    const keep = bindArguments("splitlines", ["keepends?"], args, kwargs)[0] ?? false;
    return splitLines(self, Boolean(indexNumber(keep)));
  },
  startswith: affix("startswith"),
  strip: trimmer("strip", true, true),
  swapcase: method("swapcase", 0, 0, swapCase),
  title: method("title", 0, 0, titleCase),
  translate: method("translate", 1, 1, translate),
  upper: method("upper", 0, 0, (self) => self.toUpperCase()),
  zfill: method("zfill", 1, 1, zfill),
};
