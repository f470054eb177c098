import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { storeColumns } from "../load/store.ts";
import { storeOf } from "../load/shape.ts";
import type { TextField } from "../load/typed.ts";
import { isCode, textConversion } from "./convert.ts";
import type { Contract, ContractColumn } from "./types.ts";

/** Types that hold everything the other one holds, and more. Text holds everything, and would hide every mistake. */
const wider: Record<string, string> = { BIGINT: "DOUBLE", INTEGER: "BIGINT", FLOAT: "DOUBLE", DATE: "TIMESTAMP" };

/**
 * Columns whose type must become wider for most of the values that do not fit it: whole numbers that get fractions, dates
 * that get a time of day. Only for sources that may evolve and columns that nobody declared. Empty when there are none.
 */
export async function widenColumns(
  connection: Connection,
  source: SourceConfig,
  contract: Contract,
  stage: string,
  fields: TextField[],
): Promise<ContractColumn[]> {
  if (source.drift !== "evolve") return [];
  const declared = declaredNames(source);
  const candidates = fields.flatMap(({ column, field }) => {
    const type = wider[column.type];
    if (type === undefined || column.format !== undefined || declared.has(column.name.toLowerCase())) return [];
    const fits = (as: string) => textConversion({ name: field, type: as, nullable: true }, contract).fits;
    const code = `coalesce(${isCode(quoteIdentifier(field))}, false)`;
    return [{ column, type, old: fits(column.type), now: `(${fits(type)} AND NOT ${code})` }];
  });
  if (candidates.length === 0) return [];
  const counts = candidates.flatMap(({ old, now }) => [
    `count(*) FILTER (WHERE NOT ${old})`,
    `count(*) FILTER (WHERE NOT ${old} AND ${now})`,
    `count(*) FILTER (WHERE ${old} AND NOT ${now})`,
  ]);
  const { rows } = await connection.query(`SELECT ${counts.join(", ")} FROM ${stage} WHERE _problem IS NULL`);
  const numbers = (rows[0] ?? []).map(Number);
  const widened: ContractColumn[] = [];
  for (const [i, { column, type }] of candidates.entries()) {
    const [misfits = 0, fitting = 0, lost = 0] = numbers.slice(3 * i, 3 * i + 3);
    if (lost > 0 || fitting === 0 || fitting * 2 <= misfits) continue;
    if (await losesNothing(connection, source.table, column, type)) widened.push({ ...column, type });
  }
  return widened;
}

/** Columns whose types are a person's word, in lower case: drift leaves them alone. */
export const declaredNames = (source: SourceConfig): Set<string> =>
  new Set(source.proposed ? [] : [...(source.columns?.keys() ?? [])].map((name) => name.toLowerCase()));

/** Whether what is stored survives: a DOUBLE holds whole numbers up to 2^53. */
async function losesNothing(
  connection: Connection,
  table: string,
  column: ContractColumn,
  type: string,
): Promise<boolean> {
  if (column.type !== "BIGINT" || type !== "DOUBLE") return true;
  const stored = await storeColumns(connection, table);
  if (!stored?.some(({ name }) => name === column.name)) return true;
  const { rows } = await connection.query(
    `SELECT coalesce(max(abs(${quoteIdentifier(column.name)}::HUGEINT)), 0) <= 9007199254740991 FROM ${storeOf(table)}`,
  );
  return rows[0]?.[0] === true;
}

/** A contract with wider columns, as its next version. `isNew`: the version counts up already for another reason. */
export function withWider(contract: Contract, columns: ContractColumn[], isNew: boolean): Contract {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return {
    ...contract,
    version: isNew ? contract.version : contract.version + 1,
    columns: contract.columns.map((column) => {
      const now = byName.get(column.name);
      return now ? { ...column, type: now.type, from: column.from ?? column.type } : column;
    }),
  };
}
