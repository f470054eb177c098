import { pyError } from "./errors.ts";
import { int } from "./numbers.ts";
import type { Source } from "./source.ts";
import { reprText, spaceRun, trimEnd } from "./text.ts";

export interface Token {
  type: string;
  /** Text of names, strings (unescaped), data; digits of numbers; the operator itself. */
  value: string;
  position: number;
  number?: number | bigint;
}

const operators: Record<string, string> = {
  "+": "add",
  "-": "sub",
  "/": "div",
  "//": "floordiv",
  "*": "mul",
  "%": "mod",
  "**": "pow",
  "~": "tilde",
  "[": "lbracket",
  "]": "rbracket",
  "(": "lparen",
  ")": "rparen",
  "{": "lbrace",
  "}": "rbrace",
  "==": "eq",
  "!=": "ne",
  ">": "gt",
  ">=": "gteq",
  "<": "lt",
  "<=": "lteq",
  "=": "assign",
  ".": "dot",
  ":": "colon",
  "|": "pipe",
  ",": "comma",
  ";": "semicolon",
};
const signs = Object.fromEntries(Object.entries(operators).map(([sign, type]) => [type, sign]));

const specials: Record<string, string> = {
  block_begin: "begin of statement block",
  block_end: "end of statement block",
  variable_begin: "begin of print statement",
  variable_end: "end of print statement",
  data: "template data / text",
  eof: "end of template",
};

/** How messages speak of a token type such as `lparen` or `name:endif`. */
export function describeType(type: string): string {
  if (type.startsWith("name:")) return type.slice(5);
  return signs[type] ?? specials[type] ?? type;
}
export const describe = (token: Token): string => (token.type === "name" ? token.value : describeType(token.type));

const begin = /\{[{%#]/g;
const rawBegin = new RegExp(`\\{%([-+]?)\\s*raw\\s*(?:-%\\}\\s*|%\\})`, "y");
const rawEnd = new RegExp(`\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\})`, "g");
const commentEnd = /(?:\+#\}|-#\}\s*|#\})/g;
const blank = new RegExp(spaceRun.source, "y");
const variableEnd = new RegExp(`(-\\}\\})${spaceRun.source}|-?\\}\\}`, "y");
const blockEnd = new RegExp(`(-%\\})${spaceRun.source}|[-+]?%\\}`, "y");
const floatNumber = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const word = /[\p{L}\p{N}\p{M}_]+/uy;
const identifier = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const quoted = /'([^'\\]*(?:\\[\s\S][^'\\]*)*)'|"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y;
const operator = /\*\*|\/\/|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y;

const closing: Record<string, string> = { "{": "}", "(": ")", "[": "]" };

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** All tokens of a template, without comments and blanks, ending with `eof`. */
export function tokenize(source: Source): Token[] {
  const text = source.text;
  const tokens: Token[] = [];
  let at = 0;
  const fail = (message: string, position: number): never => {
    const error = pyError("TemplateSyntaxError", message);
    (error as { place: unknown }).place = source.place(position);
    throw error;
  };
  const data = (from: number, to: number, sign: string): void => {
    const value = sign === "-" ? trimEnd(text.slice(from, to)) : text.slice(from, to);
    if (value) tokens.push({ type: "data", value, position: from });
  };
  while (at < text.length) {
    const start = match(begin, text, at);
    if (!start) {
      data(at, text.length, "");
      break;
    }
    const open = start.index;
    const sign = text[open + 2] === "-" ? "-" : "";
    const marked = sign || text[open + 2] === "+" ? 3 : 2;
    if (start[0] === "{#") {
      data(at, open, sign);
      const end = match(commentEnd, text, open + 2);
      if (!end && open + 2 === text.length) break;
      if (!end) return fail("Missing end of comment tag", open);
      at = commentEnd.lastIndex;
      continue;
    }
    if (start[0] === "{%") {
      const raw = match(rawBegin, text, open);
      if (raw) {
        data(at, open, raw[1] ?? "");
        const bodyStart = rawBegin.lastIndex;
        const end = match(rawEnd, text, bodyStart);
        if (!end) return fail("Missing end of raw directive", open);
        data(bodyStart, end.index, end[1] ?? "");
        at = rawEnd.lastIndex;
        continue;
      }
    }
    data(at, open, sign);
    const kind = start[0] === "{{" ? "variable" : "block";
    tokens.push({ type: `${kind}_begin`, value: start[0], position: open });
    at = expression(text, open + marked, kind, tokens, fail);
  }
  tokens.push({ type: "eof", value: "", position: text.length });
  return tokens;
}

/** Tokens up to the end of a tag; answers the position behind it. */
function expression(
  text: string,
  from: number,
  kind: "variable" | "block",
  tokens: Token[],
  fail: (message: string, position: number) => never,
): number {
  const end = kind === "variable" ? variableEnd : blockEnd;
  const brackets: string[] = [];
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13)) {
      at++;
      continue;
    }
    // A tag can only end at one of `- + % }`.
    if (brackets.length === 0 && (code === 45 || code === 43 || code === 37 || code === 125)) {
      const closed = match(end, text, at);
      if (closed) {
        tokens.push({ type: `${kind}_end`, value: closed[0], position: at });
        return end.lastIndex;
      }
    }
    if (isNameStart(code)) at = asciiName(text, at, tokens, fail);
    else if (code === 34 || code === 39) at = quotedText(text, at, tokens, brackets, fail);
    else if (code > 127 && match(blank, text, at)) at = blank.lastIndex;
    else at = one(text, at, tokens, brackets, fail);
  }
  return at;
}

const isNameStart = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;

/** Names are nearly always ASCII, and most of a template's tokens: read without a regular expression. */
function asciiName(
  text: string,
  at: number,
  tokens: Token[],
  fail: (message: string, position: number) => never,
): number {
  let end = at + 1;
  let code = text.charCodeAt(end);
  while (isNameStart(code) || (code >= 48 && code <= 57)) code = text.charCodeAt(++end);
  if (code > 127) return wordAt(text, at, tokens, fail);
  tokens.push({ type: "name", value: text.slice(at, end), position: at });
  return end;
}
function wordAt(text: string, at: number, tokens: Token[], fail: (message: string, position: number) => never): number {
  const m = match(word, text, at) as RegExpExecArray;
  if (!identifier.test(m[0])) fail("Invalid character in identifier", at);
  tokens.push({ type: "name", value: m[0], position: at });
  return word.lastIndex;
}

function quotedText(
  text: string,
  at: number,
  tokens: Token[],
  brackets: string[],
  fail: (message: string, position: number) => never,
): number {
  const close = text.indexOf(text.charAt(at), at + 1);
  if (close > 0) {
    const body = text.slice(at + 1, close);
    if (!body.includes("\\")) {
      tokens.push({ type: "string", value: body, position: at });
      return close + 1;
    }
  }
  return one(text, at, tokens, brackets, fail);
}

function one(
  text: string,
  at: number,
  tokens: Token[],
  brackets: string[],
  fail: (message: string, position: number) => never,
): number {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) {
    let m = text[at - 1] === "." ? null : match(floatNumber, text, at);
    if (m) {
      tokens.push({ type: "float", value: m[0], position: at, number: Number(m[0].replaceAll("_", "")) });
      return floatNumber.lastIndex;
    }
    m = match(integer, text, at);
    if (m) {
      tokens.push({ type: "integer", value: m[0], position: at, number: int(BigInt(m[0].replaceAll("_", ""))) });
      return integer.lastIndex;
    }
  }
  if (code > 47 && match(word, text, at)) return wordAt(text, at, tokens, fail);
  const string = code === 34 || code === 39 ? match(quoted, text, at) : null;
  if (string) {
    tokens.push({ type: "string", value: unescape(string[1] ?? string[2] ?? "", at, fail), position: at });
    return quoted.lastIndex;
  }
  const m = match(operator, text, at);
  if (!m) return fail(`unexpected char ${reprText(String.fromCodePoint(text.codePointAt(at) ?? 0))} at ${at}`, at);
  const sign = m[0];
  if (closing[sign]) brackets.push(closing[sign]);
  else if (sign === ")" || sign === "]" || sign === "}") {
    const expected = brackets.pop();
    if (expected === undefined) fail(`unexpected '${sign}'`, at);
    if (expected !== sign) fail(`unexpected '${sign}', expected '${expected}'`, at);
  }
  tokens.push({ type: operators[sign] as string, value: sign, position: at });
  return at + sign.length;
}

const simple: Record<string, string> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const escape = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|N\{([^}]*)\}|([\s\S]))/g;

/** The value of a string literal; unknown escapes keep their backslash. */
function unescape(body: string, position: number, fail: (message: string, position: number) => never): string {
  if (!body.includes("\\")) return body;
  return body.replace(
    escape,
    (whole, octal?: string, x?: string, u?: string, U?: string, name?: string, ch?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const hex = x ?? u ?? U;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) return fail("illegal Unicode character", position);
        return String.fromCodePoint(code);
      }
      if (name !== undefined || ch === "N") return fail("unknown Unicode character name", position);
      if (ch === "x" || ch === "u" || ch === "U")
        return fail(`truncated \\${ch}${"X".repeat(ch === "x" ? 2 : ch === "u" ? 4 : 8)} escape`, position);
      return simple[ch as string] ?? whole;
    },
  );
}
