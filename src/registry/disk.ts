import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { fileError } from "./files.ts";

/** Room on the volume that a path lies on, in bytes. */
export interface Volume {
  /** Tells volumes of this machine apart. */
  device: string;
  free: number;
  total: number;
}

/** The volume of a path, or of its nearest folder that exists; undefined where the system does not tell. */
export function volumeOf(path: string): Volume | undefined {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { device: String(statSync(folder).dev), free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined;
  }
}

/** Size of a file in bytes, without opening it; 0 when there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** When a file was written last; undefined when there is none. */
export function modifiedAt(path: string): Date | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtime;
}

/** A text file, or undefined when there is none. Errors: REG-012. */
export function readIfThere(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

/**
 * Adds a line to a file, making file and folder. A line that a killed process left unfinished is ended first.
 * Errors: REG-010, REG-011.
 */
export function appendLine(path: string, line: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const size = sizeOf(path);
    let open = "";
    if (size > 0) {
      const descriptor = openSync(path, "r");
      try {
        const last = Buffer.alloc(1);
        readSync(descriptor, last, 0, 1, size - 1);
        if (last.toString() !== "\n") open = "\n";
      } finally {
        closeSync(descriptor);
      }
    }
    appendFileSync(path, `${open}${line}\n`);
  } catch (error) {
    throw fileError(error, path, "write");
  }
}
