import { isAscii, isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { defaultDialect, type Dialect } from "./dialect.ts";
import { RecordCounter } from "./record-counter.ts";
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
