import type { Source } from "./source.ts";

/** End of the plain text on the current line, trailing blanks cut; moves the cursor behind it. */
function plainLine(source: Source, flow: boolean): string {
  const { text } = source;
  const start = source.pos;
  let pos = start;
  let end = start;
  for (;;) {
    const c = text.charCodeAt(pos);
    if (!(c > 32)) {
      if (c !== 32 && c !== 9) break;
      pos++;
      continue;
    }
    if (c === 58) {
      const next = text.charCodeAt(pos + 1);
      if (!(next > 32)) break;
      // `,` `?` `[` `]` `{` `}`
      if (flow && (next === 44 || next === 63 || next === 91 || next === 93 || next === 123 || next === 125)) {
        source.fail("found unexpected ':'", pos, "while scanning a plain scalar", start);
      }
    } else if (c === 35) {
      if (pos !== end) break;
    } else if (flow && (c === 44 || c === 91 || c === 93 || c === 123 || c === 125)) break;
    end = ++pos;
  }
  source.pos = end;
  return text.slice(start, end);
}

/**
 * A plain scalar, over several lines when they are indented deeper than `indent`.
 * `single` is false as soon as it left its first line, then it cannot be a key.
 */
export function plainScalar(source: Source, indent: number, flow: boolean): { text: string; single: boolean } {
  let result = plainLine(source, flow);
  let single = true;
  for (;;) {
    const { text } = source;
    let pos = source.pos;
    let c = text.charCodeAt(pos);
    while (c === 32 || c === 9) c = text.charCodeAt(++pos);
    if (c !== 10) return { text: result, single };
    let breaks = 0;
    let lineStart = pos;
    while (c === 10) {
      breaks++;
      lineStart = ++pos;
      c = text.charCodeAt(pos);
      while (c === 32 || (c === 9 && (flow || pos - lineStart > indent))) c = text.charCodeAt(++pos);
      if (c === 9 && !flow)
        source.fail(
          "found a tab character that violates indentation",
          pos,
          "while scanning a plain scalar",
          source.pos,
        );
    }
    if (!(c > 32) || c === 35 || (!flow && pos - lineStart <= indent)) return { text: result, single };
    const before = { pos: source.pos, lineStart: source.lineStart };
    source.pos = pos;
    source.lineStart = lineStart;
    if (source.documentMarker()) {
      source.pos = before.pos;
      source.lineStart = before.lineStart;
      return { text: result, single };
    }
    const line = plainLine(source, flow);
    if (line === "") return { text: result, single: false };
    single = false;
    result += (breaks === 1 ? " " : "\n".repeat(breaks - 1)) + line;
  }
}

const escapes: Record<string, string> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};
const hexLengths: Record<string, number> = { x: 2, u: 4, U: 8 };

/** A quoted scalar; the cursor stands on the opening quote. */
export function quotedScalar(source: Source): { text: string; single: boolean } {
  const { text } = source;
  const start = source.pos;
  const double = text.charCodeAt(start) === 34;
  const quote = double ? '"' : "'";
  const close = text.indexOf(quote, start + 1);
  // Most scalars have one line and nothing to unescape.
  if (close !== -1 && (double || text.charCodeAt(close + 1) !== 39)) {
    const simple = text.slice(start + 1, close);
    if (!simple.includes("\n") && !(double && simple.includes("\\"))) {
      source.pos = close + 1;
      return { text: simple, single: true };
    }
  }
  let result = "";
  let single = true;
  source.pos++;
  for (;;) {
    if (source.atEnd) {
      source.fail("found unexpected end of stream", source.pos, "while scanning a quoted scalar", start);
    }
    const c = source.code();
    if (c === (double ? 34 : 39)) {
      if (!double && source.code(source.pos + 1) === 39) {
        result += "'";
        source.pos += 2;
        continue;
      }
      source.pos++;
      return { text: result, single };
    }
    if (double && c === 92) {
      if (source.code(source.pos + 1) === 10) {
        source.pos++;
        single = false;
        result += foldBreaks(source, start).slice(1);
      } else {
        result += escape(source, start);
      }
      continue;
    }
    if (c === 32 || c === 9 || c === 10) {
      const from = source.pos;
      let at = from;
      while (source.code(at) === 32 || source.code(at) === 9) at++;
      source.pos = at;
      if (source.code(at) !== 10) {
        result += text.slice(from, at);
        continue;
      }
      single = false;
      const folded = foldBreaks(source, start);
      result += folded.length === 1 ? " " : folded.slice(1);
      continue;
    }
    result += text[source.pos++];
  }
}

/** Line breaks at the cursor with the blanks around them; answers one `\n` for each break. */
function foldBreaks(source: Source, start: number): string {
  let breaks = "";
  while (source.code() === 10) {
    breaks += "\n";
    source.lineStart = ++source.pos;
    if (source.documentMarker()) {
      source.fail("found unexpected document indicator", source.pos, "while scanning a quoted scalar", start);
    }
    while (source.code() === 32 || source.code() === 9) source.pos++;
  }
  return breaks;
}

function escape(source: Source, start: number): string {
  const letter = source.text[source.pos + 1] ?? "";
  const simple = escapes[letter];
  if (simple !== undefined) {
    source.pos += 2;
    return simple;
  }
  const length = hexLengths[letter];
  if (length === undefined) {
    source.fail("found unknown escape character", source.pos, "while parsing a quoted scalar", start);
  }
  const digits = source.text.slice(source.pos + 2, source.pos + 2 + length);
  const code = Number.parseInt(digits, 16);
  if (digits.length !== length || !/^[0-9a-f]+$/i.test(digits)) {
    source.fail("did not find expected hexdecimal number", source.pos, "while parsing a quoted scalar", start);
  }
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    source.fail("found invalid Unicode character escape code", source.pos, "while parsing a quoted scalar", start);
  }
  source.pos += 2 + length;
  return String.fromCodePoint(code);
}

/** A `|` or `>` scalar; the cursor stands on the indicator, `indent` is that of the collection around it. */
export function blockScalar(source: Source, indent: number): string {
  const { text } = source;
  const start = source.pos;
  const literal = source.code() === 124;
  source.pos++;
  let chomp = 0;
  let increment = 0;
  for (let i = 0; i < 2; i++) {
    const c = source.code();
    if (chomp === 0 && (c === 43 || c === 45)) {
      chomp = c === 43 ? 1 : -1;
      source.pos++;
    } else if (increment === 0 && c >= 48 && c <= 57) {
      if (c === 48) {
        source.fail("found an indentation indicator equal to 0", source.pos, "while scanning a block scalar", start);
      }
      increment = c - 48;
      source.pos++;
    }
  }
  while (source.code() === 32 || source.code() === 9) source.pos++;
  if (source.code() === 35) {
    const end = text.indexOf("\n", source.pos);
    source.pos = end === -1 ? text.length : end;
  }
  if (!source.atEnd && source.code() !== 10) {
    source.fail("did not find expected comment or line break", source.pos, "while scanning a block scalar", start);
  }
  if (!source.atEnd) source.lineStart = ++source.pos;
  let width = increment === 0 ? 0 : Math.max(indent, 0) + increment;
  let trailing: number;
  [trailing, width] = blankLines(source, width, indent, start);
  let result = "";
  let leadingBreak = false;
  let leadingBlank = false;
  while (source.pos - source.lineStart === width && !source.atEnd) {
    const c = source.code();
    const blank = c === 32 || c === 9;
    if (!literal && leadingBreak && !leadingBlank && !blank) {
      if (trailing === 0) result += " ";
    } else if (leadingBreak) result += "\n";
    if (trailing !== 0) result += "\n".repeat(trailing);
    leadingBlank = blank;
    const end = text.indexOf("\n", source.pos);
    result += text.slice(source.pos, end === -1 ? text.length : end);
    leadingBreak = end !== -1;
    source.pos = end === -1 ? text.length : end + 1;
    if (leadingBreak) source.lineStart = source.pos;
    [trailing] = blankLines(source, width, indent, start);
  }
  if (chomp !== -1 && leadingBreak) result += "\n";
  if (chomp === 1) result += "\n".repeat(trailing);
  return result;
}

/** Eats blank lines and then the indentation of the next one; finds the width when it is still 0. */
function blankLines(source: Source, width: number, indent: number, start: number): [breaks: number, width: number] {
  let breaks = 0;
  let widest = 0;
  for (;;) {
    let column = source.pos - source.lineStart;
    while ((width === 0 || column < width) && source.code() === 32) {
      source.pos++;
      column++;
    }
    if (column > widest) widest = column;
    if ((width === 0 || column < width) && source.code() === 9) {
      source.fail(
        "found a tab character where an indentation space is expected",
        source.pos,
        "while scanning a block scalar",
        start,
      );
    }
    if (source.code() !== 10) break;
    breaks++;
    source.lineStart = ++source.pos;
  }
  return [breaks, width === 0 ? Math.max(widest, indent + 1, 1) : width];
}
