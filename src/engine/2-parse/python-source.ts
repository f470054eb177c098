/** A token of Python source. A string's `value` is its text; the expressions inside an f-string follow it as tokens of their own. */
export interface PythonToken {
  kind: "name" | "number" | "string" | "op";
  text: string;
  /** Text of a string that is a literal; undefined for an f-string. */
  value?: string;
  start: number;
}

/** A statement, or the head of a compound one: what Python's tokenizer puts between two NEWLINEs. */
export interface PythonLine {
  /** Columns of white space before it; a tab goes to the next multiple of 8. */
  indent: number;
  tokens: PythonToken[];
}

const space = /[ \t\f\r]+|\\\r?\n|#[^\n]*/y;
const name = /[\p{L}_][\p{L}\p{N}_]*/uy;
const number = /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?j?)/iy;
const stringStart = /([a-z]{0,2})("""|'''|"|')/iy;
const operator = /\*\*=?|\/\/=?|<<=?|>>=?|->|:=|[=!<>+\-*/%&|^@]=|[^\s]/uy;

/**
 * Splits Python source into logical lines. Good enough to find calls and definitions; it accepts text that Python refuses.
 * Source of the rules: Python's language reference, lexical analysis.
 */
export function pythonLines(source: string): PythonLine[] {
  const scanner = new Scanner(source);
  const lines: PythonLine[] = [];
  while (!scanner.done) {
    const line = scanner.line();
    if (line.tokens.length > 0) lines.push(line);
  }
  return lines;
}

class Scanner {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  line(): PythonLine {
    const indent = this.#indent();
    const tokens: PythonToken[] = [];
    this.#tokens(tokens, undefined);
    return { indent, tokens };
  }

  #indent(): number {
    let columns = 0;
    for (; !this.done; this.#at++) {
      const c = this.#source[this.#at];
      if (c === " ") columns++;
      else if (c === "\t") columns = (Math.floor(columns / 8) + 1) * 8;
      else if (c !== "\f") break;
    }
    return columns;
  }

  /** Up to the end of the logical line, or to the bracket that closes an f-string's expression. */
  #tokens(tokens: PythonToken[], until: string | undefined): void {
    let depth = 0;
    while (!this.done) {
      if (this.#match(space)) continue;
      const start = this.#at;
      const c = this.#source[start] as string;
      if (c === "\n") {
        this.#at++;
        if (depth === 0 && until === undefined) return;
        continue;
      }
      if (depth === 0 && c === until) return;
      const opening = this.#match(stringStart);
      if (opening) {
        this.#string(tokens, start, (opening[1] ?? "").toLowerCase(), opening[2] ?? "");
        continue;
      }
      const kind = this.#match(name) ? "name" : this.#match(number) ? "number" : "op";
      if (kind === "op") this.#match(operator);
      const text = this.#source.slice(start, this.#at);
      if ("([{".includes(text)) depth++;
      else if (")]}".includes(text)) depth = Math.max(0, depth - 1);
      tokens.push({ kind, text, start });
    }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found) this.#at += found[0].length;
    return found;
  }

  #string(tokens: PythonToken[], start: number, prefix: string, quote: string): void {
    const token: PythonToken = { kind: "string", text: quote, start };
    tokens.push(token);
    const from = this.#at;
    const formatted = prefix.includes("f") || prefix.includes("t");
    while (!this.done && !this.#source.startsWith(quote, this.#at)) {
      const c = this.#source[this.#at] as string;
      if (quote.length === 1 && c === "\n") break;
      if (c === "\\") this.#at += 2;
      else if (formatted && c === "{" && this.#source[this.#at + 1] !== "{") {
        this.#at++;
        this.#tokens(tokens, "}");
        this.#at++;
      } else this.#at += formatted && c === "{" ? 2 : 1;
    }
    const raw = this.#source.slice(from, this.#at);
    this.#at += quote.length;
    if (!formatted) token.value = prefix.includes("r") ? raw : unescaped(raw);
  }
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v", "\n": "" };

/** The text of a string literal. `\N{…}` stays as it is written. */
function unescaped(raw: string): string {
  return raw.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|([\s\S]))/gi,
    (all, x?: string, u?: string, wide?: string, octal?: string, other?: string) => {
      const hex = x ?? u ?? wide;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (other !== undefined && "\\'\"".includes(other)) return other;
      return escapes[other ?? ""] ?? all;
    },
  );
}
