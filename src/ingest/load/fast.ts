import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { planColumns, readerColumns, readerOptions } from "../contract/convert.ts";
import type { HeaderMatch } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import type { Input } from "./input.ts";
import { rejectsTable, scansTable } from "./rejects.ts";
import { storeOf } from "./shape.ts";

/** read_csv over an input, and `others` of the same kind, every column of the file named and typed. */
export function readerSql(
  input: Input,
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
): Promise<{ loaded: number; rejected: number }> {
  const plans = new Map(planColumns(contract.columns).map((plan) => [plan.column.name, plan]));
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
