import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { LabsError } from "#errors/index.ts";
import { isLabsError } from "#errors/index.ts";
import { registryErrors } from "./errors.ts";
import { canonicalPath } from "./real-path.ts";

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** A failed file operation as an error for a person: REG-009 to REG-012. Errors that are ours already pass through. */
export function fileError(error: unknown, path: string, doing: "read" | "write"): LabsError {
  if (isLabsError(error)) return error;
  const reason = code(error);
  const place = { file: path };
  if (reason === "ENOSPC" || reason === "EDQUOT" || reason === "EFBIG") {
    return registryErrors.diskFull({
      message: `There is no space left to write ${path}.`,
      place,
      hint: "Free some space and run the command again.",
      cause: error,
    });
  }
  if (reason === "ENOENT") {
    return registryErrors.folderMissing({
      message: `${path} does not exist.`,
      place,
      hint: "Check the path; `labs paths <lab>` shows what the registry says.",
      cause: error,
    });
  }
  const why =
    reason === "EACCES" || reason === "EPERM"
      ? "you have no right to"
      : reason === "EROFS"
        ? "the file system is read-only"
        : reason === "ENOTDIR" || reason === "EEXIST"
          ? "a file lies where a folder is needed"
          : reason === "EISDIR"
            ? "it is a folder, not a file"
            : error instanceof Error
              ? error.message
              : String(error);
  const make = doing === "write" ? registryErrors.notWritable : registryErrors.notReadable;
  return make({
    message: `${path} cannot be ${doing === "write" ? "written" : "read"}: ${why}.`,
    place,
    hint:
      doing === "write"
        ? "Give yourself the right to write there (`ls -ld` shows who has it), or choose another folder."
        : "Check that it is what the path should name, and that you may read it.",
    cause: error,
  });
}

/** A text file, without its byte order mark. Errors: REG-009, REG-012. */
export function readText(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  } catch (error) {
    throw fileError(error, file, "read");
  }
}

/** Creates a folder and its parents. Errors: REG-010, REG-011. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

/**
 * Writes beside the target and renames, so that a reader sees the old text or the new one.
 * A link stays a link, and the file keeps its rights. Errors: REG-010, REG-011.
 */
export function writeAtomic(path: string, text: string): void {
  const file = canonicalPath(path);
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    const before = statSync(file, { throwIfNoEntry: false });
    const descriptor = openSync(temporary, "w");
    try {
      if (before) fchmodSync(descriptor, before.mode & 0o777);
      const bytes = Buffer.from(text);
      // A full disk may take part of the bytes without an error: write until all are down.
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // What could not be written cannot always be removed; the first error is the one to tell.
    }
    throw fileError(error, file, "write");
  }
}

/** Changes when a file is written; empty when there is none. */
export function fileStamp(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return "";
  }
}

/** Removes a file; one that is not there is as good. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

/** Lets nobody but the owner read or write a file. */
export function protectFile(path: string): void {
  chmodSync(path, 0o600);
}
