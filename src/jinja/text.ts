/** Python's view of text: lengths and positions go by code point, `repr` and whitespace by Unicode class. */

const surrogates = /[\ud800-\udfff]/;
/** The inside of a class of Python's white space. */
export const whitespaceClass = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

export const leadingSpace = new RegExp(`^[${whitespaceClass}]+`);
export const spaceOnly = new RegExp(`^[${whitespaceClass}]+$`);
export const spaceRun = new RegExp(`[${whitespaceClass}]+`);
const spaceChar = new RegExp(`[${whitespaceClass}]`);

export const isSpace = (ch: string): boolean => spaceChar.test(ch);

/** `str.rstrip()`; by hand, because a regular expression anchored at the end is quadratic on long runs of blanks. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}
export const trimStart = (text: string): string => text.replace(leadingSpace, "");
export const strip = (text: string): string => trimEnd(trimStart(text));

export const hasWide = (text: string): boolean => surrogates.test(text);

/** Length in code points. */
export function codeLength(text: string): number {
  if (!hasWide(text)) return text.length;
  let n = 0;
  for (const _ of text) n++;
  return n;
}

/** The code points as an array of one-character strings. */
export function codePoints(text: string): string[] {
  return hasWide(text) ? Array.from(text) : text.split("");
}

/** Order by code point, which differs from JavaScript's order for characters beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u;
const plain = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/;

export const isPrintable = (ch: string): boolean => ch === " " || !unprintable.test(ch);

/** `repr(str)` */
export function reprText(text: string): string {
  if (plain.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const ch of text) {
    if (ch === quote || ch === "\\") out += `\\${ch}`;
    else if (ch === "\n") out += "\\n";
    else if (ch === "\r") out += "\\r";
    else if (ch === "\t") out += "\\t";
    else if (isPrintable(ch)) out += ch;
    else out += escapeCode(ch.codePointAt(0) ?? 0);
  }
  return out + quote;
}

function escapeCode(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${hex.padStart(4, "0")}`;
  return `\\U${hex.padStart(8, "0")}`;
}

/** `ascii(obj)` from a repr. */
export function asciiText(repr: string): string {
  let out = "";
  for (const ch of repr) {
    const code = ch.codePointAt(0) ?? 0;
    out += code < 128 ? ch : escapeCode(code);
  }
  return out;
}

/** The uppercase of the first character and the lowercase of the rest, by code point. */
export function capitalize(text: string): string {
  const [first] = text;
  return first === undefined ? "" : titleChar(first) + text.slice(first.length).toLowerCase();
}

/** Title case of one character: digraphs have their own, `ß` becomes `Ss`. */
export function titleChar(ch: string): string {
  const code = ch.codePointAt(0) ?? 0;
  if (code >= 0x1c4 && code <= 0x1cc)
    return String.fromCodePoint(code <= 0x1c6 ? 0x1c5 : code <= 0x1c9 ? 0x1c8 : 0x1cb);
  if (code >= 0x1f1 && code <= 0x1f3) return "\u01f2";
  const upper = ch.toUpperCase();
  const [head] = upper;
  return head === undefined || upper.length === head.length ? upper : head + upper.slice(head.length).toLowerCase();
}
