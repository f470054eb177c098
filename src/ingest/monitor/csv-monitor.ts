import { resolve } from "node:path";
import { detectDialect } from "../csv/detect-dialect.ts";
import type { Dialect } from "../csv/dialect.ts";
import { withoutLinesAbove } from "../csv/lines-above.ts";
import { cannotRead, readHead } from "../csv/encoding.ts";
import { type FileScan, scanFile } from "../csv/scan.ts";
import { fileStat } from "../detect/sources.ts";
import type { ChangeReason, FileStat } from "../types.ts";
import { JsonState, type MonitorEntry, type MonitorState } from "./state.ts";

/** What {@link CsvMonitor.check} answers. */
export interface CsvCheck {
  /** Whether there is anything to do. */
  changed: boolean;
  reason: Exclude<ChangeReason, "unsettled" | "unreadable">;
  /** Rows that were not there at the last check: the added ones of a file that grew, all of them when it was rewritten. */
  newRows: number;
  /** Data rows, header and blank lines not counted. */
  totalRows: number;
  bytes: number;
  sha256: string;
  /** For `renamed` and `duplicate`: the other name. */
  otherPath?: string;
}

export interface CsvMonitorOptions {
  /** A JSON file that keeps what was seen between processes, or a state of your own. Default: only in memory. */
  state?: string | MonitorState;
  /** The first record has the column names. Default true. */
  header?: boolean;
  /** What is given is not guessed. */
  dialect?: Partial<Dialect>;
  encoding?: "utf-8" | "utf-16" | "latin-1";
  /** Read the content also when size, times and inode are those of the last check. Default false. */
  verify?: boolean;
}

/**
 * Tells what happened to CSV files since they were last looked at, by their content: never by size or time alone.
 *
 * ```ts
 * const monitor = new CsvMonitor({ state: "seen.json" });
 * const { changed, reason, newRows } = await monitor.check("data/raw/sales_data.csv");
 * ```
 */
export class CsvMonitor {
  readonly #state: MonitorState;
  readonly #options: CsvMonitorOptions;

  constructor(options: CsvMonitorOptions = {}) {
    this.#options = options;
    this.#state = typeof options.state === "object" ? options.state : new JsonState(options.state);
  }

  /**
   * Compares a file with the last check and remembers what was found, so that a second call says `unchanged`.
   * Errors: ING-007 when it cannot be read, or is not there and never was; ING-013 when the state cannot be written.
   */
  async check(path: string): Promise<CsvCheck> {
    const { answer, entry } = await this.#compare(path);
    const key = resolve(path);
    if (answer.otherPath !== undefined && answer.reason === "renamed") this.#state.delete(answer.otherPath);
    if (entry) this.#state.set(key, entry);
    else this.#state.delete(key);
    this.#state.save();
    return answer;
  }

  /** The same without remembering anything. */
  async peek(path: string): Promise<CsvCheck> {
    return (await this.#compare(path)).answer;
  }

  async #compare(path: string): Promise<{ answer: CsvCheck; entry?: MonitorEntry }> {
    const key = resolve(path);
    const known = this.#state.get(key);
    const stat = fileStat(key);
    if (!stat) {
      if (!known) throw cannotRead(path, Object.assign(new Error("no such file"), { code: "ENOENT" }));
      return { answer: { changed: true, reason: "removed", newRows: 0, totalRows: 0, bytes: 0, sha256: known.sha256 } };
    }
    if (known && !this.#options.verify && sameStat(known, stat)) {
      const { totalRows, bytes, sha256 } = known;
      return { answer: { changed: false, reason: "unchanged", newRows: 0, totalRows, bytes, sha256 }, entry: known };
    }
    const checkedAt = Date.now();
    const scan = await this.#scan(key, known ? [known.bytes] : []);
    const totalRows = Math.max(0, scan.records - ((this.#options.header ?? true) ? 1 : 0));
    const entry: MonitorEntry = {
      ...stat,
      bytes: scan.bytes,
      sha256: scan.sha256,
      totalRows,
      complete: scan.endsWithLineEnd,
      checkedAt,
    };
    return { answer: this.#answer(key, known, scan, totalRows), entry };
  }

  async #scan(path: string, prefixes: number[]): Promise<FileScan> {
    const { head, separator } = withoutLinesAbove(await readHead(path, this.#options.encoding), 0);
    const given = { ...(separator !== undefined && { delimiter: separator }), ...this.#options.dialect };
    const dialect = detectDialect(head.text, given, head.complete);
    const firstLine = /^[\r\n]*([^\r\n]*)/.exec(head.text)?.[1] ?? "";
    return scanFile(path, dialect, head.form, { prefixes, blankIsRecord: !firstLine.includes(dialect.delimiter) });
  }

  #answer(path: string, known: MonitorEntry | undefined, scan: FileScan, totalRows: number): CsvCheck {
    const { bytes, sha256 } = scan;
    const say = (reason: CsvCheck["reason"], newRows = totalRows, otherPath?: string): CsvCheck => ({
      changed: reason !== "unchanged",
      reason,
      newRows,
      totalRows,
      bytes,
      sha256,
      ...(otherPath !== undefined && { otherPath }),
    });
    if (known) {
      if (known.sha256 === sha256) return say("unchanged", 0);
      if (bytes === known.bytes) return say("same-length change");
      if (bytes < known.bytes) return say("shrunk");
      // Without a line end at the old end the last row itself may have grown.
      if (scan.prefixes.get(known.bytes) === known.sha256) {
        return say("appended", totalRows - known.totalRows + (known.complete ? 0 : 1));
      }
      return say("changed");
    }
    const other = this.#state.findContent(sha256);
    if (other === undefined || bytes === 0) return say("new");
    return fileStat(other) === undefined ? say("renamed", 0, other) : say("duplicate", 0, other);
  }
}

function sameStat(known: MonitorEntry, stat: FileStat): boolean {
  const same =
    known.bytes === stat.bytes &&
    known.mtime === stat.mtime &&
    known.ctime === stat.ctime &&
    known.inode === stat.inode;
  // A write right after the hash could carry the same time: file times tick in milliseconds.
  return same && known.checkedAt - Number(BigInt(stat.ctime) / 1_000_000n) > 50;
}
