import type { Connection } from "#duck/index.ts";
import { hasLedger } from "./tables.ts";

/** Rows of one raw table over all loads that are in it now. */
export interface LoadTotals {
  /** `raw.<table>` */
  table: string;
  rowsLoaded: number;
  rowsQuarantined: number;
}

/** Totals by raw table; loads that a later content of the same file replaced do not count. */
export async function loadTotals(connection: Connection): Promise<LoadTotals[]> {
  if (!(await hasLedger(connection))) return [];
  const { rows } = await connection.query(
    `SELECT table_name, coalesce(sum(rows_loaded), 0)::DOUBLE, coalesce(sum(rows_quarantined), 0)::DOUBLE
     FROM _labs.loads WHERE outcome = 'loaded' AND replaced_by IS NULL GROUP BY table_name ORDER BY table_name`,
  );
  return rows.map(([table, loaded, quarantined]) => ({
    table: `raw.${String(table)}`,
    rowsLoaded: Number(loaded),
    rowsQuarantined: Number(quarantined),
  }));
}
