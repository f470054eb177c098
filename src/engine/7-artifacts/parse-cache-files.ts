import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeAtomically, writeInParts } from "./write-file.ts";

/**
 * The folder of a kept parse: `state.json` names the other two by their common id. It is written last, so a folder that
 * was left in the middle has the state of before, or none.
 */
export class ParseCacheFiles {
  readonly #targetFolder: string;
  readonly #folder: string;

  constructor(targetFolder: string) {
    this.#targetFolder = targetFolder;
    this.#folder = join(targetFolder, "partial_parse");
  }

  /** The text of `state.json`, undefined when there is none. */
  state(): string | undefined {
    return textOf(join(this.#folder, "state.json"));
  }

  /** Whether the manifest of an id is there as it was written, with that many bytes, from its first to its last. */
  hasManifest(id: string, bytes: number, mtimeMs: number): boolean {
    const file = this.#manifest(id);
    const stat = statSync(file, { throwIfNoEntry: false });
    // It may be one file with target/manifest.json, which others write in place.
    if (stat?.size !== bytes || stat.mtimeMs !== mtimeMs) return false;
    // After a power failure a file may have its size and nothing in it.
    return byteAt(file, 0) === 0x7b && byteAt(file, bytes - 1) === 0x7d;
  }

  manifest(id: string): string {
    return readFileSync(this.#manifest(id), "utf8");
  }

  extras(id: string): string | undefined {
    return textOf(join(this.#folder, `${id}.extras.json`));
  }

  /** `state` gets the manifest's time of writing, for {@link hasManifest}. */
  write(id: string, texts: { manifest: string; extras: string; state: (mtimeMs: number) => string }): void {
    writeAtomically(this.#manifest(id), texts.manifest);
    const { mtimeMs } = statSync(this.#manifest(id));
    writeAtomically(join(this.#folder, `${id}.extras.json`), texts.extras);
    writeAtomically(join(this.#folder, "state.json"), texts.state(mtimeMs));
    for (const name of readdirSync(this.#folder))
      if (name !== "state.json" && !name.startsWith(`${id}.`) && !name.endsWith(".tmp"))
        rmSync(join(this.#folder, name), { force: true });
  }

  /**
   * Makes the manifest of an id manifest.json, without copying it where the file system can do so, and writes
   * semantic_manifest.json. False when that does not go.
   */
  linkManifest(id: string, semantic: string): boolean {
    const file = join(this.#targetFolder, "manifest.json");
    const temporary = `${file}.${id}.tmp`;
    try {
      linkSync(this.#manifest(id), temporary);
      renameSync(temporary, file);
    } catch {
      rmSync(temporary, { force: true });
      return false;
    }
    writeAtomically(join(this.#targetFolder, "semantic_manifest.json"), semantic);
    return true;
  }

  /**
   * Writes semantic_manifest.json, and manifest.json: a new head before what the manifest of an id has behind its own.
   * False when that is gone: another process keeps a parse of its own.
   */
  copyManifest(id: string, headBytes: number, head: string, semantic: string): boolean {
    let tail: Buffer;
    try {
      tail = readFileSync(this.#manifest(id)).subarray(headBytes);
    } catch {
      return false;
    }
    writeInParts(join(this.#targetFolder, "manifest.json"), [Buffer.from(head), tail]);
    writeAtomically(join(this.#targetFolder, "semantic_manifest.json"), semantic);
    return true;
  }

  #manifest(id: string): string {
    return join(this.#folder, `${id}.manifest.json`);
  }
}

/** The code that runs: another build parses anew. Undefined when it runs from its sources, which change without a trace. */
export function programId(): string | undefined {
  const file = fileURLToPath(import.meta.url);
  if (file.endsWith(".ts")) return undefined;
  const { size, mtimeMs } = statSync(file);
  return [file, size, mtimeMs].join(":");
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function byteAt(file: string, position: number): number | undefined {
  const handle = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(1);
    return readSync(handle, bytes, 0, 1, position) === 1 ? bytes[0] : undefined;
  } finally {
    closeSync(handle);
  }
}
