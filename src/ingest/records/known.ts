import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { LoadMark } from "../load/rejects.ts";
import { quarantineOf, storeOf } from "../load/shape.ts";
import { own, type TypedRows } from "../load/typed.ts";
import { typedTable } from "./stage.ts";

/**
 * Leaves out records that the table has already, so that one that comes again (overlap, a repeated page, a full poll) is
 * not stored again: by key for `append`, by key and all values for `merge`. Returns how many, and the others.
 */
export async function leaveOutKnown(
  connection: Connection,
  source: SourceConfig,
  typed: TypedRows,
): Promise<{ count: number; rest: TypedRows }> {
  const { mode, key, table } = source;
  const first = (await connection.query(`SELECT 1 FROM ${storeOf(table)} LIMIT 1`)).rows.length === 0;
  const compares = mode === "append" || (mode === "merge" && !first);
  if (!compares || key.length === 0) return { count: 0, rest: typed };
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${typedTable} AS SELECT * FROM ${typed.sql}`);
  let count = 0;
  const drop = async (sql: string) => {
    count += (await connection.query(sql)).rowsChanged;
  };
  const good = `${own.problem} IS NULL`;
  const columns = new Map(typed.columns.map(({ name }) => [name.toLowerCase(), quoteIdentifier(name)]));
  const keys = key.map((name) => columns.get(name.toLowerCase()) ?? quoteIdentifier(name));
  const same = keys.map((name) => `store.${name} = fresh.${name}`).join(" AND ");
  if (mode === "append") {
    await drop(
      `DELETE FROM ${typedTable} AS fresh WHERE ${good} AND EXISTS (SELECT 1 FROM ${storeOf(table)} AS store WHERE ${same})`,
    );
    await drop(
      `DELETE FROM ${typedTable} WHERE ${good} AND ${own.record} NOT IN
        (SELECT min(${own.record}) FROM ${typedTable} WHERE ${good} GROUP BY ${keys.join(", ")})`,
    );
  } else {
    const equal = typed.columns
      .map(({ name }) => `store.${quoteIdentifier(name)} IS NOT DISTINCT FROM fresh.${quoteIdentifier(name)}`)
      .join(" AND ");
    // Of a key that came in several versions all are kept, and the last one wins.
    const once = `SELECT ${keys.join(", ")} FROM ${typedTable} WHERE ${good} GROUP BY ${keys.join(", ")} HAVING count(*) = 1`;
    await drop(
      `DELETE FROM ${typedTable} AS fresh WHERE ${good} AND (${keys.map((name) => `fresh.${name}`).join(", ")}) IN (${once})
        AND EXISTS (SELECT 1 FROM ${storeOf(table)} AS store WHERE store._wins AND ${same} AND ${equal})`,
    );
  }
  return { count, rest: { ...typed, sql: typedTable } };
}

/** Takes records out of quarantine again that are there from before, by their text. Returns how many. */
export async function forgetRepeats(connection: Connection, source: SourceConfig, mark: LoadMark): Promise<number> {
  if (source.mode !== "merge" && source.mode !== "append") return 0;
  const quarantine = quarantineOf(source.table);
  const { rowsChanged } = await connection.query(
    `DELETE FROM ${quarantine} WHERE _load = ${mark.load} AND rowid NOT IN (
      SELECT min(rowid) FROM ${quarantine} AS kept WHERE _load = ${mark.load} AND NOT EXISTS (
        SELECT 1 FROM ${quarantine} AS old WHERE old._load < ${mark.load} AND old.file = kept.file AND old.row_text = kept.row_text)
      GROUP BY row_text)`,
  );
  return rowsChanged;
}
