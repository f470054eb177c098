import type { SqlValue } from "#duck/index.ts";
import { PyFloat, type Value } from "#jinja/index.ts";
import { jsonFloatText, jsonString } from "./json-text.ts";
import { date, datetime, decimal, instant } from "./py.ts";
import { parseSqlType, type SqlType } from "./sql-type.ts";
import { civilDate, clock, dateText, intervalText, offsetText, splitMicros, timeText } from "./time-text.ts";

/** A value of one result column, after Python's client and before agate: what it is decides the column's type. */
export type Cell =
  | { kind: "int" | "number" | "bool" | "date" | "datetime"; value: Value }
  /** Strings and nested values: they make the whole column text. */
  | { kind: "text"; value: string }
  /** Everything that agate knows only by its `str()`. */
  | { kind: "other"; value: string };

const integers = new Set(
  "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split(" "),
);
const lastDay = 2_932_896; // 9999-12-31
const firstDay = -719_162; // 0001-01-01

/** A reader for the values of a column, or null for values that are NULL. */
export function cellReader(type: string, timeZone: string): (value: SqlValue) => Cell | null {
  const parsed = parseSqlType(type);
  return (value) => (value === null ? null : read(value, parsed, timeZone));
}

function read(value: SqlValue, type: SqlType, zone: string): Cell {
  if (type.kind === "union") return readUnion(value, type.members, zone);
  if (type.kind !== "scalar") return { kind: "text", value: jsonText(value, type, zone) };
  if (typeof value === "string") return { kind: "text", value };
  if (typeof value === "boolean") return { kind: "bool", value };
  const name = type.name;
  if (integers.has(name)) return { kind: "int", value: integer(value as number | bigint) };
  switch (name) {
    case "FLOAT":
    case "DOUBLE":
      return { kind: "number", value: decimal(floatText(value as number)) };
    case "DECIMAL":
      return { kind: "number", value: decimal(String(value)) };
    case "DATE":
      return readDate((value as unknown as { days: number }).days);
    case "TIME":
      return { kind: "other", value: timeText(clock(Number(microsOf(value)))) };
    case "TIME_NS":
      return {
        kind: "other",
        value: timeText(clock(Math.floor(Number((value as unknown as { nanos: bigint }).nanos) / 1000))),
      };
    case "TIME WITH TIME ZONE": {
      const { micros, offset } = value as unknown as { micros: bigint; offset: number };
      return { kind: "other", value: timeText(clock(Number(micros))) + offsetText(offset) };
    }
    case "INTERVAL": {
      const { months, days, micros } = value as unknown as { months: number; days: number; micros: bigint };
      return { kind: "other", value: intervalText(months, days, micros) };
    }
    case "BLOB":
      return { kind: "other", value: bytesRepr((value as unknown as { bytes: Uint8Array }).bytes) };
    case "TIMESTAMP":
    case "TIMESTAMP_S":
    case "TIMESTAMP_MS":
    case "TIMESTAMP_NS":
    case "TIMESTAMP WITH TIME ZONE":
      return readTimestamp(microsOf(value), name === "TIMESTAMP WITH TIME ZONE" ? zone : null, value);
    default:
      // BIGNUM and BIT come as text from Python's client too; UUID has its str()
      return { kind: name === "UUID" ? "other" : "text", value: String(value) };
  }
}

function readUnion(value: SqlValue, members: Map<string, SqlType>, zone: string): Cell {
  const { tag, value: inner } = value as unknown as { tag: string; value: SqlValue };
  return read(inner, members.get(tag) ?? { kind: "scalar", name: "VARCHAR" }, zone);
}

const integer = (value: number | bigint): number | bigint =>
  typeof value === "bigint" && value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;

/** `repr(float)` in the form that Decimal accepts. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return new PyFloat(value).repr();
}

function microsOf(value: SqlValue): bigint {
  const v = value as unknown as { micros?: bigint; seconds?: bigint; millis?: bigint; nanos?: bigint };
  if (v.micros !== undefined) return v.micros;
  if (v.seconds !== undefined) return v.seconds * 1_000_000n;
  if (v.millis !== undefined) return v.millis * 1000n;
  const nanos = v.nanos ?? 0n;
  return nanos >= 0n ? nanos / 1000n : -((-nanos + 999n) / 1000n);
}

const isInfinite = (value: unknown): boolean => (value as { isFinite?: boolean }).isFinite === false;

function readDate(days: number): Cell {
  // Python has no infinite dates: its client gives the first or last one that exists
  if (days === 2_147_483_647) return { kind: "date", value: date(civilDate(lastDay)) };
  if (days === -2_147_483_647) return { kind: "date", value: date(civilDate(firstDay)) };
  const on = civilDate(days);
  return days > lastDay || days < firstDay ? { kind: "text", value: dateText(on) } : { kind: "date", value: date(on) };
}

function readTimestamp(micros: bigint, zone: string | null, raw: SqlValue): Cell {
  if (isInfinite(raw)) {
    const late = micros > 0n;
    const at = late
      ? { hour: 23, minute: 59, second: 59, micro: 999_999 }
      : { hour: 0, minute: 0, second: 0, micro: 0 };
    return { kind: "datetime", value: datetime(civilDate(late ? lastDay : firstDay), at, zone === null ? null : 0) };
  }
  const { days, time } = splitMicros(micros);
  const on = civilDate(days);
  // a day of room at both ends, for the zone's offset
  if (days >= lastDay || days <= firstDay) return { kind: "text", value: `${dateText(on)} ${timeText(time)}` };
  return { kind: "datetime", value: zone === null ? datetime(on, time, null) : instant(micros, zone) };
}

/** Python's `repr(bytes)`. */
function bytesRepr(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 9) text += "\\t";
    else if (byte === 10) text += "\\n";
    else if (byte === 13) text += "\\r";
    else if (byte === 92) text += "\\\\";
    else text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  const double = text.includes("'") && !text.includes('"');
  return double ? `b"${text}"` : `b'${text.replaceAll("'", "\\'")}'`;
}

/** JSON as Python's `json.dumps` writes a list, tuple or dict: ASCII only, with spaces, NaN and Infinity. */
function jsonText(value: SqlValue, type: SqlType, zone: string): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "list": {
      const { items } = value as unknown as { items: SqlValue[] };
      return `[${items.map((item) => jsonText(item, type.item, zone)).join(", ")}]`;
    }
    case "struct": {
      const { entries } = value as unknown as { entries: Record<string, SqlValue> };
      const fields = type.fields.map(
        ({ name, type: t }) => `${jsonString(name)}: ${jsonText(entries[name] ?? null, t, zone)}`,
      );
      return `{${fields.join(", ")}}`;
    }
    case "map": {
      const { entries } = value as unknown as { entries: { key: SqlValue; value: SqlValue }[] };
      const pairs = entries.map(
        ({ key, value: v }) => `${jsonKey(key, type.key, zone)}: ${jsonText(v, type.value, zone)}`,
      );
      return `{${pairs.join(", ")}}`;
    }
    case "union": {
      const { tag, value: inner } = value as unknown as { tag: string; value: SqlValue };
      return jsonText(inner, type.members.get(tag) ?? { kind: "scalar", name: "VARCHAR" }, zone);
    }
    default:
      return scalarJson(value, type, zone);
  }
}

function scalarJson(value: SqlValue, type: SqlType & { kind: "scalar" }, zone: string): string {
  if (typeof value === "number" && (type.name === "DOUBLE" || type.name === "FLOAT")) return jsonFloatText(value);
  if (type.name === "DECIMAL") return jsonFloatText(Number(String(value)));
  const cell = read(value, type, zone);
  if (cell.kind === "int" || cell.kind === "bool") return String(cell.value);
  if (cell.kind === "datetime") return jsonString(valueText(cell.value).replace(" ", "T"));
  return jsonString(valueText(cell.value));
}

function jsonKey(key: SqlValue, type: SqlType, zone: string): string {
  const text = jsonText(key, type, zone);
  return text.startsWith('"') ? text : jsonString(text);
}

const valueText = (value: Value): string => (typeof value === "string" ? value : (value as { str(): string }).str());
