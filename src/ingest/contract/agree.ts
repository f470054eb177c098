import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { DeclaredColumn, SourceConfig } from "#registry/index.ts";
import type { Dialect } from "../csv/dialect.ts";
import { ingestErrors } from "../errors.ts";
import type { Input } from "../load/input.ts";
import { stage, stageRecords } from "../load/careful.ts";
import { dropRejects, readerSql } from "../load/fast.ts";
import { normalType } from "./convert.ts";
import { proposeTypes } from "./propose.ts";
import type { Contract, ContractColumn } from "./types.ts";

/** Texts of inputs up to this size are kept while their types are found; larger ones are read again for each question. */
const keptBytes = 16 << 20;

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
    origin: config.columns && !config.proposed ? "declared" : "proposed",
  };
}

function declared(name: string, column: DeclaredColumn, config: SourceConfig): ContractColumn {
  const type = normalType(column.type);
  const { dateFormat, timestampFormat } = config.dialect;
  const format = column.format ?? (type === "DATE" ? dateFormat : type === "TIMESTAMP" ? timestampFormat : undefined);
  return { name, type, nullable: column.nullable, ...(format && { format }) };
}

/** What types are proposed from: an input, and other files that are read the same way and have the same header. */
export interface Evidence {
  input: Input;
  others: string[];
  bytes: number;
}

/** Types for the named columns, which every row of the evidence fits. Errors: DUCK-003. */
export async function proposeColumns(
  connection: Connection,
  { input, others, bytes }: Evidence,
  frame: Contract,
  fileNames: string[],
  wanted: string[],
): Promise<ContractColumn[]> {
  const text = fileNames.map((name) => ({ name, readAs: "VARCHAR" }));
  const bare = { ...frame, columns: [] };
  const picked = wanted.map(quoteIdentifier).join(", ");
  const rows = `(SELECT ${picked} FROM ${readerSql(input, bare, text, { others })}${notTheHeader(frame, fileNames)})`;
  const keep = (select: string) => connection.run(`CREATE OR REPLACE TEMP TABLE labs_texts AS ${select}`);
  await connection.run(dropRejects);
  try {
    if (bytes > keptBytes || input.compression !== "none") return await proposeTypes(connection, rows, wanted);
    await keep(`SELECT * FROM ${rows}`);
  } catch (error) {
    // What DuckDB's reader refuses as a whole, such as two kinds of line ends, our own reader still splits.
    if (!(error instanceof Error && error.message.startsWith("Invalid Input Error"))) throw error;
    await stageRecords(connection, input, bare, fileNames, true);
    const places = new Map(fileNames.map((name, i) => [name, i]));
    const fields = wanted.map((name) => `f${places.get(name)} AS ${quoteIdentifier(name)}`).join(", ");
    await keep(`SELECT ${fields} FROM ${stage} WHERE _problem IS NULL`);
    await connection.run(`DROP TABLE ${stage}`);
  }
  try {
    return await proposeTypes(connection, "labs_texts", wanted);
  } finally {
    await connection.run(`DROP TABLE IF EXISTS labs_texts; ${dropRejects}`);
  }
}

/** Files that were put together have their header again in the middle: it is no value, and says nothing about types. */
function notTheHeader({ header }: Contract, names: string[]): string {
  if (!header || names.length < 2) return "";
  return ` WHERE NOT (${names
    .slice(0, 20)
    .map((name) => `${quoteIdentifier(name)} IS NOT DISTINCT FROM ${quoteLiteral(name)}`)
    .join(" AND ")})`;
}

/** What lab.yml says, and for columns that drift has widened since what it would say had it been written now. */
export function asEvolved(frame: Contract, agreed: Contract | undefined, { proposed }: SourceConfig): Contract {
  if (!agreed || !proposed) return frame;
  const byName = new Map(agreed.columns.map((column) => [column.name.toLowerCase(), column]));
  return {
    ...frame,
    columns: frame.columns.map((column) => {
      const now = byName.get(column.name.toLowerCase());
      return now?.from === column.type ? { ...column, type: now.type, from: now.from } : column;
    }),
  };
}

/** Whether declared columns say something else than the contract that was agreed before. */
export function differsFrom(agreed: Contract, frame: Contract): boolean {
  const text = ({ nullValues, decimalSeparator, header, columns }: Contract) => {
    const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
    const same = frame.columns.map(({ name }) => byName.get(name.toLowerCase()));
    return JSON.stringify([nullValues, decimalSeparator, header, same]);
  };
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
