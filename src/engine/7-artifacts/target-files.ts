import { existsSync, mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Compiled and executed SQL below the target folder: written while queries run, complete after {@link flush}. */
export class TargetFiles {
  readonly #root: string;
  readonly #folders = new Set<string>();
  readonly #pending = new Set<Promise<void>>();
  #failure: unknown;

  constructor(projectRoot: string) {
    this.#root = projectRoot;
  }

  /** `path` is relative to the project. A failure appears at {@link flush}. `keep`: a file that is there has this text already. */
  write(path: string, text: string, keep = false): void {
    const file = resolve(this.#root, path);
    if (keep && existsSync(file)) return;
    const folder = dirname(file);
    const job = this.#ready(folder)
      .then(() => writeFile(file, text))
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .then(() => {
        this.#pending.delete(job);
      });
    this.#pending.add(job);
  }

  /** Waits for everything; throws the first error, such as a full disk. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  async #ready(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
  }
}
