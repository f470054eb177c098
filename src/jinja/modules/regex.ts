import { bindArguments } from "../arguments.ts";
import { PyDict } from "../dict.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import { PyFunction, PyType } from "../function.ts";
import { indexNumber } from "../numbers.ts";
import { isCallable, repr, textOf, typeName } from "../operations.ts";
import { PyIterator, PyTuple } from "../sequences.ts";
import { codeLength, codePoints, hasWide } from "../text.ts";
import { noKwargs, PyObject, type Kwargs, type Value } from "../value.ts";
import { flag, translateRegex, type TranslatedRegex } from "./regex-syntax.ts";

function subject(value: Value | undefined): string {
  const text = textOf(value ?? null);
  if (text === undefined) throw typeError(`expected string or bytes-like object, got '${typeName(value ?? null)}'`);
  return text;
}

/** The UTF-16 offset of a code point position. */
const unitAt = (text: string, position: number): number =>
  hasWide(text) ? codePoints(text).slice(0, position).join("").length : Math.min(position, text.length);

type Found = RegExpExecArray & { indices?: [number, number][] };

/** `re.Match` */
export class PyMatch extends PyObject {
  readonly pyType = "re.Match";
  readonly text: string;
  readonly found: Found;
  readonly pattern: PyPattern;
  constructor(text: string, found: Found, pattern: PyPattern) {
    super();
    this.text = text;
    this.found = found;
    this.pattern = pattern;
  }
  private index(group: Value): number {
    const name = textOf(group);
    const i = name === undefined ? indexNumber(group) : this.pattern.regex.names.get(name);
    if (i === undefined || i < 0 || i > this.pattern.regex.groups) throw pyError("IndexError", "no such group");
    return i;
  }
  group(group: Value): Value {
    return this.found[this.index(group)] ?? null;
  }
  span(group: Value): [number, number] {
    const pair = this.found.indices?.[this.index(group)];
    if (!pair) return [-1, -1];
    if (!hasWide(this.text)) return pair;
    return [codeLength(this.text.slice(0, pair[0])), codeLength(this.text.slice(0, pair[1]))];
  }
  private groups(fallback: Value): Value[] {
    return this.found.slice(1).map((g) => g ?? fallback);
  }
  override getItem(key: Value): Value | undefined {
    return this.group(key);
  }
  override repr(): string {
    const [from, to] = this.span(0);
    return `<re.Match object; span=(${from}, ${to}), match=${repr(this.found[0])}>`;
  }
  override getAttr(name: string): Value | undefined {
    const call = (run: (args: Value[], kwargs: Kwargs) => Value) => new PyFunction(name, run);
    switch (name) {
      case "group":
        return call((args) =>
          args.length < 2 ? this.group(args[0] ?? 0) : new PyTuple(args.map((g) => this.group(g))),
        );
      case "groups":
        return call(
          (args, kwargs) => new PyTuple(this.groups(bindArguments(name, ["default?"], args, kwargs)[0] ?? null)),
        );
      case "groupdict":
        return call((args, kwargs) => {
          const [fallback = null] = bindArguments(name, ["default?"], args, kwargs);
          return new PyDict(Array.from(this.pattern.regex.names, ([key, i]) => [key, this.found[i] ?? fallback]));
        });
      case "start":
        return call((args) => this.span(args[0] ?? 0)[0]);
      case "end":
        return call((args) => this.span(args[0] ?? 0)[1]);
      case "span":
        return call((args) => new PyTuple(this.span(args[0] ?? 0)));
      case "expand":
        return call((args) => expand(subject(args[0]), this));
      case "string":
        return this.text;
      case "re":
        return this.pattern;
      case "pos":
        return 0;
      case "endpos":
        return codeLength(this.text);
      case "lastindex": {
        const last = this.found.slice(1).findLastIndex((g) => g !== undefined);
        return last < 0 ? null : last + 1;
      }
      case "lastgroup": {
        const last = this.found.slice(1).findLastIndex((g) => g !== undefined) + 1;
        for (const [key, i] of this.pattern.regex.names) if (i === last) return key;
        return null;
      }
      default:
        return undefined;
    }
  }
}

const replacementEscapes: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  f: "\f",
  v: "\v",
  a: "\x07",
  b: "\b",
  "\\": "\\",
};

/** A replacement such as `\1-\g<name>` for one match. */
function expand(template: string, match: PyMatch): string {
  return template.replace(
    /\\(?:g<([^>]*)>|([1-9]\d?)|(0[0-7]{0,2})|([\s\S]))/g,
    (whole, name?: string, number?: string, octal?: string, ch?: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const group = name ?? number;
      if (group !== undefined) {
        const key = /^\d+$/.test(group) ? Number(group) : group;
        const known = typeof key === "number" ? key <= match.pattern.regex.groups : match.pattern.regex.names.has(key);
        if (!known) {
          if (typeof key === "string") throw pyError("IndexError", `unknown group name ${repr(key)}`);
          throw valueError(`invalid group reference ${group} at position 1`);
        }
        return (match.group(key) ?? "") as string;
      }
      const plain = replacementEscapes[ch as string];
      if (plain === undefined && /[A-Za-z]/.test(ch as string)) throw valueError(`bad escape \\${ch} at position 0`);
      return plain ?? whole;
    },
  );
}

/** `re.Pattern` */
export class PyPattern extends PyObject {
  readonly pyType = "re.Pattern";
  readonly pattern: string;
  readonly regex: TranslatedRegex;
  private readonly compiled = new Map<string, RegExp>();
  constructor(pattern: string, flags: number) {
    super();
    this.pattern = pattern;
    this.regex = translateRegex(pattern, flags);
  }
  private javascript(kind: "g" | "y", suffix = ""): RegExp {
    const key = kind + suffix;
    let regex = this.compiled.get(key);
    if (!regex) {
      const source = suffix ? `(?:${this.regex.source})${suffix}` : this.regex.source;
      try {
        regex = new RegExp(source, `du${kind}${this.regex.flags & flag.ignoreCase ? "i" : ""}`);
      } catch (error) {
        throw valueError(
          `cannot use the pattern ${repr(this.pattern)}: ${error instanceof Error ? error.message : ""}`,
        );
      }
      this.compiled.set(key, regex);
    }
    return regex;
  }
  exec(kind: "match" | "search" | "fullmatch", text: string, from = 0): PyMatch | null {
    const regex = this.javascript(kind === "search" ? "g" : "y", kind === "fullmatch" ? "(?![\\s\\S])" : "");
    regex.lastIndex = from;
    const found = regex.exec(text) as Found | null;
    return found && new PyMatch(text, found, this);
  }
  *all(text: string): Generator<PyMatch> {
    const regex = this.javascript("g");
    // A search before left its end there, and matchAll() would begin at it.
    regex.lastIndex = 0;
    for (const found of text.matchAll(regex)) yield new PyMatch(text, found as Found, this);
  }
  findall(text: string): Value[] {
    const { groups } = this.regex;
    return Array.from(this.all(text), ({ found }) => {
      if (groups === 0) return found[0];
      const parts = found.slice(1).map((g) => g ?? "");
      return groups === 1 ? (parts[0] as string) : new PyTuple(parts);
    });
  }
  split(text: string, limit: number): Value[] {
    const out: Value[] = [];
    let from = 0;
    let n = 0;
    for (const { found } of this.all(text)) {
      if (limit > 0 && n >= limit) break;
      out.push(text.slice(from, found.index), ...found.slice(1).map((g) => g ?? null));
      from = found.index + found[0].length;
      n++;
    }
    out.push(text.slice(from));
    return out;
  }
  sub(by: Value, text: string, limit: number): [string, number] {
    let out = "";
    let from = 0;
    let n = 0;
    const template = textOf(by);
    for (const match of this.all(text)) {
      if (limit > 0 && n >= limit) break;
      const { found } = match;
      out += text.slice(from, found.index) + (template === undefined ? replaced(by, match) : expand(template, match));
      from = found.index + found[0].length;
      n++;
    }
    return [out + text.slice(from), n];
  }
  override repr(): string {
    const names = ["IGNORECASE", "MULTILINE", "DOTALL", "VERBOSE", "ASCII"];
    const bits = [2, 8, 16, 64, 256];
    const set = names.filter((_n, i) => this.regex.flags & (bits[i] as number)).map((n) => `re.${n}`);
    return `re.compile(${repr(this.pattern)}${set.length > 0 ? `, ${set.join("|")}` : ""})`;
  }
  override equals(other: Value): boolean {
    return other instanceof PyPattern && other.pattern === this.pattern && other.regex.flags === this.regex.flags;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "pattern":
        return this.pattern;
      case "flags":
        return this.regex.flags | (this.regex.flags & flag.ascii ? 0 : flag.unicode);
      case "groups":
        return this.regex.groups;
      case "groupindex":
        return new PyDict(this.regex.names);
    }
    const run = Object.hasOwn(operations, name) ? operations[name] : undefined;
    return run && new PyFunction(name, (args, kwargs) => run(this, args, kwargs));
  }
}

function replaced(by: Value, match: PyMatch): string {
  if (!isCallable(by)) throw typeError(`decoding to str: need a bytes-like object, ${typeName(by)} found`);
  const result = (by as PyObject).call([match], noKwargs);
  if (result instanceof Promise) throw typeError("a replacement function cannot wait for a query");
  return subject(result);
}

type Operation = (pattern: PyPattern, args: Value[], kwargs: Kwargs) => Value;

const finding =
  (kind: "match" | "search" | "fullmatch"): Operation =>
  (pattern, args, kwargs) => {
    const [text, pos = 0] = bindArguments(kind, ["string", "pos?", "endpos?"], args, kwargs);
    const s = subject(text);
    return pattern.exec(kind, s, unitAt(s, indexNumber(pos) ?? 0));
  };
const count = (value: Value | undefined): number => (value === undefined ? 0 : (indexNumber(value) ?? 0));

/** What patterns can do; the functions of the module are the same with the pattern in front. */
const operations: Record<string, Operation> = {
  match: finding("match"),
  search: finding("search"),
  fullmatch: finding("fullmatch"),
  findall: (pattern, args, kwargs) =>
    pattern.findall(subject(bindArguments("findall", ["string", "pos?"], args, kwargs)[0])),
  finditer: (pattern, args, kwargs) =>
    new PyIterator(
      pattern.all(subject(bindArguments("finditer", ["string", "pos?"], args, kwargs)[0])),
      "callable_iterator",
    ),
  split: (pattern, args, kwargs) => {
    const [text, limit] = bindArguments("split", ["string", "maxsplit?"], args, kwargs);
    return pattern.split(subject(text), count(limit));
  },
  sub: (pattern, args, kwargs) => {
    const [by, text, limit] = bindArguments("sub", ["repl", "string", "count?"], args, kwargs);
    return pattern.sub(by as Value, subject(text), count(limit))[0];
  },
  subn: (pattern, args, kwargs) => {
    const [by, text, limit] = bindArguments("subn", ["repl", "string", "count?"], args, kwargs);
    return new PyTuple(pattern.sub(by as Value, subject(text), count(limit)));
  },
};

/** How many positional arguments of the module's functions come before `flags`. */
const plainArguments: Record<string, number> = {
  match: 1,
  search: 1,
  fullmatch: 1,
  findall: 1,
  finditer: 1,
  split: 2,
  sub: 3,
  subn: 3,
};

const cache = new Map<string, PyPattern>();

export function compilePattern(pattern: Value | undefined, flags: Value | undefined): PyPattern {
  if (pattern instanceof PyPattern) return pattern;
  const text = textOf(pattern ?? null);
  if (text === undefined) throw typeError("first argument must be string or compiled pattern");
  const bits = count(flags);
  const key = `${bits} ${text}`;
  let found = cache.get(key);
  if (!found) {
    if (cache.size > 500) cache.clear();
    cache.set(key, (found = new PyPattern(text, bits)));
  }
  return found;
}

function moduleFunction(name: string): PyFunction {
  return new PyFunction(name, (args, kwargs) => {
    const rest = new Map(kwargs);
    const take = (key: string): Value | undefined => {
      const value = rest.get(key);
      rest.delete(key);
      return value;
    };
    const given = args.slice();
    const pattern = given.length > 0 ? given.shift() : take("pattern");
    const limit = plainArguments[name] as number;
    const flags = given.length > limit ? given.pop() : take("flags");
    return (operations[name] as Operation)(compilePattern(pattern, flags), given, rest);
  });
}

const special = /[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g;
const flags: Record<string, number> = {
  A: 256,
  ASCII: 256,
  I: 2,
  IGNORECASE: 2,
  L: 4,
  LOCALE: 4,
  M: 8,
  MULTILINE: 8,
  S: 16,
  DOTALL: 16,
  X: 64,
  VERBOSE: 64,
  U: 32,
  UNICODE: 32,
  NOFLAG: 0,
  T: 1,
  TEMPLATE: 1,
};

/** dbt's `modules.re` */
export const regexModule = new PyDict(
  new Map<Value, Value>([
    ...Object.keys(operations).map((name): [string, Value] => [name, moduleFunction(name)]),
    ...Object.entries(flags),
    [
      "compile",
      new PyFunction("compile", (args, kwargs) => {
        const [pattern, bits] = bindArguments("compile", ["pattern", "flags?"], args, kwargs);
        return compilePattern(pattern, bits);
      }),
    ],
    ["escape", new PyFunction("escape", (args) => subject(args[0]).replace(special, (ch) => `\\${ch}`))],
    ["purge", new PyFunction("purge", () => null)],
    ["error", new PyType("re.error", () => null)],
    ["Pattern", new PyType("re.Pattern", () => null)],
    ["Match", new PyType("re.Match", () => null)],
  ]),
);
