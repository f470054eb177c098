import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { Dialect } from "../csv/dialect.ts";
import { ingestErrors } from "../errors.ts";
import type { Input } from "../load/input.ts";
import { stage, stageRecords } from "../load/careful.ts";
import { dropRejects, readerSql } from "../load/fast.ts";
import { normalType } from "./convert.ts";
import { proposeTypes } from "./propose.ts";
import type { Contract, ContractColumn } from "./types.ts";

/** Rows that are looked at before a large file is loaded; a value behind them that does not fit leads to a full read. */
const sampleRows = 50_000;
/** Files up to this size are read as a whole. */
const wholeBytes = 16 << 20;

export interface Proposal {
  columns: ContractColumn[];
  /** Every row was looked at. */
  complete: boolean;
}

/** What does not come from the file: dialect as detected, and everything that lab.yml declares. */
export function contractFrame(config: SourceConfig, dialect: Dialect): Contract {
  const { nullValues, decimalSeparator, header } = config.dialect;
  return {
    version: 1,
    dialect,
    header: header ?? true,
    nullValues: ["", ...(nullValues ?? []).filter((text) => text !== "")],
    decimalSeparator: decimalSeparator ?? ".",
    columns: [...(config.columns ?? [])].map(([name, column]) => declared(name, column, config)),
    origin: config.columns ? "declared" : "proposed",
  };
}

function declared(name: string, column: { type: string; nullable: boolean }, config: SourceConfig): ContractColumn {
  const type = normalType(column.type);
  const { dateFormat, timestampFormat } = config.dialect;
  const format = type === "DATE" ? dateFormat : type === "TIMESTAMP" ? timestampFormat : undefined;
  return { name, type, nullable: column.nullable, ...(format && { format }) };
}

/**
 * Types for the named columns of an input, from all rows, or from the first fifty thousand of a large one unless
 * `complete`. A sample that leaves a column without any value is not enough and leads to a full read by itself.
 */
export async function proposeColumns(
  connection: Connection,
  input: Input,
  frame: Contract,
  fileNames: string[],
  wanted: string[],
  size: { bytes: number; complete: boolean },
): Promise<Proposal> {
  const whole = size.complete || (size.bytes <= wholeBytes && input.compression === "none");
  const text = fileNames.map((name) => ({ name, readAs: "VARCHAR" }));
  const bare = { ...frame, columns: [] };
  await connection.run(dropRejects);
  const picked = wanted.map(quoteIdentifier).join(", ");
  try {
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE labs_sample AS SELECT ${picked} FROM ${readerSql(input, bare, text)}${whole ? "" : ` LIMIT ${sampleRows}`}`,
    );
  } catch (error) {
    // What DuckDB's reader refuses as a whole, such as two kinds of line ends, our own reader still splits.
    if (!(error instanceof Error && error.message.startsWith("Invalid Input Error"))) throw error;
    await stageRecords(connection, input, bare, fileNames.length, true);
    const fields = wanted.map((name) => `f${fileNames.indexOf(name)} AS ${quoteIdentifier(name)}`).join(", ");
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE labs_sample AS SELECT ${fields} FROM ${stage} WHERE _problem IS NULL; DROP TABLE ${stage}`,
    );
  }
  try {
    const counted = await connection.query(
      `SELECT count(*), ${wanted.map((name) => `count(${quoteIdentifier(name)})`).join(", ")} FROM labs_sample`,
    );
    const [rows = 0, ...values] = (counted.rows[0] ?? []).map(Number);
    const complete = whole || rows < sampleRows;
    if (!complete && values.includes(0)) {
      return await proposeColumns(connection, input, frame, fileNames, wanted, { ...size, complete: true });
    }
    return { columns: await proposeTypes(connection, "labs_sample", wanted), complete };
  } finally {
    await connection.run(`DROP TABLE IF EXISTS labs_sample; ${dropRejects}`);
  }
}

/** Whether declared columns say something else than the contract that was agreed before. */
export function differsFrom(agreed: Contract, frame: Contract): boolean {
  const text = (contract: Contract) =>
    JSON.stringify([
      contract.nullValues,
      contract.decimalSeparator,
      contract.header,
      frame.columns.map((column) => contract.columns.find((c) => c.name.toLowerCase() === column.name.toLowerCase())),
    ]);
  return text(agreed) !== text(frame);
}

/** Checks declared types against DuckDB before anything is read. Errors: ING-010. */
export async function requireTypes(
  connection: Connection,
  config: SourceConfig,
  columns: ContractColumn[],
): Promise<void> {
  // One question for all; only when it fails, one by one, to name the column.
  const types = [...new Set(columns.map(({ type }) => `NULL::${type}`))];
  const fine = await connection.query(`SELECT ${types.join(", ")}`).then(
    () => true,
    () => false,
  );
  if (fine) return;
  for (const { name, type } of columns) {
    try {
      await connection.query(`SELECT NULL::${type}`);
    } catch (error) {
      throw ingestErrors.badContract({
        message: `The source ${config.name} declares the column \`${name}\` as ${type}, which is no type of DuckDB.`,
        place: config.place,
        hint: "Use a type such as BIGINT, DOUBLE, DECIMAL(12,2), VARCHAR, DATE or TIMESTAMP.",
        cause: error,
      });
    }
  }
}
