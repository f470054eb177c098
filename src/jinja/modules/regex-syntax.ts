import { valueError } from "../errors.ts";
import { whitespaceClass } from "../text.ts";

/** Python's `re` flags. */
export const flag = { ignoreCase: 2, locale: 4, multiLine: 8, dotAll: 16, unicode: 32, verbose: 64, ascii: 256 };

export interface TranslatedRegex {
  source: string;
  flags: number;
  /** Names of groups by number. */
  names: Map<string, number>;
  groups: number;
}

const letters: Record<string, number> = { i: 2, L: 4, m: 8, s: 16, u: 32, x: 64, a: 256 };

/** The inside of a class for `\d`, `\w`, `\s`. */
function category(letter: string, ascii: boolean): string {
  switch (letter.toLowerCase()) {
    case "d":
      return ascii ? "0-9" : "\\p{Nd}";
    case "w":
      return ascii ? "A-Za-z0-9_" : "\\p{L}\\p{N}_";
    default:
      return ascii ? "\\t-\\r " : whitespaceClass;
  }
}

const bits = (text: string): number => [...text].reduce((sum, ch) => sum | (letters[ch] ?? 0), 0);

const bad = (message: string, position: number) => valueError(`${message} at position ${position}`);

/** A Python pattern as JavaScript pattern for the flags `u` and, if asked for, `i`. */
export function translateRegex(pattern: string, givenFlags: number): TranslatedRegex {
  let flags = givenFlags;
  const names = new Map<string, number>();
  let groups = 0;
  let at = 0;
  let out = "";
  let depth = 0;
  // Several may follow one another: (?i)(?s)
  for (;;) {
    const start = /^\(\?([aiLmsux]+)\)/.exec(pattern.slice(at));
    if (!start) break;
    flags |= bits(start[1] as string);
    at += start[0].length;
  }
  /** The flags that hold here: those of the pattern, or of the innermost group with flags of its own, such as `(?s:…)`. */
  let here = flags;
  const outer: number[] = [];

  const escape = (inClass: boolean): string => {
    const ascii = (here & flag.ascii) !== 0;
    const word = `[${category("w", ascii)}]`;
    const ch = pattern[at + 1];
    if (ch === undefined) throw bad("bad escape (end of pattern)", at);
    at += 2;
    switch (ch) {
      case "d":
      case "w":
      case "s":
        return inClass ? category(ch, ascii) : `[${category(ch, ascii)}]`;
      case "D":
      case "W":
      case "S":
        if (inClass) return ascii ? `\\${ch}` : complement(ch);
        return `[^${category(ch, ascii)}]`;
      case "A":
        return "(?<![\\s\\S])";
      case "Z":
        return "(?![\\s\\S])";
      case "b":
        return inClass ? "\\x08" : `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      case "B":
        return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;
      case "a":
        return "\\x07";
      case "n":
      case "r":
      case "t":
      case "f":
      case "v":
        return `\\${ch}`;
      case "x":
      case "u": {
        const size = ch === "x" ? 2 : 4;
        const hex = pattern.slice(at, at + size);
        if (!new RegExp(`^[\\da-f]{${size}}$`, "i").test(hex)) throw bad(`incomplete escape \\${ch}${hex}`, at - 2);
        at += size;
        return `\\${ch}${hex}`;
      }
      case "U": {
        const hex = pattern.slice(at, at + 8);
        at += 8;
        return `\\u{${hex.replace(/^0+(?=.)/, "")}}`;
      }
      default:
    }
    if (/[0-9]/.test(ch)) {
      const octal =
        ch === "0" || inClass
          ? /^[0-7]{1,3}/.exec(pattern.slice(at - 1))
          : /^[0-3][0-7]{2}/.exec(pattern.slice(at - 1));
      if (octal) {
        at += octal[0].length - 1;
        return `\\x${Number.parseInt(octal[0], 8).toString(16).padStart(2, "0")}`;
      }
      const second = pattern[at] ?? "";
      let number = ch;
      if (/\d/.test(second)) {
        number += second;
        at++;
      }
      if (Number(number) > groups) throw bad(`invalid group reference ${number}`, at - number.length);
      return `(?:\\${number})`;
    }
    if (/[A-Za-z]/.test(ch)) throw bad(`bad escape \\${ch}`, at - 2);
    return literal(ch, inClass);
  };

  const charClass = (): string => {
    let body = "[";
    const open = at++;
    if (pattern[at] === "^") {
      body += "^";
      at++;
    }
    let first = true;
    for (;;) {
      const ch = pattern[at];
      if (ch === undefined) throw bad("unterminated character set", open);
      if (ch === "]" && !first) break;
      first = false;
      if (ch === "\\") body += escape(true);
      else {
        const wide = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
        body += ch === "-" ? "-" : literal(wide, true);
        at += wide.length;
      }
    }
    at++;
    return fixRanges(`${body}]`);
  };

  const group = (): string => {
    depth++;
    outer.push(here);
    const rest = pattern.slice(at);
    const named = /^\(\?P<([^>]*)>/.exec(rest);
    if (named) {
      const name = named[1] as string;
      if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw bad(`bad character in group name '${name}'`, at + 4);
      if (names.has(name)) throw bad(`redefinition of group name '${name}' as group ${groups + 1}`, at + 4);
      names.set(name, ++groups);
      at += named[0].length;
      return "(";
    }
    const special = /^\(\?(?::|=|!|<=|<!)/.exec(rest);
    if (special) {
      at += special[0].length;
      return special[0];
    }
    const inline = /^\(\?([aiLmsux]*)(?:-([imsx]+))?:/.exec(rest);
    if (inline) {
      at += inline[0].length;
      here = (here | bits(inline[1] ?? "")) & ~bits(inline[2] ?? "");
      const keep = (text: string | undefined) => (text ?? "").replace(/[^i]/g, "");
      const on = keep(inline[1]);
      const off = keep(inline[2]);
      return on || off ? `(?${on}${off ? `-${off}` : ""}:` : "(?:";
    }
    if (/^\(\?[aiLmsux]+\)/.test(rest)) throw bad("global flags not at the start of the expression", at);
    if (rest.startsWith("(?")) throw bad(`unknown extension ${rest.slice(1, 3)}`, at + 1);
    groups++;
    at++;
    return "(";
  };

  while (at < pattern.length) {
    const ch = pattern[at] as string;
    if (ch === "\\") out += escape(false);
    else if (ch === "[") out += charClass();
    else if (ch === "(") {
      const back = /^\(\?P=([^)]*)\)/.exec(pattern.slice(at));
      const comment = back ? null : /^\(\?#[^)]*\)/.exec(pattern.slice(at));
      if (back) {
        const number = names.get(back[1] as string);
        if (number === undefined) throw bad(`unknown group name '${back[1]}'`, at + 4);
        out += `(?:\\${number})`;
        at += back[0].length;
      } else if (comment) at += comment[0].length;
      else out += group();
    } else if (ch === ")") {
      if (--depth < 0) throw bad("unbalanced parenthesis", at);
      here = outer.pop() ?? flags;
      out += ch;
      at++;
    } else if (ch === "^") {
      out += here & flag.multiLine ? "(?<![^\\n])" : "(?<![\\s\\S])";
      at++;
    } else if (ch === "$") {
      out += here & flag.multiLine ? "(?![^\\n])" : "(?=\\n?(?![\\s\\S]))";
      at++;
    } else if (ch === ".") {
      out += here & flag.dotAll ? "[\\s\\S]" : "[^\\n]";
      at++;
    } else if (ch === "{") {
      const counted = /^\{(\d*)(,?)(\d*)\}/.exec(pattern.slice(at));
      if (counted && (counted[1] || counted[3] || counted[2]) && counted[0] !== "{}") {
        out += `{${counted[1] || "0"}${counted[2]}${counted[3]}}`;
        at += counted[0].length;
      } else {
        out += "\\{";
        at++;
      }
    } else if (here & flag.verbose && /\s/.test(ch)) at++;
    else if (here & flag.verbose && ch === "#") {
      const end = pattern.indexOf("\n", at);
      at = end < 0 ? pattern.length : end;
    } else if ("*+?|".includes(ch)) {
      if (ch !== "|" && (out === "" || /(?:^|[^\\])[(|]$/.test(out))) throw bad("nothing to repeat", at);
      out += ch;
      at++;
    } else {
      const wide = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
      out += literal(wide, false);
      at += wide.length;
    }
  }
  if (depth > 0) throw bad("missing ), unterminated subpattern", pattern.length);
  return { source: out, flags, names, groups };
}

function literal(ch: string, inClass: boolean): string {
  if (inClass) return /[\\\]^[\-&]/.test(ch) ? `\\${ch === "&" ? "x26" : ch}` : ch;
  return /[\\^$.*+?()[\]{}|/]/.test(ch) ? `\\${ch}` : ch;
}

const complement = (letter: string): string => (letter === "D" ? "\\P{Nd}" : letter === "W" ? "\\W" : "\\S");

/** A hyphen next to a class such as `\d` or at an edge is a plain character. */
function fixRanges(body: string): string {
  return body
    .replace(/^(\[\^?)-/, "$1\\-")
    .replace(/([^\\])-\]$/, "$1\\-]")
    .replace(/(\\[pP]\{\w+\}_?|\\[WS])-/g, "$1\\-");
}
