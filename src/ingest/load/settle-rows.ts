import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { refuseRows } from "../expect/quarantine.ts";
import type { LoadMark } from "./rejects.ts";
import { quarantineOf, storeOf } from "./shape.ts";
import { createQuarantine } from "./store.ts";
import { own, type TypedRows } from "./typed.ts";

/**
 * Moves typed rows to where they belong: good ones into the table, those with a problem or against an expectation of
 * severity `quarantine` into quarantine. Runs inside the load's transaction.
 */
export async function settleRows(
  connection: Connection,
  source: SourceConfig,
  typed: TypedRows,
  mark: LoadMark,
  facts: { read: number; now: number },
): Promise<{ loaded: number; quarantined: number }> {
  const rows = await refuseRows(connection, source, typed, facts);
  const loaded = await insertGood(connection, source, { ...typed, sql: rows }, mark.load);
  if (loaded === facts.read) return { loaded, quarantined: 0 };
  await createQuarantine(connection, source.table);
  const moved = await connection.query(
    `INSERT INTO ${quarantineOf(source.table)} SELECT ${quoteLiteral(mark.file)}, ${own.record}, ${own.column}, ${own.problem}, ${own.raw},
      ${quoteLiteral(mark.runId)}, ${mark.time}, ${mark.load} FROM ${rows} AS rows WHERE ${own.problem} IS NOT NULL ORDER BY ${own.record}`,
  );
  return { loaded, quarantined: moved.rowsChanged };
}

/** Puts the rows without a problem into the table, under the number of their load. Returns how many. */
export async function insertGood(
  connection: Connection,
  { table, lineage }: Pick<SourceConfig, "table" | "lineage">,
  typed: TypedRows,
  load: number,
): Promise<number> {
  const names = typed.columns.map((column) => quoteIdentifier(column.name));
  const into = [...names, "_load", ...(lineage ? ["_row"] : [])];
  const values = [...names, String(load), ...(lineage ? [own.record] : [])];
  const { rowsChanged } = await connection.query(
    `INSERT INTO ${storeOf(table)} (${into.join(", ")}) SELECT ${values.join(", ")} FROM ${typed.sql} AS rows WHERE ${own.problem} IS NULL ORDER BY ${own.record}`,
  );
  return rowsChanged;
}
