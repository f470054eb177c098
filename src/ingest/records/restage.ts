import { join } from "node:path";
import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { Contract } from "../contract/types.ts";
import { temporaryFolder, writeStream } from "../load/input.ts";
import { storeOf } from "../load/shape.ts";
import { own, type TypedRows } from "../load/typed.ts";
import { rawColumn } from "./agree.ts";
import { shapeFor } from "./fetch.ts";
import { parseRecord } from "./parse-record.ts";
import type { Shaped } from "./shape.ts";
import { recordLine, shapeOf } from "./record-line.ts";
import { stageRecords, typedTable, typeRecords } from "./stage.ts";

/** Quarantined records of a poll, as they came or corrected, as typed rows of the contract. */
export async function restageRecords(
  connection: Connection,
  source: SourceConfig,
  contract: Contract,
  rows: { record: number; row: string }[],
): Promise<TypedRows> {
  const config = source.api ?? source.step;
  if (!config) throw new Error(`${source.name} is not polled`);
  const shape = shapeFor(source, contract, config);
  let longestLine = 0;
  const lines = rows.map(({ record, row }) => {
    let parsed: unknown;
    let shaped: Shaped;
    try {
      parsed = parseRecord(row);
      shaped = shapeOf(shape, parsed);
    } catch {
      shaped = { values: [], problem: "no JSON record" };
    }
    const line = recordLine(record, row, parsed, shaped);
    longestLine = Math.max(longestLine, line.length * 3);
    return line;
  });
  const folder = temporaryFolder();
  try {
    const file = join(folder.path, "records.ndjson");
    await writeStream(file, asPieces(lines));
    await stageRecords(connection, { file, longestLine }, shape.columns);
  } finally {
    folder.dispose();
  }
  const byName = new Map(contract.columns.map((column) => [column.name.toLowerCase(), column]));
  const known = shape.columns.flatMap(({ name, staged }) => {
    const column = byName.get(name.toLowerCase());
    return column ? [{ column, staged }] : [];
  });
  const raw = config.keepRaw && byName.has(rawColumn.name) ? [{ column: rawColumn, staged: "_raw" }] : [];
  // A field that the contract lacks is discarded where that is the policy; anywhere else its records wait for it.
  const unknown =
    source.drift === "discard_columns" ? [] : shape.columns.filter(({ name }) => !byName.has(name.toLowerCase()));
  const typed = await typeRecords(connection, source, { contract, fields: [...known, ...raw], unknown });
  if (source.mode !== "append" || source.key.length === 0) return typed;
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${typedTable} AS SELECT * FROM ${typed.sql}`);
  await refuseKnown(connection, source);
  return { ...typed, sql: typedTable };
}

/** In `append` a key stays as it came first: one that has arrived since, in good order, is not loaded again. */
async function refuseKnown(connection: Connection, source: SourceConfig): Promise<void> {
  const same = source.key.map((name) => `store.${quoteIdentifier(name)} = ${typedTable}.${quoteIdentifier(name)}`);
  await connection.run(
    `UPDATE ${typedTable} SET ${own.problem} = 'a record of this key has been loaded since' WHERE ${own.problem} IS NULL
      AND EXISTS (SELECT 1 FROM ${storeOf(source.table)} AS store WHERE ${same.join(" AND ")})`,
  );
}

async function* asPieces(lines: string[]): AsyncGenerator<string> {
  yield* lines;
}
