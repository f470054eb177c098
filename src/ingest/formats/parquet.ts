import { copyFileSync } from "node:fs";
import { isLabsError } from "#errors/index.ts";
import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { textConversion } from "../contract/convert.ts";
import type { Contract, ContractColumn } from "../contract/types.ts";
import type { HeaderMatch } from "../contract/header.ts";
import { isPattern } from "../detect/pattern.ts";
import { ingestErrors } from "../errors.ts";
import { temporaryFolder } from "../load/input.ts";
import { misfitReason, own, type TypedRows, unknownColumns } from "../load/typed.ts";
import type { ReadRequest, StagedFile } from "./staged.ts";

const position = "file_row_number";

/**
 * Parquet: read where it lies. Its own types are the contract; a later file's other type is converted where nothing is lost.
 * Errors: ING-001 no row, ING-019 no Parquet.
 */
export async function readParquet({ context, change }: ReadRequest): Promise<StagedFile> {
  const { connection } = context;
  // DuckDB would take such a name for a pattern.
  const folder = isPattern(change.path) ? temporaryFolder() : undefined;
  const path = folder ? `${folder.path}/input.parquet` : change.path;
  if (folder) copyFileSync(change.path, path);
  const dispose = async () => folder?.dispose();
  try {
    const file = `read_parquet(${quoteLiteral(path)}, file_row_number = true, hive_partitioning = false)`;
    const { columns, records } = await describe(connection, file, change.path);
    if (records === 0) throw noRows(change.name, change.path);
    return {
      names: columns.map(({ name }) => name),
      records,
      optional: false,
      propose: async (wanted) => {
        const asked = new Set(wanted);
        return columns.filter(({ name }) => asked.has(name)).map(({ name, type }) => ({ name, type, nullable: true }));
      },
      typed: async (contract, match) => typedRows(file, columns, contract, match),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function describe(connection: Connection, file: string, path: string) {
  try {
    const described = await connection.query(`DESCRIBE SELECT * EXCLUDE (${position}) FROM ${file}`);
    const columns = described.rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
    const { rows } = await connection.query(`SELECT count(*) FROM ${file}`);
    return { columns, records: Number(rows[0]?.[0]) };
  } catch (error) {
    if (!isLabsError(error) || error.code !== "DUCK-003") throw error;
    throw badParquet(path, error);
  }
}

/** What DuckDB says of a file whose pages are damaged behind a footer that is not, as ING-019; undefined for anything else. */
export function damagedPages(path: string, error: unknown) {
  const damaged =
    isLabsError(error) && error.code === "DUCK-003" && /^(Invalid|IO|Serialization|Out of Range)/.test(error.message);
  return damaged ? badParquet(path, error) : undefined;
}

const badParquet = (path: string, error: Error) =>
  ingestErrors.badDocument({
    message: `${path} cannot be read as Parquet: ${error.message.split("\n")[0]}`,
    place: { file: path },
    hint: "Deliver it again; it may have been cut short, or be something else under its name.",
    cause: error,
  });

/** The file's rows under the contract's types; a value that would lose something becomes a problem. */
function typedRows(
  file: string,
  columns: { name: string; type: string }[],
  contract: Contract,
  match: HeaderMatch,
): TypedRows {
  const byName = new Map(contract.columns.map((column) => [column.name, column]));
  const targets = columns.flatMap((column, i) => {
    const agreed = byName.get(match.names[i] ?? "");
    return agreed ? [{ agreed, from: column.name, ...convert(column, agreed, contract) }] : [];
  });
  const given = new Set(targets.map(({ agreed }) => agreed.name));
  const missing = contract.columns.filter(({ name }) => !given.has(name));
  const checked = targets.filter(({ fits }) => fits !== "true");
  const why = checked.map(
    ({ agreed, from, fits }) => `CASE WHEN NOT ${fits} THEN ${misfitReason(from, agreed.type)} END`,
  );
  const which = checked.map(({ agreed, fits }) => `WHEN NOT ${fits} THEN ${quoteLiteral(agreed.name)}`);
  const problem = match.quarantineAll
    ? unknownColumns(match)
    : why.length > 0
      ? `nullif(concat_ws('; ', ${why.join(", ")}), '')`
      : "NULL::VARCHAR";
  const raw = columns.map(({ name }) => `${quoteLiteral(name)}: ${quoteIdentifier(name)}`).join(", ");
  const values = [
    ...targets.map(({ agreed, value }) => `${value} AS ${quoteIdentifier(agreed.name)}`),
    ...missing.map(({ name, type }) => `NULL::${type} AS ${quoteIdentifier(name)}`),
  ];
  return {
    sql: `(SELECT ${position} + 1 AS ${own.record}, to_json({${raw}})::VARCHAR AS ${own.raw}, ${problem} AS ${own.problem},
      ${which.length > 0 && !match.quarantineAll ? `CASE ${which.join(" ")} END` : "NULL::VARCHAR"} AS ${own.column}, ${values.join(", ")} FROM ${file})`,
    columns: [...targets.map(({ agreed }) => agreed), ...missing],
  };
}

function convert(column: { name: string; type: string }, agreed: ContractColumn, contract: Contract) {
  const v = quoteIdentifier(column.name);
  if (column.type === "VARCHAR" && agreed.type !== "VARCHAR") {
    return textConversion({ ...agreed, name: column.name }, contract);
  }
  const required = agreed.nullable ? "true" : `(${v} IS NOT NULL)`;
  if (column.type === agreed.type) return { value: v, fits: required };
  const value = `try_cast(${v} AS ${agreed.type})`;
  // Back again must be what it was: 1.5 would come back as 2.
  const lossless = `(${v} IS NULL OR coalesce(try_cast(${value} AS ${column.type}) = ${v}, false))`;
  return { value, fits: agreed.nullable ? lossless : `(${v} IS NOT NULL AND ${lossless})` };
}

const noRows = (name: string, path: string) =>
  ingestErrors.emptyFile({
    message: `${name} has no rows.`,
    place: { file: path },
    hint: "Deliver it again, or delete it.",
  });
