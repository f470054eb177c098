import type Sqlite from "better-sqlite3";
import type { Options } from "better-sqlite3";
import { createRequire } from "node:module";
import { BuiltInDatabase } from "./built-in.ts";

export type Database = Sqlite.Database;
export type { Options };

const load = createRequire(import.meta.url);

/** better-sqlite3's binary crashes in a Node without it. */
const nodeApi = 10;

/**
 * Opens a SQLite file, a database in memory (`:memory:`) or the bytes of one. Errors have SQLite's code as text in `code`
 * (`SQLITE_BUSY`). The driver is loaded when first needed: it costs every command that does without it.
 */
export function openSqlite(file: string | Buffer, options: Options = {}): Database {
  if (Number(process.versions.napi) < nodeApi) return new BuiltInDatabase(file, options) as unknown as Database;
  const Driver = load("better-sqlite3") as typeof Sqlite;
  return new Driver(file as string, options);
}
