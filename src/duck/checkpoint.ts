import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import { quoteIdentifier } from "./sql.ts";

/** How long a checkpoint is tried again, in milliseconds. */
const patience = 10_000;

/**
 * Writes a database's log into its file: that of the connection's own database, or of an attached one. DuckDB refuses this
 * while a transaction that wrote is not cleared away, which can be a moment after its commit when others read: then it is
 * tried again. Errors: DUCK-003, DUCK-004.
 */
export async function checkpoint(connection: Connection, database?: string): Promise<void> {
  const end = performance.now() + patience;
  for (let wait = 1; ; wait = Math.min(50, wait * 2)) {
    try {
      return await connection.run(database === undefined ? "CHECKPOINT" : `CHECKPOINT ${quoteIdentifier(database)}`);
    } catch (error) {
      const refused = error instanceof Error && error.message.includes("other write transactions active");
      if (!refused || performance.now() > end) throw error;
      await sleep(wait);
    }
  }
}
