/** A syntax error inside YAML, by offset; `loadYaml` turns it into an error with line and column. */
export class YamlFault extends Error {
  readonly offset: number;
  readonly context: string | undefined;
  readonly contextOffset: number | undefined;
  constructor(problem: string, offset: number, context?: string, contextOffset?: number) {
    super(problem);
    this.offset = offset;
    this.context = context;
    this.contextOffset = contextOffset;
  }
}

// Everything that YAML forbids outside escapes; lone surrogates included.
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u0084\u0086-\u009f\ufffe\uffff]/;

/** The text with one kind of line break and no byte order mark; refuses control characters. */
export function normalise(text: string): string {
  let result = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const bad = unprintable.exec(result);
  if (bad) {
    const code = bad[0].charCodeAt(0).toString(16).padStart(4, "0");
    throw new YamlFault(`unacceptable character #x${code}: control characters are not allowed`, bad.index);
  }
  if (result.includes("\r")) result = result.replaceAll(/\r\n?/g, "\n");
  if (result.includes("\u0085")) result = result.replaceAll("\u0085", "\n");
  return result;
}

/**
 * A cursor over YAML text: whitespace, comments, line starts.
 * Character codes are compared with `>` so that the NaN behind the end counts as blank.
 */
export class Source {
  readonly text: string;
  pos = 0;
  /** Offset of the current line's first character. */
  lineStart = 0;

  constructor(text: string) {
    this.text = text;
  }

  code(at = this.pos): number {
    return this.text.charCodeAt(at);
  }

  /** Space, tab, line break or the end. */
  blankAt(at: number): boolean {
    return !(this.text.charCodeAt(at) > 32);
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  fail(problem: string, offset = this.pos, context?: string, contextOffset?: number): never {
    throw new YamlFault(problem, offset, context, contextOffset);
  }

  /** Skips spaces, comments and line breaks, and tabs where no block key may start; true when a break was crossed. */
  skip(tabs: boolean): boolean {
    const { text } = this;
    let crossed = false;
    let pos = this.pos;
    for (;;) {
      let c = text.charCodeAt(pos);
      while (c === 32 || (c === 9 && tabs && !crossed)) c = text.charCodeAt(++pos);
      if (c === 35) {
        const end = text.indexOf("\n", pos);
        pos = end === -1 ? text.length : end;
        c = text.charCodeAt(pos);
      }
      if (c !== 10) break;
      pos++;
      this.lineStart = pos;
      crossed = true;
    }
    this.pos = pos;
    return crossed;
  }

  /** The same inside brackets, where tabs are blanks everywhere. */
  skipFlow(): void {
    while (this.skip(true) && this.code() === 9) this.pos++;
    if (this.pos === this.lineStart && this.documentMarker()) this.fail("unexpected document marker inside brackets");
  }

  /** `---` or `...` at the start of a line. */
  documentMarker(): boolean {
    const c = this.code();
    return (
      (c === 45 || c === 46) &&
      this.pos === this.lineStart &&
      this.code(this.pos + 1) === c &&
      this.code(this.pos + 2) === c &&
      this.blankAt(this.pos + 3)
    );
  }

  /** Nothing but spaces stands before the cursor on its line. */
  firstOnLine(): boolean {
    for (let i = this.lineStart; i < this.pos; i++) if (this.text.charCodeAt(i) !== 32) return false;
    return true;
  }
}
