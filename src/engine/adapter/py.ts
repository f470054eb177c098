import {
  FixedZone,
  PyDate,
  PyDateTime,
  PyDecimal,
  pythonType,
  timezone,
  utcZone,
  type PyTzinfo,
  type Value,
} from "#jinja/index.ts";
import type { CivilDate, CivilTime } from "./time-text.ts";

/** How Python values that need more than a literal are made. */

/** The Decimal of a text that is known to be a number. */
export const decimal = (text: string): Value => PyDecimal.parse(text) ?? new PyDecimal(false, 0n, 0, "NaN");

/** The same, rounded to Python's context of 28 digits, as after a calculation. */
export function roundedDecimal(text: string): Value {
  const exact = decimal(text);
  return exact instanceof PyDecimal ? (exact.binary("*", PyDecimal.ofInt(1), false) ?? exact) : exact;
}

export const date = ({ year, month, day }: CivilDate): Value => new PyDate(year, month, day);

/** A datetime; `offset` in seconds ahead of UTC, null for one without time zone. */
export function datetime(on: CivilDate, at: CivilTime, offset: number | null): Value {
  const zone = offset === null ? undefined : offset === 0 ? utcZone : new FixedZone(BigInt(offset) * 1_000_000n);
  return new PyDateTime(on.year, on.month, on.day, at, zone);
}

const yearOne = 62_135_596_800_000_000n;

/** An instant (microseconds since 1970) on the clocks of a time zone. */
export const instant = (micros: bigint, zone: string): Value => PyDateTime.ofUtc(micros + yearOne, zoneNamed(zone));

function zoneNamed(name: string): PyTzinfo {
  try {
    return timezone(name);
  } catch (error) {
    if (pythonType(error) === "KeyError") return utcZone; // a name that only DuckDB knows
    throw error;
  }
}

/** An int as Decimal, for a column that also holds decimals. */
export const asNumber = (value: Value): Value =>
  typeof value === "number" || typeof value === "bigint" ? PyDecimal.ofInt(value) : value;

/** A date as datetime, for a column that also holds datetimes. */
export const atMidnight = (value: Value): Value =>
  value instanceof PyDate && !(value instanceof PyDateTime)
    ? new PyDateTime(value.year, value.month, value.day, { hour: 0, minute: 0, second: 0, micro: 0 })
    : value;
