import { quoteLiteral } from "#duck/index.ts";
import { headerAgain } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import { quarantineOf } from "./shape.ts";

export const rejectsTable = "labs_rejects";
export const scansTable = "labs_scans";

/** What identifies a load in quarantine. */
export interface LoadMark {
  load: number;
  runId: string;
  /** Name in the ledger. */
  file: string;
  /** SQL literal of the load's time. */
  time: string;
}

/** Text in the sense of people for what does not fit a type. */
export function typeInWords(type: string): string {
  if (/INT$|INTEGER$/.test(type)) return `whole number (${type})`;
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) return `number (${type})`;
  if (type === "DATE") return "date (DATE)";
  if (type.startsWith("TIME")) return `time (${type})`;
  if (type === "BOOLEAN") return "true or false (BOOLEAN)";
  return type;
}

/** Columns `column_name, reason, row_text` of quarantine, aggregated over the errors of one record. */
export function reasonSql(contract: Contract, names: string[]): string {
  const types = contract.columns.map(
    ({ name, type }) => `WHEN ${quoteLiteral(name)} THEN ${quoteLiteral(typeInWords(type))}`,
  );
  const typeOf = types.length > 0 ? `CASE column_name ${types.join(" ")} END` : "NULL";
  const reason = `CASE error_type
      WHEN 'CAST' THEN 'value ' || to_json(regexp_extract(error_message, '(?s)Could not convert string "(.*)" to ', 1)) || ' is no ' || coalesce(${typeOf}, 'value of its type')
      WHEN 'MISSING COLUMNS' THEN 'too few fields: ' || regexp_extract(error_message, 'Found: (\\d+)', 1) || ' instead of ' || regexp_extract(error_message, 'Columns: (\\d+)', 1)
      WHEN 'TOO MANY COLUMNS' THEN 'too many fields: ' || regexp_extract(error_message, 'Found: (\\d+)', 1) || ' instead of ' || regexp_extract(error_message, 'Columns: (\\d+)', 1)
      WHEN 'UNQUOTED VALUE' THEN 'a quote that is not closed where the field ends'
      WHEN 'LINE SIZE OVER MAXIMUM' THEN 'a line longer than the reader takes'
      WHEN 'INVALID ENCODING' THEN 'letters that are not UTF-8'
      ELSE lower(error_type) END`;
  return `first(column_name ORDER BY column_idx, error_type) FILTER (WHERE error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS')),
      CASE WHEN ${isHeader(contract, names)} THEN ${quoteLiteral(headerAgain)} ELSE string_agg(${reason}, '; ' ORDER BY column_idx, error_type) END, any_value(csv_line)`;
}

/** SQL: the rejected line is the header once more, written plainly. */
const isHeader = ({ header, dialect }: Contract, names: string[]): string =>
  header && names.length > 1
    ? `lower(any_value(csv_line)) = ${quoteLiteral(names.join(dialect.delimiter).toLowerCase())}`
    : "false";

/** Moves the reader's rejects into quarantine: one row a record, however many of its values do not fit. */
export function quarantineRejects(
  table: string,
  contract: Contract,
  names: string[],
  mark: LoadMark,
  offset: number,
): string {
  return `INSERT INTO ${quarantineOf(table)}
    SELECT ${quoteLiteral(mark.file)}, line - ${contract.header ? 1 : 0} + ${offset}, ${reasonSql(contract, names)},
      ${quoteLiteral(mark.runId)}, ${mark.time}, ${mark.load}
    FROM ${rejectsTable} GROUP BY line ORDER BY line`;
}
