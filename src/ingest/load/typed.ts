import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { isCode, textConversion } from "../contract/convert.ts";
import type { HeaderMatch } from "../contract/header.ts";
import type { Contract, ContractColumn } from "../contract/types.ts";
import { typeInWords } from "./rejects.ts";

/**
 * Rows of a file on their way into the table: SQL of a relation with the columns below and, typed, those of the contract,
 * null where the file has none. A row with a problem goes to quarantine, any other one is loaded.
 */
export interface TypedRows {
  sql: string;
  columns: ContractColumn[];
  /** The relation of text they come from. */
  texts?: { stage: string; fields: TextField[] };
}

/** Our own columns of a {@link TypedRows} relation. */
export const own = {
  record: "_labs_record",
  raw: "_labs_raw",
  problem: "_labs_problem",
  column: "_labs_column",
} as const;

/** What a relation of text columns must have besides them: `_record`, `_problem` and `_raw`. */
export interface TextField {
  column: ContractColumn;
  /** Name of the text column that holds its values. */
  field: string;
}

/** Types the fields of a relation of text; what does not fit without loss becomes a problem that names column and value. */
export function typedFromText(stage: string, fields: TextField[], contract: Contract, match: HeaderMatch): TypedRows {
  const targets = fields.map(({ column, field }) => ({
    column,
    field,
    ...textConversion({ ...column, name: field }, contract),
  }));
  const checked = targets.filter(({ fits }) => fits !== "true");
  const why = checked.map(
    ({ column, field, fits }) => `CASE WHEN NOT ${fits} THEN ${misfitReason(field, column.type)} END`,
  );
  const which = checked.map(({ column, fits }) => `WHEN NOT ${fits} THEN ${quoteLiteral(column.name)}`);
  const misfits = why.length > 0 ? `nullif(concat_ws('; ', ${why.join(", ")}), '')` : "NULL";
  const given = new Set(targets.map((target) => target.column.name));
  const missing = contract.columns.filter(({ name }) => !given.has(name));
  const values = [
    ...targets.map(({ column, value }) => `${value} AS ${quoteIdentifier(column.name)}`),
    ...missing.map(({ name, type }) => `NULL::${type} AS ${quoteIdentifier(name)}`),
  ];
  const problem = match.quarantineAll ? unknownColumns(match) : misfits;
  const column = which.length > 0 && !match.quarantineAll ? `CASE ${which.join(" ")} END` : "NULL";
  return {
    sql: `(SELECT _record AS ${own.record}, _raw AS ${own.raw}, coalesce(_problem, ${problem}) AS ${own.problem},
      CASE WHEN _problem IS NULL THEN ${column} END AS ${own.column}${values.map((value) => `, ${value}`).join("")}
      FROM ${stage})`,
    columns: [...targets.map((target) => target.column), ...missing],
    texts: { stage, fields },
  };
}

/** SQL literal: why every row of a file with unknown columns is kept out. */
export const unknownColumns = (match: HeaderMatch): string =>
  quoteLiteral(`columns that the contract does not know: ${match.ignored.join(", ")}`);

/** SQL: why a value cannot be one of a type. */
export const misfitReason = (field: string, type: string): string => {
  const value = quoteIdentifier(field);
  return `CASE WHEN ${value} IS NULL THEN 'a value is missing that must not be'
      ELSE 'value ' || to_json(${value}) || CASE WHEN ${isCode(`${value}::VARCHAR`)} THEN ' is rather a code than a ' ELSE ' is no ' END || ${quoteLiteral(typeInWords(type))} END`;
};
