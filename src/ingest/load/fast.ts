import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { hiddenText, planColumns, type Reading, readerColumns, readerOptions } from "../contract/convert.ts";
import type { HeaderMatch } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import type { Input } from "./input.ts";
import { rejectsTable, scansTable } from "./rejects.ts";
import { storeOf } from "./shape.ts";

/** read_csv over an input, and `others` of the same kind, every column of the file named and typed. */
export function readerSql(
  input: Pick<Input, "path" | "compression">,
  contract: Contract,
  columns: { name: string; readAs: string }[],
  { others = [] }: { others?: string[] } = {},
): string {
  const options = readerOptions(contract, input.compression, "utf-8");
  const paths = [input.path, ...others].map(quoteLiteral).join(", ");
  return `read_csv([${paths}], ${options}, ${readerColumns(columns)}, store_rejects = true, rejects_limit = 0, rejects_table = ${quoteLiteral(rejectsTable)}, rejects_scan = ${quoteLiteral(scansTable)})`;
}

export const dropRejects = `DROP TABLE IF EXISTS ${rejectsTable}; DROP TABLE IF EXISTS ${scansTable}`;

/**
 * One INSERT straight from the file. Returns rows loaded and records rejected.
 * Throws DuckDB's error (with `misfit` in it) when a value would lose something; nothing is loaded then.
 */
export async function loadFast(
  connection: Connection,
  input: Input,
  contract: Contract,
  match: HeaderMatch,
  table: string,
  load: number,
  lineage: boolean,
  reading: Reading,
): Promise<{ loaded: number; rejected: number }> {
  const plans = new Map(planColumns(contract, reading).map((plan) => [plan.column.name, plan]));
  const columns = match.names.map((name) => ({ name, readAs: plans.get(name)?.readAs ?? "VARCHAR" }));
  const targets = match.names.filter((name) => plans.has(name));
  const values = targets.map((name) => plans.get(name)?.value);
  const row = lineage ? [`row_number() OVER () + ${input.offset}`] : [];
  const into = [...targets.map(quoteIdentifier), "_load", ...(lineage ? ["_row"] : [])];
  await connection.run(dropRejects);
  const { rowsChanged } = await connection.query(
    `INSERT INTO ${storeOf(table)} (${into.join(", ")}) SELECT ${[...values, String(load), ...row].join(", ")} FROM ${readerSql(input, contract, columns)}`,
  );
  const { rows } = await connection.query(`SELECT count(DISTINCT line) FROM ${rejectsTable}`);
  return { loaded: rowsChanged, rejected: Number(rows[0]?.[0]) };
}

/**
 * Whether the reader, when it refuses by itself what does not fit, would load some value that is not what was written:
 * zeros in front of a number, an offset behind a time. `names`: the contract's names in the file's order.
 */
export async function hidesText(
  connection: Connection,
  input: Pick<Input, "path" | "compression">,
  contract: Contract,
  names: string[],
  others: string[] = [],
): Promise<boolean> {
  const hidden = hiddenText(contract, names);
  if (!hidden) return false;
  const text = names.map((name) => ({ name, readAs: "VARCHAR" }));
  await connection.run(dropRejects);
  const { rows } = await connection.query(
    `SELECT count(*) > 0 FROM ${readerSql(input, contract, text, { others })} WHERE ${hidden}`,
  );
  return rows[0]?.[0] === true;
}

/** Whether a load of text columns alone took the header in the middle of a file for a row. */
export async function holdsHeader(
  connection: Connection,
  table: string,
  { header, columns }: Contract,
  names: string[],
  firstLoad: number,
): Promise<boolean> {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  if (!header || names.length < 2 || names.some((name) => (types.get(name) ?? "VARCHAR") !== "VARCHAR")) return false;
  const same = names
    .filter((name) => types.has(name))
    .map((name) => `lower(trim(${quoteIdentifier(name)})) = ${quoteLiteral(name.toLowerCase())}`);
  const { rows } = await connection.query(
    `SELECT count(*) > 0 FROM ${storeOf(table)} WHERE _load >= ${firstLoad} AND ${same.join(" AND ")}`,
  );
  return rows[0]?.[0] === true;
}
