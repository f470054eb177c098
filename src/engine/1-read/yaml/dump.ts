import { PyFloat, PyObject, str, type Value } from "#jinja/index.ts";
import { resolvePlain } from "./scalars.ts";

const width = 80;

/**
 * Data as YAML in block style, with the layout and quoting of PyYAML's `safe_dump`: two spaces, lists at the
 * indentation of their key (or two deeper), long text folded at 80 columns.
 */
export function yamlText(data: unknown, sortKeys = false, indentLists = false): string {
  if (isScalar(data)) {
    const text = scalarText(data, 0, false);
    // PyYAML marks the end of a document that is one plain scalar.
    return /^["'|>]/.test(text) ? `${text}\n` : `${text}\n...\n`;
  }
  return node(data, 0, { sortKeys, indentLists }, 0);
}

const isScalar = (data: unknown): boolean =>
  data === null || data === undefined || typeof data !== "object" || data instanceof PyObject;

const isEmpty = (data: unknown): boolean =>
  Array.isArray(data) ? data.length === 0 : Object.keys(data as object).length === 0;

function inline(data: unknown, column: number, indent: number): string | undefined {
  if (isScalar(data)) return scalarText(data, column, false, indent);
  if (isEmpty(data)) return Array.isArray(data) ? "[]" : "{}";
  return undefined;
}

interface Layout {
  sortKeys: boolean;
  indentLists: boolean;
}

/** Lines of a collection; `indent` is its column, `column` where its first character will stand. */
function node(data: unknown, indent: number, layout: Layout, column: number): string {
  const pad = " ".repeat(indent);
  const short = inline(data, column, indent);
  if (short !== undefined) return `${short}\n`;
  if (Array.isArray(data)) {
    return data.map((item) => `${pad}- ${node(item, indent + 2, layout, indent + 2).trimStart()}`).join("");
  }
  const entries = Object.entries(data as Record<string, unknown>);
  if (layout.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return entries
    .map(([key, value]) => {
      const name = scalarText(key, indent, true);
      const text = inline(value, indent + name.length + 2, indent + 2);
      if (text !== undefined) return `${pad}${name}: ${text}\n`;
      const deeper = Array.isArray(value) && !layout.indentLists ? indent : indent + 2;
      return `${pad}${name}:\n${node(value, deeper, layout, deeper)}`;
    })
    .join("");
}

function scalarText(value: unknown, column: number, key: boolean, indent = 2): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return textScalar(value, column, key, indent);
  if (value instanceof PyFloat) return floatText(value);
  if (value instanceof PyObject)
    return textScalar(str(value as Value), column, key, indent).replace(/^'(\d{4}-.*)'$/, "$1");
  return String(value);
}

function floatText(value: PyFloat): string {
  const text = value.repr();
  if (text === "nan") return ".nan";
  if (text.endsWith("inf")) return text.replace("inf", ".inf");
  return !text.includes(".") && text.includes("e") ? text.replace("e", ".0e") : text;
}

function textScalar(text: string, column: number, key: boolean, indent: number): string {
  if (text === "") return "''";
  // oxlint-disable-next-line no-control-regex
  if (/[^\n\u0020-\u007e\u0085]/.test(text) || /[^\S\n]\n|\n[^\S\n]/.test(text)) return doubleQuoted(text);
  const plain =
    !/^[\s\-?:,[\]{}#&*!|>'"%@`]/.test(text.replace(/^[-?:](?=\S)/, "x")) &&
    !/\s$|: |:$| #|\n/.test(text) &&
    !/^(?:---|\.\.\.)/.test(text) &&
    text !== "=" &&
    text !== "<<" &&
    resolvePlain(text) === text;
  if (plain) return key ? text : fold(text.split(" "), column, indent, "");
  if (text.includes("\n") && key) return doubleQuoted(text);
  const body = text.replaceAll("'", "''");
  if (key) return `'${body}'`;
  return text.includes("\n")
    ? `'${body.replace(/\n+/g, (breaks) => `\n${breaks}${" ".repeat(indent)}`)}'`
    : fold(body.split(" "), column, indent, "'");
}

/** Breaks between words when the line is longer than the limit; only single spaces are places to break. */
function fold(words: string[], column: number, indentation: number, quote: string): string {
  let result = quote + (words[0] ?? "");
  let at = column + result.length;
  const indent = " ".repeat(indentation);
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? "";
    const single = word !== "" && words[i - 1] !== "";
    if (single && at > width) {
      result += `\n${indent}${word}`;
      at = indent.length + word.length;
    } else {
      result += ` ${word}`;
      at += word.length + 1;
    }
  }
  return result + quote;
}

const shortEscapes: Record<string, string> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u00a0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function doubleQuoted(text: string): string {
  let result = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const short = shortEscapes[character];
    if (short !== undefined) result += short;
    else if (code >= 32 && code < 127) result += character;
    else if (code < 256) result += `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
    else if (code < 65_536) result += `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
    else result += `\\U${code.toString(16).toUpperCase().padStart(8, "0")}`;
  }
  return `"${result}"`;
}
