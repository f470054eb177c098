import type { Connection } from "#duck/index.ts";
import { quarantineOf } from "../load/shape.ts";
import { filterSql, type QuarantineFilter, quarantineTables } from "./select.ts";

/**
 * Drops quarantined rows for good, in one transaction. The ledger keeps count: rows loaded, quarantined and dropped are
 * the rows of the file. Returns how many.
 */
export async function dropQuarantine(connection: Connection, filter: QuarantineFilter): Promise<number> {
  let dropped = 0;
  await connection.run("BEGIN");
  try {
    for (const table of await quarantineTables(connection, filter.tables)) {
      const quarantine = quarantineOf(table);
      const where = filterSql(filter);
      await connection.run(
        `UPDATE _labs.loads AS loads SET rows_quarantined = rows_quarantined - gone.n, rows_dropped = coalesce(rows_dropped, 0) + gone.n
         FROM (SELECT _load, count(*) AS n FROM ${quarantine} WHERE ${where} GROUP BY _load) AS gone WHERE gone._load = loads.load`,
      );
      dropped += (await connection.query(`DELETE FROM ${quarantine} WHERE ${where}`)).rowsChanged;
    }
    await connection.run("COMMIT");
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
  return dropped;
}
