import { isAscii, isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { defaultDialect, type Dialect } from "./dialect.ts";
import type { CsvRecord } from "./records.ts";
import { contentStream, passingBytes, ForeignLetters, textStream, type TextForm } from "./encoding.ts";

/** What one pass over a file's bytes tells. */
export interface FileScan {
  /** How records were told apart. */
  dialect: Dialect;
  /** Of the bytes as they lie on disk. */
  sha256: string;
  bytes: number;
  /** Records that are not blank lines, the header included. */
  records: number;
  blankLines: number;
  /** The text ends with a line end outside quotes. */
  endsWithLineEnd: boolean;
  /** The text ends inside quotes that were opened on some line and never closed. */
  openQuote: boolean;
  /** Whether the text is what its encoding allows. `mixed`: some parts are UTF-8 with several bytes a letter, some are not UTF-8 at all. */
  validity: "ascii" | "utf-8" | "not utf-8" | "mixed" | "utf-16";
  /** Not UTF-8, and more like Cyrillic, Greek or an Asian script than like Latin-1. */
  foreign?: boolean;
  /** Zero bytes in a text that is not UTF-16. */
  binary: boolean;
  /** Records with one field more than the first one, and that one empty: a delimiter at the end, or a row that is shifted. */
  trailing: number;
  /** Escape characters in front of something that needs no escaping. */
  oddEscapes: number;
  /** The first record as it came, of a file in plain UTF-8; when it was looked at. */
  firstRecord?: CsvRecord;
  /** Lines above the header that were left out. */
  linesAbove?: number;
  /** sha256 of the first n bytes, for the sizes that were asked for. */
  prefixes: Map<number, string>;
}

/**
 * Reads a file once: content hash, number of records, and everything that decides how it may be loaded.
 * `prefixes`: sizes at which the hash so far is wanted, to recognise a file that grew. Errors: ING-007.
 */
export async function scanFile(
  path: string,
  dialect: Dialect,
  form: TextForm,
  options: { prefixes?: number[]; blankIsRecord?: boolean; signal?: AbortSignal } = {},
): Promise<FileScan> {
  const hash = createHash("sha256");
  const wanted = [...new Set(options.prefixes ?? [])].sort((a, b) => a - b);
  const prefixes = new Map<number, string>();
  const counter = new RecordCounter(dialect, options.blankIsRecord ?? false);
  const encoding = new EncodingCheck();
  const wide = form.encoding === "utf-16le" || form.encoding === "utf-16be";
  const plain = form.compression === "none" && !wide;
  let bytes = 0;
  let binary = false;

  for await (const piece of passingBytes(path)) {
    options.signal?.throwIfAborted();
    hashPiece(hash, piece, bytes, wanted, prefixes);
    if (plain) {
      const body = bytes < form.bom ? piece.subarray(Math.min(piece.length, form.bom - bytes)) : piece;
      counter.push(body);
      encoding.push(body);
      binary ||= body.includes(0);
    }
    bytes += piece.length;
  }
  if (!plain) {
    // Counted on the text itself: the bytes on disk are packed, or two a letter.
    for await (const text of wide ? textStream(path, form) : contentStream(path, form)) {
      const body = typeof text === "string" ? Buffer.from(text, "utf8") : text;
      counter.push(body);
      if (!wide) encoding.push(body);
      binary ||= body.includes(0);
    }
  }
  counter.end();
  return {
    dialect,
    sha256: hash.digest("hex"),
    bytes,
    records: counter.records,
    blankLines: counter.blankLines,
    endsWithLineEnd: counter.endsWithLineEnd,
    openQuote: counter.openQuote,
    validity: wide ? "utf-16" : encoding.end(),
    ...(encoding.foreign && { foreign: true }),
    binary,
    trailing: counter.trailing,
    oddEscapes: counter.oddEscapes,
    prefixes,
  };
}

/** The hash of a file that is no text to be split: records are for its reader to count. Errors: ING-007. */
export async function scanBytes(
  path: string,
  options: { prefixes?: number[]; signal?: AbortSignal } = {},
): Promise<FileScan> {
  const hash = createHash("sha256");
  const wanted = [...new Set(options.prefixes ?? [])].sort((a, b) => a - b);
  const prefixes = new Map<number, string>();
  let bytes = 0;
  let last = 0;
  for await (const piece of passingBytes(path)) {
    options.signal?.throwIfAborted();
    hashPiece(hash, piece, bytes, wanted, prefixes);
    bytes += piece.length;
    last = piece.at(-1) ?? last;
  }
  return {
    dialect: defaultDialect,
    sha256: hash.digest("hex"),
    bytes,
    records: 0,
    blankLines: 0,
    endsWithLineEnd: last === 10,
    openQuote: false,
    validity: "ascii",
    binary: false,
    trailing: 0,
    oddEscapes: 0,
    prefixes,
  };
}

/** Adds a piece to a hash, and keeps the hash of everything before each wanted size that lies in it. */
function hashPiece(hash: Hash, piece: Buffer, before: number, wanted: number[], prefixes: Map<number, string>): void {
  let from = 0;
  while (wanted[0] !== undefined && wanted[0] <= before + piece.length) {
    const size = wanted.shift() ?? 0;
    hash.update(piece.subarray(from, size - before));
    from = size - before;
    prefixes.set(size, hash.copy().digest("hex"));
  }
  hash.update(from === 0 ? piece : piece.subarray(from));
}

const kinds = { delimiter: 1, quote: 2, feed: 3, return: 4 } as const;
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

  /** `careful`: byte by byte, whatever the dialect; for tests. */
  constructor(dialect: Dialect, blankIsRecord: boolean, careful = false) {
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
  }

  push(piece: Buffer): void {
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
    this.endsWithLineEnd = this.#state === states.start;
    this.openQuote = this.#state === states.quoted || this.#state === states.escaped;
    if (!this.endsWithLineEnd) this.#lineEnd();
  }
}

/** Tells UTF-8 from single-byte text, and a file that has both. */
class EncodingCheck {
  #carry = Buffer.alloc(0);
  #wideLetters = false;
  #broken = false;
  readonly #letters = new ForeignLetters();

  /** See {@link ForeignLetters}; asked at the end. */
  get foreign(): boolean {
    return this.#broken && this.#letters.foreign;
  }

  push(piece: Buffer): void {
    if (this.#broken) this.#letters.push(piece);
    if (this.#broken && this.#wideLetters) return;
    let body = this.#carry.length > 0 ? Buffer.concat([this.#carry, piece]) : piece;
    const cut = completeLength(body);
    this.#carry = Buffer.from(body.subarray(cut));
    body = body.subarray(0, cut);
    if (isUtf8(body)) {
      this.#wideLetters ||= !isAscii(body);
      return;
    }
    if (!this.#broken) this.#letters.push(piece);
    this.#broken = true;
    this.#wideLetters ||= hasSequence(body);
  }

  end(): FileScan["validity"] {
    if (this.#carry.length > 0) this.#broken = true;
    if (this.#broken) return this.#wideLetters ? "mixed" : "not utf-8";
    return this.#wideLetters ? "utf-8" : "ascii";
  }
}

/** Length without a last letter that may continue in the next piece. */
function completeLength(body: Buffer): number {
  for (let back = 1; back <= Math.min(3, body.length); back++) {
    const byte = body[body.length - back] as number;
    if (byte < 0x80) return body.length;
    if (byte >= 0xc0) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needs > back ? body.length - back : body.length;
    }
  }
  return body.length;
}

/** Whether some letter is written in UTF-8 with several bytes, in a text that is not UTF-8 as a whole. */
function hasSequence(body: Buffer): boolean {
  for (let i = 0; i + 1 < body.length; i++) {
    const byte = body[i] as number;
    const length = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    if (length > 1 && byte < 0xf5 && i + length <= body.length && isUtf8(body.subarray(i, i + length))) return true;
  }
  return false;
}
