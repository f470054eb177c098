import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

interface WaitingFile {
  path: string;
  text: string;
  keep: boolean;
}

/** Files that are written in one turn of the event loop: answers of the database do not wait longer than a millisecond. */
const filesATurn = 8;

/**
 * Compiled and executed SQL below the target folder: written between queries, complete after {@link flush}.
 * Written in place, since Node's thread pool takes three jobs for a small file and each costs more than the file.
 */
export class TargetFiles {
  readonly #root: string;
  readonly #folders = new Set<string>();
  #waiting: WaitingFile[] = [];
  #next: NodeJS.Immediate | undefined;
  #failure: unknown;

  constructor(projectRoot: string) {
    this.#root = projectRoot;
  }

  /** `path` is relative to the project. A failure appears at {@link flush}. `keep`: a file that is there has this text already. */
  write(path: string, text: string, keep = false): void {
    this.#waiting.push({ path: resolve(this.#root, path), text, keep });
    this.#next ??= setImmediate(() => this.#turn());
  }

  /** Writes everything that waits; throws the first error, such as a full disk. */
  async flush(): Promise<void> {
    if (this.#next) clearImmediate(this.#next);
    this.#next = undefined;
    for (const file of this.#waiting.splice(0)) this.#write(file);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #turn(): void {
    for (const file of this.#waiting.splice(0, filesATurn)) this.#write(file);
    this.#next = this.#waiting.length > 0 ? setImmediate(() => this.#turn()) : undefined;
  }

  #write({ path, text, keep }: WaitingFile): void {
    try {
      if (keep && existsSync(path)) return;
      // Most files are as the last run left them, and looking is ten times cheaper than writing.
      const bytes = Buffer.from(text);
      if (contentOf(path)?.equals(bytes)) return;
      const folder = dirname(path);
      if (!this.#folders.has(folder)) {
        mkdirSync(folder, { recursive: true });
        this.#folders.add(folder);
      }
      writeFileSync(path, bytes);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
