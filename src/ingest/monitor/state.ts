import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ingestErrors } from "../errors.ts";
import type { FileStat } from "../types.ts";

/** What is remembered of a file. */
export interface MonitorEntry extends FileStat {
  sha256: string;
  totalRows: number;
  /** The content ended with a line end. */
  complete: boolean;
  /** Milliseconds since 1970. */
  checkedAt: number;
}

/** Where a {@link CsvMonitor} remembers. Keys are absolute paths. */
export interface MonitorState {
  get(path: string): MonitorEntry | undefined;
  set(path: string, entry: MonitorEntry): void;
  delete(path: string): void;
  /** A path whose content has this hash. */
  findContent(sha256: string): string | undefined;
  /** Makes everything set so far last. */
  save(): void;
}

/** Keeps entries in a JSON file, replaced as a whole, or in memory when there is no file. */
export class JsonState implements MonitorState {
  readonly #file: string | undefined;
  readonly #entries: Map<string, MonitorEntry>;

  /** Errors: ING-007 when the file is there and is no state. */
  constructor(file?: string) {
    this.#file = file === undefined ? undefined : resolve(file);
    this.#entries = new Map(this.#file !== undefined && existsSync(this.#file) ? read(this.#file) : []);
  }

  get(path: string): MonitorEntry | undefined {
    return this.#entries.get(path);
  }

  set(path: string, entry: MonitorEntry): void {
    this.#entries.set(path, entry);
  }

  delete(path: string): void {
    this.#entries.delete(path);
  }

  findContent(sha256: string): string | undefined {
    for (const [path, entry] of this.#entries) if (entry.sha256 === sha256) return path;
    return undefined;
  }

  save(): void {
    if (this.#file === undefined) return;
    const part = join(dirname(this.#file), `.${basename(this.#file)}.${process.pid}.tmp`);
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(part, `${JSON.stringify({ files: Object.fromEntries(this.#entries) }, null, 1)}\n`, {
        flush: true,
      });
      renameSync(part, this.#file);
    } catch (error) {
      rmSync(part, { force: true });
      throw ingestErrors.notWritable({
        message: `The monitor's state ${this.#file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
        place: { file: this.#file },
        hint: "Choose a folder that can be written.",
        cause: error,
      });
    }
  }
}

function read(file: string): [string, MonitorEntry][] {
  try {
    const data = JSON.parse(readFileSync(file, "utf8")) as { files: Record<string, MonitorEntry> };
    return Object.entries(data.files);
  } catch (error) {
    throw ingestErrors.notReadable({
      message: `${file} is not the state of a CSV monitor.`,
      place: { file },
      hint: "Delete it to start anew, or name another file.",
      cause: error,
    });
  }
}
