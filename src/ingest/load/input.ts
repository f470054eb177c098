import { createWriteStream, fstatSync, mkdtempSync, openSync, closeSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type CsvRecord, RecordReader } from "../csv/records.ts";
import type { Dialect } from "../csv/dialect.ts";
import { byteStream, contentStream, type TextForm, textStream } from "../csv/encoding.ts";
import { isPattern } from "../detect/pattern.ts";
import { ingestErrors } from "../errors.ts";

/** What DuckDB is given to read in place of a file as it came. */
export interface Input {
  path: string;
  compression: "none" | "gzip" | "zstd";
  /** Always UTF-8, or what DuckDB takes for it. */
  form: TextForm;
  /** Rows of the file in front of this input's first row. */
  offset: number;
  /** Removes what was made for it. */
  dispose(): void;
}

/** A private folder for temporary files. */
export function temporaryFolder(): { path: string; dispose(): void } {
  const path = mkdtempSync(join(tmpdir(), "labs-ingest-"));
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes a stream of text or bytes to a file. Errors: ING-013. */
export async function writeStream(
  path: string,
  pieces: AsyncIterable<string | Buffer>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await pipeline(Readable.from(pieces, { objectMode: true }), createWriteStream(path), { signal });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOSPC" || code === "EDQUOT" || code === "EACCES" || code === "EROFS") {
      throw ingestErrors.notWritable({
        message: `${path} cannot be written: ${code === "ENOSPC" || code === "EDQUOT" ? "there is no space left" : "you have no right to write there"}.`,
        hint: "Free some space, or point TMPDIR to a folder with room.",
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * Makes a file readable for DuckDB: UTF-16 and Latin-1 become UTF-8, a tail gets the header in front of it, and a name
 * that DuckDB would take for a pattern gets another one, as does a gzip file that is filled up with zeros, and one with lines above its header. Anything else is read where it lies.
 */
export async function prepareInput(
  path: string,
  form: TextForm,
  tail: { fromByte: number; rowsBefore: number; headerText: string } | undefined,
  signal?: AbortSignal,
): Promise<Input> {
  const padded = form.compression === "gzip" && endsInZeros(path);
  if (tail === undefined && form.encoding === "utf-8" && !isPattern(path) && !padded && !form.linesAbove) {
    return { path, compression: form.compression, form, offset: 0, dispose: () => {} };
  }
  const folder = temporaryFolder();
  const copy = join(folder.path, "input.csv");
  const pieces = tail
    ? tailOf(path, tail.fromByte, tail.headerText)
    : form.encoding === "utf-8"
      ? contentStream(path, form)
      : textStream(path, form);
  try {
    await writeStream(copy, pieces, signal);
  } catch (error) {
    folder.dispose();
    throw error;
  }
  const plain: TextForm = {
    encoding: "utf-8",
    compression: "none",
    bom: 0,
  };
  return { path: copy, compression: "none", form: plain, offset: tail?.rowsBefore ?? 0, dispose: folder.dispose };
}

/** Tapes and block devices fill files up; no gzip file of any content ends in eight zeros (checksum and length). */
function endsInZeros(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const end = Buffer.alloc(8, 1);
    readSync(descriptor, end, 0, 8, Math.max(0, fstatSync(descriptor).size - 8));
    return end.every((byte) => byte === 0);
  } finally {
    closeSync(descriptor);
  }
}

async function* tailOf(path: string, fromByte: number, headerText: string): AsyncGenerator<Buffer> {
  if (headerText !== "") yield Buffer.from(headerText);
  yield* byteStream(path, "none", fromByte);
}

/** Line and column of the record that a never closed quote swallows, for the error. */
export async function findOpenQuote(path: string, form: TextForm, dialect: Dialect): Promise<CsvRecord | undefined> {
  const reader = new RecordReader(dialect);
  for await (const text of textStream(path, form)) reader.push(text);
  return reader.end().at(-1);
}

/** Line and column (in bytes) of the first byte that is not UTF-8. */
export function findBadByte(path: string): { line: number; column: number; byte: number } | undefined {
  const descriptor = openSync(path, "r");
  const piece = Buffer.allocUnsafe(1 << 20);
  let line = 1;
  let column = 0;
  let expected = 0;
  let lead = { line, column, byte: 0 };
  try {
    for (;;) {
      const length = readSync(descriptor, piece, 0, piece.length, null);
      if (length === 0) return undefined;
      for (let i = 0; i < length; i++) {
        const byte = piece[i] as number;
        column++;
        if (expected > 0) {
          if (byte < 0x80 || byte >= 0xc0) return lead;
          expected--;
        } else if (byte === 10) {
          line++;
          column = 0;
        } else if (byte >= 0x80) {
          if (byte < 0xc2 || byte > 0xf4) return { line, column, byte };
          lead = { line, column, byte };
          expected = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
        }
      }
    }
  } finally {
    closeSync(descriptor);
  }
}
