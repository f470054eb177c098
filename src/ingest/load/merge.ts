import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import type { Contract } from "../contract/types.ts";
import { storeOf, type TableShape } from "./shape.ts";

/** Temporary table of the keys that a load touches. */
const touched = "labs_keys";

const keyList = (key: string[], of = "") => key.map((name) => of + quoteIdentifier(name)).join(", ");

/**
 * The contract as a merge needs it: key columns must have values, since a row without a key replaces nothing.
 * Errors: ING-010 when key or order_by names no column.
 */
export function requireKey(source: SourceConfig, contract: Contract): Contract {
  if (source.mode !== "merge") return contract;
  const names = new Map(contract.columns.map((column) => [column.name.toLowerCase(), column.name]));
  for (const name of [...source.key, ...(source.orderBy === undefined ? [] : [source.orderBy])]) {
    if (names.has(name.toLowerCase())) continue;
    throw ingestErrors.badContract({
      message: `The source ${source.name} merges by \`${name}\`, which is no column of its files.`,
      place: source.place,
      hint: `Its columns are ${[...names.values()].join(", ")}.`,
    });
  }
  const key = new Set(source.key.map((name) => name.toLowerCase()));
  return {
    ...contract,
    columns: contract.columns.map((column) =>
      key.has(column.name.toLowerCase()) ? { ...column, nullable: false } : column,
    ),
  };
}

/** Remembers the keys of rows that are about to leave: an older row of such a key may win again. */
export async function noteKeys(connection: Connection, shape: TableShape, loads: string): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${touched} AS SELECT DISTINCT ${keyList(shape.key)} FROM ${storeOf(shape.table)} WHERE _load IN ${loads}`,
  );
}

/** Finds the winners among all rows whose key a load brought or {@link noteKeys} remembered. */
export async function settleKeys(connection: Connection, shape: TableShape, load: number | undefined): Promise<void> {
  const { key, table } = shape;
  const brought = `SELECT DISTINCT ${keyList(key)} FROM ${storeOf(table)} WHERE _load = ${load ?? -1}`;
  await connection.run(
    `CREATE TEMP TABLE IF NOT EXISTS ${touched} AS ${brought} LIMIT 0; INSERT INTO ${touched} ${brought};
     ${pickWinners(shape, touched)}; DROP TABLE ${touched}`,
  );
}

/**
 * SQL that marks the row of each key that is seen: the one with the greatest `order_by`, else the one that came last.
 * Every row stays in the store, so that an older one can win again when the newer one's file is corrected.
 */
export function pickWinners({ table, key, orderBy }: TableShape, keys?: string): string {
  const same = key.map((name) => `${keys}.${quoteIdentifier(name)} = rows.${quoteIdentifier(name)}`).join(" AND ");
  const order = orderBy === undefined ? "" : `${quoteIdentifier(orderBy)} DESC NULLS LAST, `;
  // Rows that were appended before the source merged may lack a key; they replace nothing and are replaced by nothing.
  const keyless = key.map((name) => `${quoteIdentifier(name)} IS NULL`).join(" OR ");
  return `UPDATE ${storeOf(table)} AS store SET _wins = ranked.wins FROM (
      SELECT rowid AS id, ${keyless} OR row_number() OVER (PARTITION BY ${keyList(key)} ORDER BY ${order}_load DESC, rowid DESC) = 1 AS wins
      FROM ${storeOf(table)} AS rows${keys === undefined ? "" : ` WHERE EXISTS (SELECT 1 FROM ${keys} WHERE ${same})`}
    ) AS ranked WHERE store.rowid = ranked.id AND store._wins IS DISTINCT FROM ranked.wins`;
}
