import { type Connection, qualifiedName, quoteLiteral } from "#duck/index.ts";
import type { TableOutcome } from "./types.ts";

/** Schema and table where failing rows are kept for a look. The underscore marks what is the platform's own. */
export const failingRowsSchema = "_quality";
const name = "failing_rows";
const sql = qualifiedName(failingRowsSchema, name);

/** Whether anything was ever kept in the database whose tables are given. */
export const keepsFailingRows = (tables: ReadonlyMap<string, unknown>): boolean =>
  tables.has(`${failingRowsSchema}.${name}`);

/**
 * Replaces the kept rows of the expectations that were checked by those that fail now, at most `most` of each, in one
 * transaction; `whole`: all were checked, so rows of expectations that no longer exist go too. Sets what was kept of each
 * outcome. Values are kept as text, so that anything a table can hold is valid JSON. Errors: DUCK-003.
 */
export async function keepFailingRows(
  connection: Connection,
  outcomes: readonly { outcome: TableOutcome; rowsQuery: string | null }[],
  options: { most: number; whole: boolean; exists: boolean; now: number },
): Promise<void> {
  const { most, whole, exists, now } = options;
  const failing = outcomes.filter(
    ({ outcome, rowsQuery }) => most > 0 && rowsQuery !== null && (outcome.failures ?? 0) > 0,
  );
  if (!exists && failing.length === 0) return;
  const ids = outcomes.map(({ outcome }) => quoteLiteral(outcome.id));
  await connection.run("BEGIN");
  try {
    if (!exists) {
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${qualifiedName(failingRowsSchema)}`);
      await connection.run(
        `CREATE TABLE ${sql} (expectation VARCHAR, table_name VARCHAR, expected VARCHAR, severity VARCHAR, checked_at TIMESTAMP, "row" JSON)`,
      );
    } else if (whole) await connection.run(`DELETE FROM ${sql}`);
    else if (ids.length > 0) await connection.run(`DELETE FROM ${sql} WHERE expectation IN (${ids.join(", ")})`);
    for (const { outcome, rowsQuery } of failing) {
      const { id, table, name: expected, expectation } = outcome;
      const constants = [id, table, expected, expectation.severity].map(quoteLiteral).join(", ");
      const { rowsChanged } = await connection.query(
        `INSERT INTO ${sql} SELECT ${constants}, make_timestamp(${Math.round(now * 1000)}), to_json(texts)
         FROM (SELECT COLUMNS(*)::VARCHAR FROM (${rowsQuery}\n) LIMIT ${most}) AS texts`,
      );
      outcome.kept = rowsChanged;
    }
    await connection.run("COMMIT");
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}
