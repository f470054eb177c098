import { ingestErrors } from "../errors.ts";
import type { Dialect } from "./dialect.ts";

/** Why a record cannot be read as written. */
export type RecordProblem = "unterminated quote" | "text after closing quote";

/** Characters that are held while the end of a record is looked for. */
const longestHeld = 1 << 28;

export interface CsvRecord {
  fields: string[];
  /** The text as it came, without its line end. */
  raw: string;
  /** Counts from 1 through all records that are not blank lines, the header included. */
  number: number;
  /** Physical line on which it starts, from 1. */
  line: number;
  problem?: RecordProblem;
}

/**
 * A CSV reader that never loses text: every character belongs to exactly one record or line end, malformed ones included.
 * Feed it pieces with {@link push} and finish with {@link end}; both return the records completed so far.
 * A malformed quoted field ends its record at the next line end outside quotes; an unterminated quote takes the rest.
 */
export class RecordReader {
  readonly #delimiter: string;
  readonly #quote: string;
  readonly #escape: string;
  readonly #blankIsRecord: () => boolean;
  #rest = "";
  /** Length below which {@link #rest} is not worth another look: its record has been looked at in vain. */
  #wait = 0;
  #number = 0;
  #line = 1;

  readonly #longest: number;

  /** `blankIsRecord`: in a file of one column a blank line is a row with a missing value. `longest`: characters of a record. */
  constructor(dialect: Dialect, blankIsRecord: boolean | (() => boolean) = false, longest = longestHeld) {
    this.#longest = longest;
    this.#delimiter = dialect.delimiter;
    this.#quote = dialect.quote;
    this.#escape = dialect.escape;
    this.#blankIsRecord = typeof blankIsRecord === "function" ? blankIsRecord : () => blankIsRecord;
  }

  /** Errors: ING-023 for a record that is longer than any that can be held. */
  push(text: string): CsvRecord[] {
    const all = this.#rest + text;
    // A record that does not end is read again from its beginning: doubling keeps that linear.
    if (all.length < this.#wait) {
      this.#rest = all;
      return [];
    }
    const records = this.#read(all, false);
    const unread = this.#rest.length;
    if (unread > this.#longest) {
      throw ingestErrors.endlessRecord({
        message: `The record that begins on line ${this.#line} is longer than ${this.#longest} characters.`,
        hint: "A quote that is never closed may hold the rest of the file, or it is no CSV: look at that line.",
      });
    }
    this.#wait = unread === all.length ? Math.min(unread * 2, this.#longest + 1) : 0;
    return records;
  }

  end(): CsvRecord[] {
    return this.#read(this.#rest, true);
  }

  #read(text: string, last: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < text.length) {
      const record = this.#one(text, at, last);
      if (record === undefined) break;
      at = record.next;
      if (record.raw !== "" || (this.#blankIsRecord() && this.#number > 0)) {
        const { fields, raw, problem } = record;
        records.push({ fields, raw, number: ++this.#number, line: this.#line, ...(problem && { problem }) });
      }
      this.#line += record.lines;
    }
    this.#rest = text.slice(at);
    return records;
  }

  /** One record from `start`, or undefined when its end is not in `text` yet. */
  #one(text: string, start: number, last: boolean) {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const escape = this.#escape;
    const fields: string[] = [];
    let problem: RecordProblem | undefined;
    let lines = 0;
    let at = start;
    for (;;) {
      let value: string;
      if (quote !== "" && text[at] === quote) {
        value = "";
        let from = ++at;
        let closed = false;
        while (at < text.length) {
          const char = text[at];
          if (char === escape && escape !== quote && at + 1 < text.length) {
            const escaped = text[at + 1];
            if (escaped === quote || escaped === escape) {
              value += text.slice(from, at) + escaped;
              at += 2;
              from = at;
              continue;
            }
          }
          if (char === quote) {
            if (escape === quote && text[at + 1] === quote) {
              value += text.slice(from, at + 1);
              at += 2;
              from = at;
              continue;
            }
            if (at + 1 >= text.length && !last) return undefined;
            closed = true;
            break;
          }
          if (char === "\n" || (char === "\r" && text[at + 1] !== "\n")) lines++;
          at++;
        }
        if (!closed && !last) return undefined;
        value += text.slice(from, at);
        if (closed) at++;
        else problem ??= "unterminated quote";
        // Whatever follows the closing quote belongs to the value, so that nothing is lost from the record.
        const tail = this.#bare(text, at);
        if (tail > at) {
          problem ??= "text after closing quote";
          value += text.slice(at, tail);
          at = tail;
        }
      } else {
        const end = this.#bare(text, at);
        value = text.slice(at, end);
        at = end;
      }
      fields.push(value);
      if (at >= text.length) {
        if (!last) return undefined;
        return { fields, raw: text.slice(start, at), next: at, lines, problem };
      }
      if (text.startsWith(delimiter, at)) {
        at += delimiter.length;
        continue;
      }
      const raw = text.slice(start, at);
      if (text[at] === "\r" && at + 1 >= text.length && !last) return undefined;
      at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
      return { fields, raw, next: at, lines: lines + 1, problem };
    }
  }

  /** End of an unquoted value: the next delimiter or line end. */
  #bare(text: string, from: number): number {
    const first = this.#delimiter.charCodeAt(0);
    const long = this.#delimiter.length > 1;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10 || code === 13) return at;
      if (code === first && (!long || text.startsWith(this.#delimiter, at))) return at;
    }
    return text.length;
  }
}

/** The records of a whole text, at most `limit`. */
export function parseRecords(text: string, dialect: Dialect, limit = Number.POSITIVE_INFINITY): CsvRecord[] {
  const reader = new RecordReader(dialect);
  const records: CsvRecord[] = [];
  // Piecewise, so that a limit on a long text saves the work behind it.
  const step = limit === 1 ? 2_048 : 65_536;
  for (let at = 0; at < text.length && records.length < limit; at += step) {
    records.push(...reader.push(text.slice(at, at + step)));
  }
  if (records.length < limit) records.push(...reader.end());
  return records.length > limit ? records.slice(0, limit) : records;
}
