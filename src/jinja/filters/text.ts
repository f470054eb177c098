import { bindArguments } from "../arguments.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import { PyDict } from "../dict.ts";
import { escape, escapeHtml, PyMarker, PyMarkup } from "../markup.ts";
import { PyBytes } from "../bytes.ts";
import { replaceText, splitLines, textMethods } from "../methods/text.ts";
import { indexNumber } from "../numbers.ts";
import { isIterable, iterate, length, repr, str, textOf, toArray, truthy, typeName } from "../operations.ts";
import { formatPercent } from "../percent.ts";
import type { FilterFunction } from "../registry.ts";
import { PyTuple } from "../sequences.ts";
import { capitalize, codeLength, codePoints, strip } from "../text.ts";
import { ChainableUndefined, Undefined } from "../undefined.ts";
import { noKwargs, type Value } from "../value.ts";
import { attributeGetter, likeText, softText } from "./shared.ts";
import { urlize } from "./urlize.ts";
import { wrapLine } from "./wordwrap.ts";

const textOnly =
  (func: string, run: (text: string) => string): FilterFunction =>
  (value, args, kwargs) => {
    bindArguments(func, ["s"], [value, ...args], kwargs);
    return likeText(value, run(softText(value)));
  };

/** Text that must be one, for filters that use it without converting. */
function strictText(value: Value, use: string): string {
  const text = textOf(value);
  if (text === undefined) {
    if (value instanceof Undefined) value.fail();
    throw typeError(use);
  }
  return text;
}

const titleSplit = /([-\s({[<]+)/;
const title = (text: string): string =>
  text
    .split(titleSplit)
    .filter(Boolean)
    .map((part) => {
      const [first = ""] = part;
      return first.toUpperCase() + part.slice(first.length).toLowerCase();
    })
    .join("");

const replace: FilterFunction = (value, args, kwargs) => {
  const [s, old, by, count] = bindArguments("do_replace", ["s", "old", "new", "count?"], [value, ...args], kwargs);
  const limit = count === undefined || count === null ? -1 : indexNumber(count);
  if (limit === undefined) throw typeError(`'${typeName(count as Value)}' object cannot be interpreted as an integer`);
  return replaceText(str(s as Value), str(old as Value), str(by as Value), limit);
};

const join: FilterFunction = (value, args, kwargs, run) => {
  const [items, d = "", attribute = null] = bindArguments(
    "sync_do_join",
    ["value", "d?", "attribute?"],
    [value, ...args],
    kwargs,
  );
  const get = attribute === null ? undefined : attributeGetter(run, attribute);
  const parts: string[] = [];
  for (const item of iterate(items as Value)) parts.push(str(get ? get(item) : item));
  return parts.join(str(d));
};

const trim: FilterFunction = (value, args, kwargs) => {
  const [s, chars = null] = bindArguments("do_trim", ["value", "chars?"], [value, ...args], kwargs);
  const text = softText(s as Value);
  return likeText(value, chars === null ? strip(text) : (textMethods.strip?.(text, [chars], noKwargs) as string));
};

const center: FilterFunction = (value, args, kwargs) => {
  const [s, width = 80] = bindArguments("do_center", ["value", "width?"], [value, ...args], kwargs);
  return likeText(value, textMethods.center?.(softText(s as Value), [width], noKwargs) as string);
};

const indent: FilterFunction = (value, args, kwargs) => {
  const [s, width = 4, first = false, blank = false] = bindArguments(
    "do_indent",
    ["s", "width?", "first?", "blank?"],
    [value, ...args],
    kwargs,
  );
  if (s instanceof Undefined) s.fail();
  const text = textOf(s as Value);
  const spaces = textOf(width);
  const times = indexNumber(width);
  if (spaces === undefined && times === undefined)
    throw typeError(`can't multiply sequence by non-int of type '${typeName(width)}'`);
  const indention = spaces ?? " ".repeat(Math.max(0, times as number));
  if (text === undefined) {
    if (Array.isArray(s)) throw pyError("AttributeError", "'list' object has no attribute 'splitlines'");
    throw typeError(`unsupported operand type(s) for +=: '${typeName(s as Value)}' and 'str'`);
  }
  const lines = splitLines(`${text}\n`);
  let out: string;
  if (truthy(blank)) out = lines.join(`\n${indention}`);
  else {
    const [head = "", ...rest] = lines;
    out = [head, ...rest.map((line) => (line ? indention + line : line))].join("\n");
  }
  return likeText(value, truthy(first) ? indention + out : out);
};

const truncate: FilterFunction = (value, args, kwargs) => {
  const [s, size = 255, kill = false, end = "...", leeway = null] = bindArguments(
    "do_truncate",
    ["s", "length?", "killwords?", "end?", "leeway?"],
    [value, ...args],
    kwargs,
  );
  const limit = indexNumber(size) ?? 255;
  const slack = leeway === null ? 5 : (indexNumber(leeway) ?? 5);
  const tail = softText(end);
  const tailLength = codeLength(tail);
  if (limit < tailLength) throw pyError("AssertionError", `expected length >= ${tailLength}, got ${limit}`);
  if (slack < 0) throw pyError("AssertionError", `expected leeway >= 0, got ${slack}`);
  if (length(s as Value) <= limit + slack) return s as Value;
  const points = codePoints(strictText(s as Value, "can only concatenate"));
  const cut = points.slice(0, limit - tailLength).join("");
  if (truthy(kill)) return likeText(value, cut + tail);
  const space = cut.lastIndexOf(" ");
  return likeText(value, (space < 0 ? cut : cut.slice(0, space)) + tail);
};

const wordwrap: FilterFunction = (value, args, kwargs) => {
  const [s, width = 79, breakLong = true, wrapstring = null, onHyphens = true] = bindArguments(
    "do_wordwrap",
    ["s", "width?", "break_long_words?", "wrapstring?", "break_on_hyphens?"],
    [value, ...args],
    kwargs,
  );
  const glue = wrapstring === null ? "\n" : softText(wrapstring);
  const text = textOf(s as Value);
  if (text === undefined) {
    if (s instanceof Undefined) s.fail();
    throw pyError("AttributeError", `'${typeName(s as Value)}' object has no attribute 'splitlines'`);
  }
  const size = indexNumber(width) ?? 79;
  return splitLines(text)
    .map((line) => wrapLine(line, size, truthy(breakLong), truthy(onHyphens)).join(glue))
    .join(glue);
};

const format: FilterFunction = (value, args, kwargs) => {
  if (args.length > 0 && kwargs.size > 0) {
    throw pyError("TemplateRuntimeError", "can't handle positional and keyword arguments at the same time");
  }
  const given: Value = kwargs.size > 0 ? new PyDict(kwargs) : new PyTuple(args);
  return likeText(value, formatPercent(softText(value), given, value instanceof PyMarkup));
};

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
  ["copy", "©"],
  ["reg", "®"],
]);
/** Python's `html.unescape`: a number that is no character becomes U+FFFD. */
const character = (code: number): string =>
  code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? "\ufffd" : String.fromCodePoint(code);
const unescapeHtml = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal) return character(Number(decimal));
    if (hex) return character(Number.parseInt(hex, 16));
    return entities.get(name as string) ?? whole;
  });

const striptags: FilterFunction = (value) => {
  let text = str(value).replace(/<!--[\s\S]*?-->/g, "");
  text = text.replace(/<[\s\S]*?>/g, "");
  return unescapeHtml(text.split(/\s+/).filter(Boolean).join(" "));
};

const quotable = /[A-Za-z0-9_.~-]/;
function quoteUrl(value: Value, forQuery: boolean): string {
  const bytes = value instanceof PyBytes ? value.data : Buffer.from(str(value), "utf8");
  let out = "";
  for (const byte of bytes) {
    const ch = String.fromCharCode(byte);
    if (quotable.test(ch) || (ch === "/" && !forQuery)) out += ch;
    else if (ch === " " && forQuery) out += "+";
    else out += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

function pairItems(pair: Value): Value[] {
  if (!isIterable(pair)) throw typeError(`cannot unpack non-iterable ${typeName(pair)} object`);
  return toArray(pair);
}

const urlencode: FilterFunction = (value) => {
  if (textOf(value) !== undefined || !isIterable(value)) return quoteUrl(value, false);
  const pairs = value instanceof PyDict ? Array.from(value.entries()) : Array.from(iterate(value), pairItems);
  return pairs
    .map((pair) => {
      if (pair.length !== 2)
        throw valueError(
          pair.length < 2
            ? `not enough values to unpack (expected 2, got ${pair.length})`
            : "too many values to unpack (expected 2)",
        );
      return `${quoteUrl(pair[0] as Value, true)}=${quoteUrl(pair[1] as Value, true)}`;
    })
    .join("&");
};

const xmlattr: FilterFunction = (value, args, kwargs) => {
  const [d, autospace = true] = bindArguments("do_xmlattr", ["d", "autospace?"], [value, ...args], kwargs);
  if (d instanceof ChainableUndefined) return "";
  if (d instanceof Undefined) d.fail();
  if (!(d instanceof PyDict))
    throw pyError("AttributeError", `'${typeName(d as Value)}' object has no attribute 'items'`);
  const parts: string[] = [];
  for (const [key, item] of d.entries()) {
    if (item === null || item instanceof Undefined) continue;
    const name = textOf(key);
    if (name === undefined) throw typeError(`expected string or bytes-like object, got '${typeName(key)}'`);
    if (/[ \t\n\r\f\v/>=]/.test(name)) throw valueError(`Invalid character in attribute name: ${repr(key)}`);
    parts.push(`${escapeHtml(name)}="${escape(item).text}"`);
  }
  const text = parts.join(" ");
  return truthy(autospace) && text ? ` ${text}` : text;
};

/** dbt's filters that mark a text for native rendering; in SQL they change nothing. */
const marker =
  (type: PyMarker["pyType"]): FilterFunction =>
  (value, _args, _kwargs, run) =>
    run.native ? new PyMarker(str(value), type) : value;

export const textFilters: Record<string, FilterFunction> = {
  as_bool: marker("BoolMarker"),
  as_native: marker("NativeMarker"),
  as_number: marker("NumberMarker"),
  as_text: marker("TextMarker"),
  capitalize: textOnly("do_capitalize", capitalize),
  center,
  e: (value) => escape(value),
  escape: (value) => escape(value),
  forceescape: (value) => new PyMarkup(escapeHtml(value instanceof PyMarkup ? value.text : str(value))),
  format,
  indent,
  join,
  lower: textOnly("do_lower", (text) => text.toLowerCase()),
  replace,
  safe: (value) => (value instanceof PyMarkup ? value : new PyMarkup(str(value))),
  string: (value) => (textOf(value) !== undefined ? value : str(value)),
  striptags,
  title: (value) => title(softText(value)),
  trim,
  truncate,
  upper: textOnly("do_upper", (text) => text.toUpperCase()),
  urlencode,
  urlize,
  wordcount: (value) => (softText(value).match(/[\p{L}\p{N}_]+/gu) ?? []).length,
  wordwrap,
  xmlattr,
};
