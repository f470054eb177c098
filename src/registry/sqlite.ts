import { createRequire } from "node:module";
import type Sqlite from "better-sqlite3";
import { fileError } from "./files.ts";

const load = createRequire(import.meta.url);

/**
 * Opens a SQLite file only to hold its exclusive lock, which the kernel frees when the process ends in any way.
 * Waits up to `timeout` milliseconds; returns undefined when somebody else has it.
 * Errors: REG-010/011 when the file cannot be written.
 */
export function lockFile(file: string, timeout: number): Sqlite.Database | undefined {
  // Loaded when first needed: a native module costs every command that does without it.
  const Database = load("better-sqlite3") as typeof Sqlite;
  let database: Sqlite.Database | undefined;
  try {
    database = new Database(file, { timeout });
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    const code = String((error as { code?: unknown }).code);
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return undefined;
    const reason = code.startsWith("SQLITE_FULL")
      ? "ENOSPC"
      : /READONLY|CANTOPEN|PERM|AUTH/.test(code)
        ? "EACCES"
        : code;
    throw fileError(Object.assign(new Error(String(error)), { code: reason }), file, "write");
  }
}
