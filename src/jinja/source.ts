import type { Place } from "#errors/index.ts";
import { lineColumn } from "#errors/index.ts";

/** Where a template's text comes from, to turn offsets in it into places in a file. */
export interface SourceOptions {
  file: string;
  /** Where the text starts in the file. */
  offset?: number;
  /** The whole file, when the text is only a part of it. */
  fileSource?: string;
}

/** A template's text with line ends normalised and one trailing newline dropped, as Jinja reads it. */
export class Source {
  readonly text: string;
  readonly file: string;
  private readonly original: string;
  private readonly options: SourceOptions;
  constructor(text: string, options: SourceOptions) {
    this.original = text;
    const unix = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
    this.text = unix.endsWith("\n") ? unix.slice(0, -1) : unix;
    this.file = options.file;
    this.options = options;
  }
  place(position: number): Place {
    const { line, column } = lineColumn(this.text, position);
    const whole = this.options.fileSource ?? this.original;
    const start = lineColumn(whole, this.options.offset ?? 0);
    return {
      file: this.file,
      line: start.line + line - 1,
      column: line === 1 ? start.column + column - 1 : column,
      source: whole,
    };
  }
}
