import { type Database, openSqlite } from "#sqlite/index.ts";
import { fileError } from "./files.ts";

/**
 * Opens a SQLite file only to hold its exclusive lock, which the kernel frees when the process ends in any way.
 * Waits up to `timeout` milliseconds; returns undefined when somebody else has it.
 * Errors: REG-010/011 when the file cannot be written.
 */
export function lockFile(file: string, timeout: number): Database | undefined {
  let database: Database | undefined;
  try {
    database = openSqlite(file, { timeout });
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
