import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import type { Database } from "./database.ts";
import { quoteIdentifier } from "./sql.ts";

/** How long a checkpoint is tried again, in milliseconds. */
const patience = 10_000;

/**
 * Writes a database's log into its file: that of the connection's own database, or of an attached one. DuckDB refuses this
 * while a transaction that wrote is not cleared away, which can be a moment after its commit when others read: then it is
 * tried again. `before` is SQL in front of it. Errors: DUCK-003, DUCK-004.
 */
export async function checkpoint(connection: Connection, database?: string, before = ""): Promise<void> {
  const statement = database === undefined ? "CHECKPOINT" : `CHECKPOINT ${quoteIdentifier(database)}`;
  const end = performance.now() + patience;
  for (let wait = 1; ; wait = Math.min(50, wait * 2)) {
    try {
      return await connection.run(before + statement);
    } catch (error) {
      const refused = error instanceof Error && error.message.includes("other write transactions active");
      if (!refused || performance.now() > end) throw error;
      await sleep(wait);
    }
  }
}

/** A log that is longer holds enough text for compressing it well to be worth its time. */
const shortLog = 16 * 1024 * 1024;

/**
 * Writes the log into the file of a database that others go on reading. Where it cannot be done the log stays valid:
 * closing the database, or opening it, takes it in.
 */
export async function writeBack(database: Database): Promise<void> {
  const connection = await database.connect();
  try {
    // FSST took two fifths of writing back a small lab, whose text is mostly smaller as a dictionary. Large tables are
    // compressed while they are made, and are not in the log.
    const log = statSync(`${database.path}.wal`, { throwIfNoEntry: false })?.size ?? 0;
    const { rows } = await connection.query("SELECT current_setting('disabled_compression_methods')");
    const quick = log < shortLog && rows[0]?.[0] === "";
    try {
      // In one call: between two this process may be busy for as long as the checkpoint takes.
      await checkpoint(connection, undefined, quick ? "SET GLOBAL disabled_compression_methods = 'fsst'; " : "");
    } finally {
      if (quick) await connection.run("RESET GLOBAL disabled_compression_methods");
    }
  } catch {
    // As said.
  } finally {
    await connection.close();
  }
}
