import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { Contract, ContractColumn } from "./types.ts";

/**
 * DuckDB's CSV reader makes 1.5 a 2 and 0012 a 12 when the column is a BIGINT, and drops the time of day when it is a DATE.
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

const hugeIntegers = ["HUGEINT", "UHUGEINT"];
const fewBytes = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"];
const integers = new Set([...fewBytes, ...hugeIntegers]);
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

/**
 * `exact`: numbers and times come as text, and one that is not written plainly fails the statement. `rejecting`: the reader
 * itself refuses what is no number and stores it as a reject; it may hide how a number was written, see {@link hiddenText}.
 */
export type Reading = "exact" | "rejecting";

/** How each column is read and converted at full speed. */
export function planColumns(
  contract: Pick<Contract, "columns" | "decimalSeparator" | "origin">,
  reading: Reading,
): ColumnPlan[] {
  const { dateFormat, timestampFormat } = readerFormats(contract.columns);
  return contract.columns.map((column) => {
    const { name, type, format } = column;
    const v = quoteIdentifier(name);
    const fail = `error(${quoteLiteral(misfit + name)})`;
    const keep = (readAs: string, value: string) => ({ column, readAs, value: required(column, v, value, fail) });
    const when = (fits: string, value = `${v}::${type}`) =>
      `CASE WHEN ${v} IS NULL THEN NULL WHEN ${fits} THEN ${value} ELSE ${fail} END`;
    const parsed = `try_cast(${v} AS ${type})`;
    // Written back it must be what came: no zero in front, no sign, no exponent, no fraction.
    const plain = `${parsed}::VARCHAR = ${v}`;
    const whole = `${v} = trunc(${v}) AND abs(${v}) < ${wholeInDouble}`;
    const exact = decimal(type);
    if (reading === "exact") {
      if (integers.has(type) && contract.origin === "proposed") return keep("VARCHAR", when(plain, parsed));
      if (integers.has(type) && !hugeIntegers.includes(type))
        return keep("DOUBLE", when(`${whole} AND NOT ${roundMillions(v)}`));
      if (exact && contract.decimalSeparator === ".") return keep("VARCHAR", when(fewDecimals(v, exact.scale)));
      if (type === "TIMESTAMP" && format === undefined) return keep("VARCHAR", when(plainTime(v)));
    }
    // No type of the reader holds them with a fraction: what is not written plainly takes the careful way.
    if (hugeIntegers.includes(type)) return keep("VARCHAR", when(plain, parsed));
    if (integers.has(type)) return keep("DOUBLE", when(whole));
    // The reader makes 1e400 infinite and rounds long whole numbers; the careful way tells what they were.
    if (type === "DOUBLE")
      return keep(type, `CASE WHEN abs(${v}) >= ${wholeInDouble} AND NOT isnan(${v}) THEN ${fail} ELSE ${v} END`);
    if (type === "FLOAT") return keep(type, `CASE WHEN isinf(${v}) THEN ${fail} ELSE ${v} END`);
    if (exact && exact.precision + 3 <= 38)
      return keep(`DECIMAL(${exact.precision + 3},${exact.scale + 3})`, when(`${v}::${type} = ${v}`));
    if (format !== undefined) {
      if (type === "DATE" && dateFormat !== undefined) return keep("DATE", v);
      if (type === "TIMESTAMP" && timestampFormat !== undefined) return keep("TIMESTAMP", v);
      const date = `try_strptime(${v}, ${quoteLiteral(format)})`;
      return keep("VARCHAR", `CASE WHEN ${v} IS NOT NULL THEN coalesce(${date}, ${fail})::${type} END`);
    }
    if (type === "DATE" && timestampFormat === undefined)
      return keep("TIMESTAMP", when(`${v}::DATE::TIMESTAMP = ${v}`));
    if ((type === "DATE" || type === "TIMESTAMP") && (dateFormat ?? timestampFormat) !== undefined) {
      return keep("VARCHAR", `CASE WHEN ${v} IS NOT NULL THEN coalesce(try_cast(${v} AS ${type}), ${fail}) END`);
    }
    return keep(type, v);
  });
}

/** Below, a DOUBLE holds every whole number, and no other one becomes it. */
const wholeInDouble = "9007199254740992";

const fewDecimals = (v: string, scale: number) =>
  `(strpos(${v}, '.') = 0 OR strlen(${v}) - strpos(${v}, '.') <= ${scale}) AND NOT contains(lower(${v}), 'e')`;

/** At most microseconds, and no offset behind the time: DuckDB would cut the ones and drop the other. */
const plainTime = (v: string) =>
  `CASE strlen(${v}) WHEN 19 THEN substr(${v}, 17, 1) = ':' WHEN 10 THEN true
    ELSE strlen(${v}) <= CASE WHEN ends_with(${v}, 'Z') THEN 27 ELSE 26 END AND NOT contains(substr(${v}, 12), '+') AND NOT contains(substr(${v}, 12), '-') END`;

/** A whole number that may have come as Excel shows long ones, six digits and zeros; rare enough to look at its text. */
const roundMillions = (v: string) => `(abs(${v}) >= 1e11 AND ${v} % 1000000 = 0)`;

/** SQL condition over columns read as text: some value that `rejecting` would take is not kept as it was written. */
export function hiddenText(contract: Contract, names: string[]): string | undefined {
  const asked = new Set(names);
  const plans = planColumns(contract, "rejecting").filter(
    ({ column, readAs }) => readAs !== "VARCHAR" && column.format === undefined && asked.has(column.name),
  );
  if (plans.length === 0) return undefined;
  const hidden = plans.map(({ column, readAs }) => {
    const { fits } = textConversion({ ...column, nullable: true }, contract);
    const v = quoteIdentifier(column.name);
    const number = contract.decimalSeparator === "," ? `replace(${v}, ',', '.')` : v;
    return `NOT ${fits} AND try_cast(${number} AS ${readAs}) IS NOT NULL`;
  });
  return hidden.map((condition) => `(${condition})`).join(" OR ");
}

const required = (column: ContractColumn, v: string, value: string, fail: string) =>
  column.nullable ? value : `CASE WHEN ${v} IS NULL THEN ${fail} ELSE ${value} END`;

/** A long number as Excel shows it, its last digits gone: 4.00638E+12. */
const shownByExcel = "^ *-?[0-9](\\.[0-9]{1,5})?E\\+(1[1-9]|[2-9][0-9]) *$";
const zerosInFront = "^ *[+-]?0[0-9]";

/** SQL: a text of digits that is rather a code than a number, or was one before Excel showed it. */
export const isCode = (v: string): string =>
  `(regexp_matches(${v}, ${quoteLiteral(zerosInFront)}) OR regexp_matches(${v}, ${quoteLiteral(shownByExcel)}))`;

/**
 * For values read as text: whether one fits its column without loss, and what it becomes. A column that nobody declared
 * takes no number with zeros in front: it is a name.
 */
export function textConversion(
  column: ContractColumn,
  { decimalSeparator, origin }: Pick<Contract, "decimalSeparator" | "origin">,
): { fits: string; value: string } {
  const { name, type, format, nullable } = column;
  const raw = quoteIdentifier(name);
  const scale = decimal(type)?.scale;
  const numeric = integers.has(type) || scale !== undefined || type === "DOUBLE" || type === "FLOAT";
  // A point is nothing in a number whose decimals stand behind a comma; thousands are not written apart.
  const comma = `CASE WHEN NOT contains(${raw}, '.') THEN replace(${raw}, ',', '.') END`;
  const v = numeric && decimalSeparator === "," ? comma : raw;
  const value = format ? `try_strptime(${v}, ${quoteLiteral(format)})::${type}` : `try_cast(${v} AS ${type})`;
  const unless = (pattern: string) => ` AND NOT regexp_matches(${v}, ${quoteLiteral(pattern)})`;
  const named = numeric && type !== "DOUBLE" && type !== "FLOAT" && origin === "proposed" ? unless(zerosInFront) : "";
  const lossless = integers.has(type)
    ? ` AND try_cast(${v} AS DOUBLE) = trunc(try_cast(${v} AS DOUBLE))${unless(shownByExcel)}`
    : scale !== undefined
      ? ` AND try_cast(${v} AS DECIMAL(38,${Math.min(38, scale + 6)})) = ${value}${unless(`\\.[0-9]{${scale}}[0-9]*[1-9]`)}`
      : type === "DOUBLE" || type === "FLOAT"
        ? ` AND (isfinite(${value}) OR NOT regexp_matches(${v}, '[0-9]'))${type === "DOUBLE" ? ` AND ${keepsDigits(v)}` : ""}`
        : type === "DATE" && format === undefined
          ? ` AND try_cast(${v} AS TIMESTAMP) = ${value}::TIMESTAMP`
          : type === "TIMESTAMP" && format === undefined
            ? unless("\\.[0-9]{6}[0-9]*[1-9]|:[0-9.]+ ?[+-](0?[1-9]|[1-9][0-9]|00:?(0[1-9]|[1-9][0-9]))")
            : "";
  const fits =
    type === "VARCHAR" ? "true" : `(${raw} IS NULL OR coalesce(${value} IS NOT NULL${lossless}${named}, false))`;
  return { fits: nullable ? fits : `(${raw} IS NOT NULL AND ${fits})`, value: type === "VARCHAR" ? raw : value };
}

/** A whole number is one as a DOUBLE too. (Fractions have 17 digits there, which is what the type is.) */
const keepsDigits = (v: string) =>
  `(abs(try_cast(${v} AS DOUBLE)) < ${wholeInDouble} OR NOT regexp_matches(${v}, '^ *[+-]?[0-9]{16}')
    OR coalesce(try_cast(try_cast(${v} AS DOUBLE) AS HUGEINT) = try_cast(${v} AS HUGEINT), false))`;

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
