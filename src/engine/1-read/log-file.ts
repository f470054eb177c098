import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

const backups = 5;

/** logs/dbt.log: lines are gathered and written together; a file above `maxBytes` moves to dbt.log.1, that to dbt.log.2 … */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: number | undefined;
  #size = 0;
  #pending: string[] = [];
  #pendingLength = 0;

  constructor(folder: string, maxBytes: number) {
    this.#path = join(folder, "dbt.log");
    this.#maxBytes = maxBytes;
    try {
      mkdirSync(folder, { recursive: true });
      this.#open();
    } catch {
      // A folder that cannot be written must not stop a run; there is just no log file.
      this.#file = undefined;
    }
  }

  write(line: string): void {
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength > 65_536) this.flush();
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const text = `${this.#pending.join("\n")}\n`;
    this.#pending = [];
    this.#pendingLength = 0;
    if (this.#file === undefined) return;
    const bytes = Buffer.from(text);
    try {
      if (this.#maxBytes > 0 && this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#rotate();
      writeSync(this.#file, bytes);
      this.#size += bytes.length;
    } catch {
      // A full disk shows in the run itself; the log must not hide it.
      this.close();
    }
  }

  close(): void {
    if (this.#pending.length > 0) this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    this.#file = openSync(this.#path, "a");
    this.#size = fstatSync(this.#file).size;
  }

  #rotate(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    for (let i = backups - 1; i >= 0; i--) {
      const from = i === 0 ? this.#path : `${this.#path}.${i}`;
      try {
        renameSync(from, `${this.#path}.${i + 1}`);
      } catch {
        // That backup does not exist yet.
      }
    }
    this.#open();
  }
}
