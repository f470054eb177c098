import { createHash, randomUUID } from "node:crypto";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readHeaders } from "./file-headers.ts";
import { isOpenHere } from "./open-paths.ts";

interface Content {
  version: 1;
  /** Changes whenever somebody may have written to the database without saying what. */
  chain: string;
  /** The database file as the last writer who keeps this journal left it. */
  stamp: string;
  sequence: number;
  /** Last write to a relation, by `schema.name` in lower case. */
  writes: Record<string, number>;
}

/**
 * Says which relations of a database file were written since when, so that work on unchanged data can be skipped.
 *
 * DuckDB keeps no versions of tables. Writers that know what they write (loads, the engine) note it here, in
 * `.<file>.journal` beside the database, together with a stamp of the file. Whoever else wrote to it, however little,
 * changes that stamp: then a new chain begins and everything that was known under the old one is worth nothing. A process
 * that was killed has not sealed the journal, which is the same.
 *
 * {@link open} it before the database is opened and {@link seal} it after it was closed: a descriptor that is closed while
 * DuckDB has the file open takes DuckDB's lock away.
 */
export class DatabaseJournal {
  readonly path: string;
  readonly #content: Content;
  readonly #usable: boolean;
  /** What the file says. */
  readonly #sealed: string;

  private constructor(path: string, content: Content, usable: boolean) {
    this.path = path;
    this.#content = content;
    this.#usable = usable;
    this.#sealed = JSON.stringify(content);
  }

  /** Reads the journal of a database file; begins a new chain when there is none, or the file is not as it was left. */
  static open(path: string): DatabaseJournal {
    const fresh = (): Content => ({ version: 1, chain: randomUUID(), stamp: "", sequence: 0, writes: {} });
    // The file must not be touched now; nothing is claimed about it.
    if (path === ":memory:" || isOpenHere(path)) return new DatabaseJournal(path, fresh(), false);
    const known = readContent(journalPath(path));
    return new DatabaseJournal(path, known && known.stamp === stampOf(path) ? known : fresh(), true);
  }

  get chain(): string {
    return this.#content.chain;
  }

  /** The same as long as nobody writes to a relation; null when its last write is not known. `key`: see {@link relationKey}. */
  identity(key: string): string | null {
    const number = this.lastWrite(key);
    return number === 0 ? null : `${this.chain}#${number}`;
  }

  /** The last write to a relation in this chain, 0 when there was none. `key`: see {@link relationKey}. */
  lastWrite(key: string): number {
    return this.#content.writes[key] ?? 0;
  }

  /** Notes a write and returns its number. */
  wrote(key: string): number {
    const number = ++this.#content.sequence;
    this.#content.writes[key] = number;
    return number;
  }

  /** Somebody wrote what nobody can tell: all that is known about this database ends here. */
  disrupt(): void {
    Object.assign(this.#content, { chain: randomUUID(), sequence: 0, writes: {} });
  }

  /**
   * Makes what was noted valid, after the database was closed. Where it cannot be written, nothing is known; returns whether
   * it was.
   */
  seal(): boolean {
    if (!this.#usable || isOpenHere(this.path)) return false;
    const file = journalPath(this.path);
    try {
      const stamp = stampOf(this.path);
      const text = JSON.stringify({ ...this.#content, stamp });
      if (stamp === "none") return false;
      if (text !== this.#sealed) {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      }
      return true;
    } catch {
      // What stands there has another stamp: the next run finds no valid journal and builds everything.
      return false;
    }
  }
}

/** The key of a relation in its database's journal. */
export const relationKey = (schema: string, name: string): string => `${schema}.${name}`.toLowerCase();

/** Whether a database file was written to since the last writer who keeps a journal of it closed it. */
export function leftUnsealed(path: string): boolean {
  const known = readContent(journalPath(path));
  return known !== undefined && known.stamp !== stampOf(path);
}

const journalPath = (path: string): string => join(dirname(path), `.${basename(path)}.journal`);

function readContent(file: string): Content | undefined {
  try {
    const content = JSON.parse(readFileSync(file, "utf8")) as Content;
    return content.version === 1 && typeof content.writes === "object" ? content : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Identifies a state of a database file: its headers, of which DuckDB rewrites one at every checkpoint, counting up; its
 * size and times; and the log beside it, which is there when something was committed and no checkpoint followed.
 */
function stampOf(path: string): string {
  const about = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!about) return "none";
  const log = statSync(`${path}.wal`, { bigint: true, throwIfNoEntry: false });
  return createHash("sha256")
    .update(readHeaders(path))
    .update(`${about.size} ${about.mtimeNs} ${log?.size ?? 0n} ${log?.mtimeNs ?? 0n}`)
    .digest("hex");
}
