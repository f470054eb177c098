import { createHash } from "node:crypto";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ingestErrors } from "../errors.ts";
import type { CursorTracker } from "./cursor.ts";
import { valueAt } from "./json-path.ts";
import { parseRecord } from "./parse-record.ts";
import { recordLine, shapeOf } from "./record-line.ts";
import { mostColumns, type RecordShape } from "./shape.ts";

/** Text that is gathered before it is written. */
const enough = 1 << 18;

/** Where polls of a lab keep records until they are loaded: beside its database, whose one owner is the only one to write here. */
export function spoolFolder(database: string): string {
  if (database === ":memory:") return join(tmpdir(), `labs-spool-${process.pid}`);
  return join(dirname(database), ".spool", basename(database));
}

/** Removes what a killed poll left behind, and the folder when no other database of it has a spool. */
export function clearSpool(database: string): void {
  const folder = spoolFolder(database);
  rmSync(folder, { recursive: true, force: true });
  try {
    if (database !== ":memory:") rmdirSync(dirname(folder));
  } catch {
    // Not there, or not empty.
  }
}

/** What a poll brought, on disk. */
export interface Spooled {
  file: string;
  records: number;
  bytes: number;
  /** Length of the longest line, for DuckDB's reader. */
  longestLine: number;
  /** Of the records in their order. */
  sha256: string;
  shape: RecordShape;
  tracker: CursorTracker;
}

interface Mark {
  position: number;
  records: number;
  bytes: number;
  longestLine: number;
  shape: RecordShape;
  tracker: CursorTracker;
}

/**
 * Writes records as flat lines of JSON to a file. A page is kept as a whole or not at all: what a broken answer has brought
 * is taken back before it is asked for again. Errors: ING-013 no space, ING-047 too many bytes, ING-048 too many columns.
 */
export class RecordSpool {
  #file: string;
  #handle: FileHandle;
  #parts = 0;
  /** Records and bytes of the parts that were cut off. */
  #recordsBefore = 0;
  #bytesBefore = 0;
  readonly #options: SpoolOptions;
  #shape: RecordShape;
  #tracker: CursorTracker;
  #lines: string[] = [];
  #waiting = 0;
  #position = 0;
  #records = 0;
  #bytes = 0;
  #longestLine = 0;
  #mark: Mark | undefined;
  #hash = createHash("sha256");
  #pageHash = createHash("sha256");
  #pageRecords = 0;
  #lastRecord: unknown;

  private constructor(file: string, handle: FileHandle, options: SpoolOptions) {
    this.#file = file;
    this.#handle = handle;
    this.#options = options;
    this.#shape = options.shape;
    this.#tracker = options.tracker;
    this.#hash.update(options.fingerprint);
  }

  static async open(database: string, options: SpoolOptions): Promise<RecordSpool> {
    const folder = spoolFolder(database);
    const file = join(folder, `${options.source}.ndjson`);
    try {
      mkdirSync(folder, { recursive: true });
      return new RecordSpool(file, await open(file, "w"), options);
    } catch (error) {
      throw cannotWrite(file, error);
    }
  }

  /** Whether {@link flush} should be awaited before more is added. */
  get full(): boolean {
    return this.#waiting > enough;
  }

  async beginPage(): Promise<void> {
    await this.flush();
    this.#mark = {
      position: this.#position,
      records: this.#records,
      bytes: this.#bytes,
      longestLine: this.#longestLine,
      shape: this.#shape.copy(),
      tracker: this.#tracker.copy(),
    };
    this.#startPage();
  }

  /** Takes the running page back. */
  async undoPage(): Promise<void> {
    const mark = this.#mark;
    if (!mark) return;
    this.#lines = [];
    this.#waiting = 0;
    await this.#handle.truncate(mark.position);
    this.#position = mark.position;
    this.#records = mark.records;
    this.#bytes = mark.bytes;
    this.#longestLine = mark.longestLine;
    // Copies: the page may break off more than once.
    this.#shape = mark.shape.copy();
    this.#tracker = mark.tracker.copy();
    this.#startPage();
  }

  #startPage(): void {
    this.#pageHash = createHash("sha256");
    this.#pageRecords = 0;
    this.#lastRecord = undefined;
  }

  /** Hash of the running page's records so far; undefined when there are none. */
  get pageHash(): string | undefined {
    return this.#pageRecords === 0 ? undefined : this.#pageHash.copy().digest("hex");
  }

  /** The page is complete. Returns what pagination needs to know of it. */
  endPage(): { records: number; last: unknown; hash: string } {
    const hash = this.#pageHash.digest("hex");
    if (this.#pageRecords > 0) this.#hash.update(hash);
    this.#mark = undefined;
    return { records: this.#pageRecords, last: this.#lastRecord, hash };
  }

  /** Bytes of an answer, records or not. Errors: ING-047. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#options.maxBytes) return;
    throw ingestErrors.pollTooLarge({
      message: `The source ${this.#options.source} sent more than ${this.#options.maxBytes} bytes in one poll.`,
      hint: "Nothing was loaded. Raise `max_bytes` in lab.yml, or ask for less with `query` or `incremental`.",
      data: { max_bytes: this.#options.maxBytes },
    });
  }

  /** One record as JSON text. Throws a SyntaxError for what is none. Errors: ING-048. */
  add(text: string): void {
    const record = parseRecord(text);
    const shaped = shapeOf(this.#shape, record);
    if (this.#shape.size > mostColumns) throw tooManyColumns(this.#options.source, this.#shape);
    if (this.#options.field !== undefined) this.#tracker.add(valueAt(record, this.#options.field));
    this.#records++;
    this.#pageRecords++;
    this.#lastRecord = record;
    this.#pageHash.update(text).update("\n");
    const line = recordLine(this.#records, text, record, shaped);
    // A UTF-16 unit takes at most three bytes; counting them costs, so only where it may matter.
    if (line.length * 3 > this.#longestLine) this.#longestLine = Math.max(this.#longestLine, Buffer.byteLength(line));
    this.#waiting += line.length;
    this.#lines.push(line);
  }

  /** Writes what was gathered. Errors: ING-013. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const bytes = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    this.#waiting = 0;
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#position);
        done += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (error) {
      throw cannotWrite(this.#file, error);
    }
  }

  async finish(): Promise<Spooled> {
    await this.flush();
    await this.#handle.close();
    return {
      file: this.#file,
      records: this.#records - this.#recordsBefore,
      bytes: this.#bytes - this.#bytesBefore,
      longestLine: this.#longestLine,
      // Of a part it would say nothing about the next whole poll.
      sha256: this.#parts === 0 ? this.#hash.digest("hex") : "",
      shape: this.#shape.copy(),
      tracker: this.#tracker.copy(),
    };
  }

  /** Between two pages: what came so far, and the rest goes to a new file. Limits and numbers go on. Errors: ING-013. */
  async cut(): Promise<Spooled> {
    const part = { ...(await this.finish()), sha256: "" };
    this.#parts++;
    this.#recordsBefore = this.#records;
    this.#bytesBefore = this.#bytes;
    this.#position = 0;
    this.#longestLine = 0;
    this.#hash = createHash("sha256");
    this.#file = this.#file.replace(/(\.\d+)?\.ndjson$/, `.${this.#parts}.ndjson`);
    try {
      this.#handle = await open(this.#file, "w");
    } catch (error) {
      throw cannotWrite(this.#file, error);
    }
    return part;
  }

  /** Records since the last cut. */
  get uncut(): number {
    return this.#records - this.#recordsBefore;
  }

  /** What follows the incremental field. */
  get tracker(): CursorTracker {
    return this.#tracker;
  }

  /** Whether all records so far have none but these columns, in lower case. */
  hasOnly(names: Set<string>): boolean {
    return this.#shape.columns.every(({ name, kinds }) => kinds === 0 || names.has(name.toLowerCase()));
  }

  /** Closes and removes the file. */
  async dispose(): Promise<void> {
    await this.#handle.close().catch(() => {});
    rmSync(this.#file, { force: true });
  }
}

export interface SpoolOptions {
  source: string;
  shape: RecordShape;
  tracker: CursorTracker;
  /** Field that the tracker follows. */
  field?: string;
  maxBytes: number;
  /** What the content means besides itself: two polls are the same only with the same settings. */
  fingerprint: string;
}

function tooManyColumns(source: string, shape: RecordShape) {
  const names = shape.columns.slice(-3).map(({ name }) => name);
  return ingestErrors.tooManyColumns({
    message: `The records of ${source} have more than ${mostColumns} different fields, the last ones ${names.join(", ")}.`,
    hint: "Names that are data (ids, dates) make a column each: declare the field above them as JSON under `columns`, or lower `flatten`.",
  });
}

function cannotWrite(file: string, error: unknown) {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const why = code === "ENOSPC" || code === "EDQUOT" ? "there is no space left" : `the system says ${code}`;
  return ingestErrors.notWritable({
    message: `${file} cannot be written: ${why}.`,
    place: { file },
    hint: "Nothing was loaded. Make room, or give yourself the right to write there.",
    cause: error,
  });
}
