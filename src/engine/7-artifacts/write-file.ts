import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { engineError } from "../errors.ts";

let counter = 0;

/** Writes a file so that readers see the old text or the new one, never half of it. Makes its folder. */
export function writeAtomically(file: string, text: string): void {
  replace(file, (temporary) => writeFileSync(temporary, text));
}

/** The same for a text in several pieces. */
export function writeInParts(file: string, parts: Uint8Array[]): void {
  replace(file, (temporary) => {
    const handle = openSync(temporary, "w");
    try {
      for (const part of parts) writeFileSync(handle, part);
    } finally {
      closeSync(handle);
    }
  });
}

function replace(file: string, write: (temporary: string) => void): void {
  const temporary = `${file}.${process.pid}.${counter++}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    write(temporary);
    renameSync(temporary, file);
  } catch (error) {
    removeQuietly(temporary);
    throw engineError("runtime", {
      message: `Cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`,
      place: { file },
      hint: "Check that the target folder is writable and that the disk has room, or give another --target-path.",
      cause: error,
    });
  }
}

/** The reason of a failed write is what counts, not that its remains could not be removed either. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Nothing was there.
  }
}
