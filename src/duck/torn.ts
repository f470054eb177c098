import { closeSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { headersLength } from "./file-headers.ts";

/**
 * Whether a file is a DuckDB database whose creation was cut short (kill -9, power loss): empty, or DuckDB's own header
 * and no more than a part of the rest: until the last header is written it holds nothing. DuckDB refuses to open such a file, and nothing was ever stored in it.
 */
export function isTornDatabase(path: string): boolean {
  const about = statSync(path, { throwIfNoEntry: false });
  if (!about?.isFile() || about.size >= headersLength) return false;
  // 8 bytes of checksum come before the magic bytes.
  return about.size === 0 || startOf(path).toString("latin1", 8) === "DUCK";
}

/**
 * Removes a database file whose creation was cut short, so that it can be created again. Returns whether it did: a file
 * that cannot be removed stays.
 */
export function discardTornDatabase(path: string): boolean {
  if (!isTornDatabase(path)) return false;
  try {
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The first bytes of a file; none when it cannot be read. */
function startOf(path: string): Buffer {
  const start = Buffer.alloc(12);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, start, 0, start.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return start;
}
