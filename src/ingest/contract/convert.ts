import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { Contract, ContractColumn } from "./types.ts";

/**
 * DuckDB's CSV reader makes 1.5 a 2 when the column is a BIGINT, and drops the time of day when it is a DATE.
 * So the reader gets a type that keeps the whole value, and the conversion fails when something would be lost.
 */
export interface ColumnPlan {
  column: ContractColumn;
  /** Type that read_csv is told. */
  readAs: string;
  /** SQL over the column as read, of the contract's type; calls error() for what does not fit. */
  value: string;
}

/** What error() says when a value does not fit; DuckDB's message carries it to us. */
export const misfit = "labs: does not fit column ";

const integers = new Set(["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"]);
const aliases: Record<string, string> = {
  INT: "INTEGER",
  INT1: "TINYINT",
  INT2: "SMALLINT",
  SHORT: "SMALLINT",
  INT4: "INTEGER",
  SIGNED: "INTEGER",
  INT8: "BIGINT",
  LONG: "BIGINT",
  TEXT: "VARCHAR",
  STRING: "VARCHAR",
  CHAR: "VARCHAR",
  BPCHAR: "VARCHAR",
  BOOL: "BOOLEAN",
  LOGICAL: "BOOLEAN",
  FLOAT8: "DOUBLE",
  FLOAT4: "FLOAT",
  REAL: "FLOAT",
  NUMERIC: "DECIMAL",
  DATETIME: "TIMESTAMP",
  "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
};

/** A type's usual spelling: `int` → `INTEGER`, `numeric(9, 2)` → `DECIMAL(9,2)`. */
export function normalType(type: string): string {
  const text = type.trim().toUpperCase().replace(/\s+/g, " ");
  const [, base = text, args = ""] = /^([A-Z0-9_ ]+?)\s*(\(.*\))?$/.exec(text) ?? [];
  if (base === "VARCHAR" || aliases[base] === "VARCHAR") return "VARCHAR";
  return (aliases[base] ?? base) + args.replace(/\s/g, "");
}

export const isInteger = (type: string): boolean => integers.has(type);

function decimal(type: string): { precision: number; scale: number } | undefined {
  const match = /^DECIMAL(?:\((\d+)(?:,(\d+))?\))?$/.exec(type);
  return match ? { precision: Number(match[1] ?? 18), scale: Number(match[2] ?? (match[1] ? 0 : 3)) } : undefined;
}

/** The formats that the reader itself is told, when all dates (timestamps) of the contract share one. */
export function readerFormats(columns: ContractColumn[]): { dateFormat?: string; timestampFormat?: string } {
  const shared = (type: string) => {
    const formats = new Set(columns.filter((column) => column.type === type).map((column) => column.format));
    return formats.size === 1 ? [...formats][0] : undefined;
  };
  const [dateFormat, timestampFormat] = [shared("DATE"), shared("TIMESTAMP")];
  return { ...(dateFormat && { dateFormat }), ...(timestampFormat && { timestampFormat }) };
}

/** How each column is read and converted at full speed. */
export function planColumns(columns: ContractColumn[]): ColumnPlan[] {
  const { dateFormat, timestampFormat } = readerFormats(columns);
  return columns.map((column) => {
    const { name, type, format } = column;
    const v = quoteIdentifier(name);
    const fail = `error(${quoteLiteral(misfit + name)})`;
    const keep = (readAs: string, value: string) => ({ column, readAs, value: required(column, v, value, fail) });
    if (integers.has(type)) {
      const fits = `${v} = trunc(${v}) AND abs(${v}) <= 9007199254740992`;
      return keep("DOUBLE", `CASE WHEN ${fits} THEN ${v}::${type} WHEN ${v} IS NULL THEN NULL ELSE ${fail} END`);
    }
    const exact = decimal(type);
    // The reader makes 1e400 infinite; a value that is called so is for the careful way to tell apart.
    if (type === "DOUBLE" || type === "FLOAT") return keep(type, `CASE WHEN isinf(${v}) THEN ${fail} ELSE ${v} END`);
    if (exact && exact.precision + 3 <= 38) {
      const wider = `DECIMAL(${exact.precision + 3},${exact.scale + 3})`;
      return keep(
        wider,
        `CASE WHEN ${v} IS NULL THEN NULL WHEN ${v}::${type} = ${v} THEN ${v}::${type} ELSE ${fail} END`,
      );
    }
    if (format !== undefined) {
      if (type === "DATE" && dateFormat !== undefined) return keep("DATE", v);
      if (type === "TIMESTAMP" && timestampFormat !== undefined) return keep("TIMESTAMP", v);
      const parsed = `try_strptime(${v}, ${quoteLiteral(format)})`;
      return keep("VARCHAR", `CASE WHEN ${v} IS NOT NULL THEN coalesce(${parsed}, ${fail})::${type} END`);
    }
    if (type === "DATE" && timestampFormat === undefined) {
      return keep(
        "TIMESTAMP",
        `CASE WHEN ${v} IS NULL THEN NULL WHEN ${v}::DATE::TIMESTAMP = ${v} THEN ${v}::DATE ELSE ${fail} END`,
      );
    }
    if ((type === "DATE" || type === "TIMESTAMP") && (dateFormat ?? timestampFormat) !== undefined) {
      return keep("VARCHAR", `CASE WHEN ${v} IS NOT NULL THEN coalesce(try_cast(${v} AS ${type}), ${fail}) END`);
    }
    return keep(type, v);
  });
}

const required = (column: ContractColumn, v: string, value: string, fail: string) =>
  column.nullable ? value : `CASE WHEN ${v} IS NULL THEN ${fail} ELSE ${value} END`;

/** For values read as text: whether one fits its column without loss, and what it becomes. */
export function textConversion(column: ContractColumn, decimalSeparator: string): { fits: string; value: string } {
  const { name, type, format, nullable } = column;
  const raw = quoteIdentifier(name);
  const numeric = integers.has(type) || decimal(type) !== undefined || type === "DOUBLE" || type === "FLOAT";
  // A point is nothing in a number whose decimals stand behind a comma; thousands are not written apart.
  const comma = `CASE WHEN NOT contains(${raw}, '.') THEN replace(${raw}, ',', '.') END`;
  const v = numeric && decimalSeparator === "," ? comma : raw;
  const value = format ? `try_strptime(${v}, ${quoteLiteral(format)})::${type}` : `try_cast(${v} AS ${type})`;
  const lossless = integers.has(type)
    ? ` AND try_cast(${v} AS DOUBLE) = trunc(try_cast(${v} AS DOUBLE))`
    : decimal(type)
      ? ` AND try_cast(${v} AS DECIMAL(38,${Math.min(38, (decimal(type)?.scale ?? 0) + 6)})) = ${value}`
      : type === "DOUBLE" || type === "FLOAT"
        ? ` AND (isfinite(${value}) OR NOT regexp_matches(${v}, '[0-9]'))`
        : type === "DATE" && format === undefined
          ? ` AND try_cast(${v} AS TIMESTAMP) = ${value}::TIMESTAMP`
          : "";
  const fits = type === "VARCHAR" ? "true" : `(${raw} IS NULL OR coalesce(${value} IS NOT NULL${lossless}, false))`;
  return { fits: nullable ? fits : `(${raw} IS NOT NULL AND ${fits})`, value: type === "VARCHAR" ? raw : value };
}

/** The options of read_csv that a contract fixes, without `columns`. */
export function readerOptions(contract: Contract, compression: string, encoding: string): string {
  const { dialect } = contract;
  const { dateFormat, timestampFormat } = readerFormats(contract.columns);
  const options: [string, string][] = [
    ["auto_detect", "false"],
    ["header", String(contract.header)],
    ["delim", quoteLiteral(dialect.delimiter)],
    ["quote", quoteLiteral(dialect.quote)],
    ["escape", quoteLiteral(dialect.escape)],
    ["nullstr", `[${contract.nullValues.map(quoteLiteral).join(", ")}]`],
    ["compression", quoteLiteral(compression)],
    ["encoding", quoteLiteral(encoding)],
    ...(contract.decimalSeparator !== "."
      ? [["decimal_separator", quoteLiteral(contract.decimalSeparator)] as [string, string]]
      : []),
    ...(dateFormat ? [["dateformat", quoteLiteral(dateFormat)] as [string, string]] : []),
    ...(timestampFormat ? [["timestampformat", quoteLiteral(timestampFormat)] as [string, string]] : []),
  ];
  return options.map(([name, value]) => `${name} = ${value}`).join(", ");
}

/** `columns = {…}` of read_csv, in the file's order. */
export function readerColumns(columns: { name: string; readAs: string }[]): string {
  const entries = columns.map(({ name, readAs }) => `${quoteLiteral(name)}: ${quoteLiteral(readAs)}`);
  return `columns = {${entries.join(", ")}}`;
}
