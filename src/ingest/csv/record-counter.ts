import type { Dialect } from "./dialect.ts";
import { recordMarks, type RecordMarks } from "./record-marks.ts";

const kinds = { delimiter: 1, quote: 2, feed: 3, return: 4 } as const;
/** Bytes from which a piece is worth the copy into another memory. */
const usuallyWorthIt = 1 << 14;
/** Bytes of an incomplete record that are looked at again with the next piece. */
const mostRest = 1 << 18;
/** After as many records that {@link RecordMarks} cannot judge, a text is counted without it. */
const mostRefusals = 1000;
const nothing = Buffer.alloc(0);
const states = { start: 0, bare: 1, field: 2, quoted: 3, escaped: 4, closing: 5 } as const;

/** Counts the records of a text of bytes; quotes count only at the beginning of a field, as every reader of CSV does it. */
export class RecordCounter {
  records = 0;
  blankLines = 0;
  endsWithLineEnd = true;
  openQuote = false;
  trailing = 0;
  oddEscapes = 0;
  readonly #quote: number;
  readonly #escape: number;
  readonly #delimiter: Buffer;
  readonly #blankIsRecord: boolean;
  #state: number = states.start;
  #afterReturn = false;
  /** Bytes of a delimiter of several bytes that were seen so far. */
  #matched = 0;
  /** Delimiters of the record so far, and of the first record. */
  #delimiters = 0;
  #width = -1;
  /** The quoted field that was read last has nothing in it. */
  #emptyQuotes = false;
  /** What each byte is to {@link RecordCounter.#marks}; undefined for dialects that it cannot read. */
  readonly #kinds: Uint8Array | undefined;
  /** Of the record that was not complete yet when {@link RecordMarks} looked at it. */
  #rest: Buffer = nothing;
  /** How often {@link RecordMarks} may still meet what it cannot judge. */
  #patience: number;

  readonly #worthIt: number;

  /** For tests: `careful` goes byte by byte whatever the dialect; `worthIt`: bytes from which {@link RecordMarks} is asked. */
  constructor(dialect: Dialect, blankIsRecord: boolean, { careful = false, worthIt = usuallyWorthIt } = {}) {
    this.#worthIt = worthIt;
    this.#quote = dialect.quote === "" ? -1 : dialect.quote.charCodeAt(0);
    this.#escape = dialect.escape === "" ? this.#quote : dialect.escape.charCodeAt(0);
    this.#delimiter = Buffer.from(dialect.delimiter);
    this.#blankIsRecord = blankIsRecord;
    if (!careful && this.#delimiter.length === 1 && this.#escape === this.#quote) {
      this.#kinds = new Uint8Array(256);
      this.#kinds[this.#delimiter[0] ?? 0] = kinds.delimiter;
      if (this.#quote !== -1) this.#kinds[this.#quote] = kinds.quote;
      this.#kinds[10] = kinds.feed;
      this.#kinds[13] = kinds.return;
    }
    this.#patience = this.#kinds && this.#quote < 128 ? mostRefusals : 0;
  }

  push(piece: Buffer): void {
    const marks = this.#patience > 0 && piece.length >= this.#worthIt ? recordMarks() : undefined;
    if (marks) return this.#quickly(marks, marks.hold(this.#rest, piece));
    this.#slowly(this.#takeRest());
    this.#slowly(piece);
  }

  /** Most of a text by {@link RecordMarks}, and what that cannot judge record by record. */
  #quickly(marks: RecordMarks, text: Buffer): void {
    this.#rest = nothing;
    for (let at = 0; at < text.length; ) {
      const known = this.#width !== -1 && this.#state === states.start && !this.#afterReturn;
      if (known && this.#patience > 0) {
        const found = marks.count(at, { delimiter: this.#delimiter[0] ?? 0, quote: this.#quote, width: this.#width });
        this.records += found.records + (this.#blankIsRecord ? found.blank : 0);
        this.blankLines += found.blank;
        this.trailing += found.trailing;
        at = found.end;
        if (!found.refused && text.length - at <= mostRest) {
          this.#rest = Buffer.from(text.subarray(at));
          return;
        }
        this.#patience--;
      }
      const feed = this.#patience > 0 ? text.indexOf(10, at) : -1;
      const to = feed === -1 ? text.length : feed + 1;
      this.#slowly(text.subarray(at, to));
      at = to;
    }
  }

  #takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = nothing;
    return rest;
  }

  #slowly(piece: Buffer): void {
    const quoteFree = this.#quote === -1 || !piece.includes(this.#quote);
    const outside = this.#state <= states.field && !this.#afterReturn;
    const simple = quoteFree && outside && this.#delimiter.length === 1 && this.#width !== -1;
    if (simple && !piece.includes(13)) this.#lines(piece);
    else if (this.#kinds) this.#marks(piece, this.#kinds);
    else this.#bytes(piece);
  }

  /** Pieces without quotes and carriage returns: only line feeds matter, and delimiters where a line ends with one. */
  #lines(piece: Buffer): void {
    const delimiter = this.#delimiter[0];
    let from = 0;
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
      if (at > from) this.#state = states.bare;
      if (at === from ? this.#state === states.field : piece[at - 1] === delimiter) {
        this.#count(piece, from, at);
        this.#state = states.field;
      }
      this.#lineEnd();
      from = at + 1;
    }
    if (from < piece.length) {
      this.#count(piece, from, piece.length);
      this.#state = piece.at(-1) === delimiter ? states.field : states.bare;
    }
  }

  #count(piece: Buffer, from: number, to: number): void {
    const delimiter = this.#delimiter[0];
    for (let i = from; i < to; i++) if (piece[i] === delimiter) this.#delimiters++;
  }

  /** The usual dialects: only delimiters, quotes and line ends are looked at, and of quoted text only its end. */
  #marks(piece: Buffer, kindOf: Uint8Array): void {
    const quote = this.#quote;
    const length = piece.length;
    const before = this.#state;
    // Where the record and the field begin; -1: in an earlier piece.
    let recordAt = before === states.start ? 0 : -1;
    let fieldAt = before === states.start || before === states.field ? 0 : -1;
    let state: number = before === states.quoted || before === states.closing ? before : states.bare;
    let closed = false;
    let i = 0;
    while (i < length) {
      if (state === states.quoted) {
        const end = piece.indexOf(quote, i);
        if (end !== i) this.#emptyQuotes = false;
        if (end === -1) break;
        i = end + 1;
        state = states.closing;
        continue;
      }
      if (state === states.closing) {
        if (piece[i] === quote) {
          this.#emptyQuotes = false;
          state = states.quoted;
          i++;
          continue;
        }
        state = states.bare;
        closed = true;
      }
      const from = i;
      let kind = 0;
      while (i < length && (kind = kindOf[piece[i] as number] as number) === 0) i++;
      if (i > from) closed = false;
      if (i === length) break;
      if (kind === kinds.delimiter) {
        this.#delimiters++;
        fieldAt = i + 1;
      } else if (kind === kinds.quote) {
        if (fieldAt === i && !closed) {
          state = states.quoted;
          this.#emptyQuotes = true;
        }
      } else if (kind === kinds.feed && this.#afterReturn && recordAt === i) {
        this.#afterReturn = false;
        recordAt = fieldAt = i + 1;
      } else {
        this.#state = closed
          ? states.closing
          : recordAt === i
            ? states.start
            : fieldAt === i
              ? states.field
              : states.bare;
        this.#lineEnd();
        this.#afterReturn = kind === kinds.return;
        recordAt = fieldAt = i + 1;
      }
      closed = false;
      i++;
    }
    if (state === states.bare && recordAt === length) state = states.start;
    else if (state === states.bare && fieldAt === length) state = states.field;
    if (state !== states.start) this.#afterReturn = false;
    this.#state = state;
  }

  #bytes(piece: Buffer): void {
    const quote = this.#quote;
    const escape = this.#escape;
    const delimiter = this.#delimiter;
    const first = delimiter[0];
    let state = this.#state;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i] as number;
      if (state === states.quoted) {
        if (byte === escape && escape !== quote) state = states.escaped;
        else if (byte === quote) state = states.closing;
        else this.#emptyQuotes = false;
        continue;
      }
      if (state === states.escaped) {
        state = states.quoted;
        this.#emptyQuotes = false;
        if (byte !== quote && byte !== escape) this.oddEscapes++;
        continue;
      }
      if (state === states.closing && byte === quote && escape === quote) {
        state = states.quoted;
        this.#emptyQuotes = false;
        continue;
      }
      if (byte === 10 || byte === 13) {
        if (byte === 10 && this.#afterReturn && state === states.start) {
          this.#afterReturn = false;
          continue;
        }
        this.#state = state;
        this.#lineEnd();
        state = states.start;
        this.#afterReturn = byte === 13;
        this.#matched = 0;
        continue;
      }
      this.#afterReturn = false;
      if (byte === quote && (state === states.start || state === states.field)) {
        state = states.quoted;
        this.#emptyQuotes = true;
        continue;
      }
      if (delimiter.length === 1) state = byte === first ? states.field : states.bare;
      else {
        this.#matched = byte === delimiter[this.#matched] ? this.#matched + 1 : byte === first ? 1 : 0;
        state = this.#matched === delimiter.length ? states.field : states.bare;
        if (state === states.field) this.#matched = 0;
      }
      if (state === states.field) this.#delimiters++;
    }
    this.#state = state;
  }

  /** The record so far is complete; `#state` is the one in front of its line end. */
  #lineEnd(): void {
    const blank = this.#state === states.start;
    const emptyEnd = this.#state === states.field || (this.#state === states.closing && this.#emptyQuotes);
    if (blank) this.blankLines++;
    else if (this.#width === -1) this.#width = this.#delimiters;
    else if (emptyEnd && this.#delimiters === this.#width + 1) this.trailing++;
    if (!blank || (this.#blankIsRecord && this.records > 0)) this.records++;
    this.#state = states.start;
    this.#delimiters = 0;
  }

  end(): void {
    this.#slowly(this.#takeRest());
    this.endsWithLineEnd = this.#state === states.start;
    this.openQuote = this.#state === states.quoted || this.#state === states.escaped;
    if (!this.endsWithLineEnd) this.#lineEnd();
  }
}
