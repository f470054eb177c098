import type { Value } from "#jinja/index.ts";
import { decimalPlaces, type Places } from "./decimal-text.ts";
import { date, datetime, roundedDecimal } from "./py.ts";
import type { CivilDate, CivilTime } from "./time-text.ts";

/** How agate reads the text of a CSV field as number, date, datetime or boolean. `null` inside of a result stands for a null value. */

/** Python's whitespace at both ends. */
export const strip = (text: string): string => text.trim();

export const isNull = (text: string): boolean => text === "" || (text.length === 4 && text.toLowerCase() === "null");

const currencies = "؋$ƒ៛¥₡₱£€¢﷼₪₩₭₮₦฿₤₫";
const decimalSyntax = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan\d*)$/i;

/** The text of the Decimal that agate makes of a stripped field, undefined when it is no number: `$1,234.50` → `1234.50`. */
export function numberText(text: string): string | undefined {
  let d = trimChars(text, "%");
  const negative = d.startsWith("-");
  if (negative) d = d.slice(1);
  for (const symbol of currencies) if (d.includes(symbol)) d = trimChars(d, symbol);
  d = strip(d.replaceAll(",", "")).replaceAll("_", "");
  if (!decimalSyntax.test(d)) return undefined;
  if (!negative) return d.startsWith("+") ? d.slice(1) : d;
  return d.startsWith("-") ? d.slice(1) : `-${d.replace("+", "")}`;
}

function trimChars(text: string, char: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text[from] === char) from++;
  while (to > from && text[to - 1] === char) to--;
  return text.slice(from, to);
}

/** Digits of a plain integer such as `-1200`, undefined for everything else: most fields of most seeds. */
export function plainInteger(text: string): Places | undefined {
  let i = text.charCodeAt(0) === 45 ? 1 : 0;
  const size = text.length;
  if (i >= size || size - i > 28) return undefined;
  while (i < size - 1 && text.charCodeAt(i) === 48) i++;
  const whole = size - i;
  for (; i < size; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return undefined;
  }
  return { whole, decimal: 0 };
}

/** Digits before and after the point; null for NaN and Infinity, undefined for what is no number. */
export function numberDigits(text: string): Places | null | undefined {
  const plain = plainInteger(text);
  if (plain !== undefined) return plain;
  const number = numberText(text);
  return number === undefined ? undefined : (decimalPlaces(number) ?? null);
}

const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function calendarDate(year: number, month: number, day: number): CivilDate | undefined {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > (daysIn[month - 1] ?? 0)) return undefined;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return undefined;
  return { year, month, day };
}

const datePattern = /^(\d{4})-(1[0-2]|0[1-9]|[1-9])-(3[01]|[12]\d|0[1-9]|[1-9]| [1-9])$/;
const dateTimePattern =
  /^(\d{4})-(1[0-2]|0[1-9]|[1-9])-(3[01]|[12]\d|0[1-9]|[1-9]| [1-9])\s+(2[0-3]|[01]\d|\d):([0-5]\d|\d):(6[01]|[0-5]\d|\d)$/;

/** `strptime(text, "%Y-%m-%d")` */
export function readDate(text: string): CivilDate | undefined {
  const m = text.length < 8 || text.length > 10 ? null : datePattern.exec(text);
  return m === null ? undefined : calendarDate(Number(m[1]), Number(m[2]), Number(m[3]));
}

export interface Moment {
  date: CivilDate;
  time: CivilTime;
  /** Seconds ahead of UTC; null without a time zone. */
  offset: number | null;
}

/** `strptime(text, "%Y-%m-%d %H:%M:%S")` */
export function readDateTime(text: string): Moment | undefined {
  const m = text.length < 14 ? null : dateTimePattern.exec(text);
  if (m === null || Number(m[6]) > 59) return undefined;
  const on = calendarDate(Number(m[1]), Number(m[2]), Number(m[3]));
  const time = { hour: Number(m[4]), minute: Number(m[5]), second: Number(m[6]), micro: 0 };
  return on && { date: on, time, offset: null };
}

const isoTime =
  /^T?(\d{2})(?::(\d{2})(?::(\d{2}))?|(\d{2})(?:(\d{2}))?)?(?:[.,](\d+))?(Z|([+-])(\d{2})(?::?(\d{2}))?)?$/;

/** ISO 8601 with a `T`, in its extended and basic forms, as Python's isodate reads it. */
export function readIsoDateTime(text: string): Moment | undefined {
  const parts = text.split("T");
  if (parts.length !== 2) return undefined;
  const on = isoDate(parts[0] as string);
  const m = isoTime.exec(parts[1] as string);
  if (on === undefined || m === null) return undefined;
  const minute = m[2] ?? m[4];
  const second = m[3] ?? m[5];
  const time = withFraction(Number(m[1]), minute, second, m[6]);
  if (time === undefined) return undefined;
  const offset =
    m[7] === undefined
      ? null
      : m[7] === "Z"
        ? 0
        : (m[8] === "-" ? -1 : 1) * (Number(m[9]) * 3600 + Number(m[10] ?? 0) * 60);
  return { date: on, time, offset };
}

/** The fraction belongs to the last part that was written. */
function withFraction(
  hour: number,
  minute: string | undefined,
  second: string | undefined,
  fraction = "",
): CivilTime | undefined {
  const unit = second !== undefined ? 1_000_000n : minute !== undefined ? 60_000_000n : 3_600_000_000n;
  const extra = fraction === "" ? 0 : Number((BigInt(fraction) * unit) / 10n ** BigInt(fraction.length));
  const [minutes, seconds] = [Number(minute ?? 0), Number(second ?? 0)];
  if (hour > 23 || minutes > 59 || seconds > 59) return undefined;
  const rest = Math.floor(extra / 1_000_000);
  return {
    hour,
    minute: minutes + Math.floor(rest / 60),
    second: seconds + (rest % 60),
    micro: extra % 1_000_000,
  };
}

function isoDate(text: string): CivilDate | undefined {
  const complete = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (complete) return calendarDate(Number(complete[1]), Number(complete[2]) || 1, Number(complete[3]));
  const week = /^(\d{4})-?W(\d{2})(?:-?(\d))?$/.exec(text);
  if (week) return weekDate(Number(week[1]), Number(week[2]), Number(week[3] ?? 1) || 1);
  const ordinal = /^(\d{4})-?(\d{3})$/.exec(text);
  if (ordinal) return dayOfYear(Number(ordinal[1]), Number(ordinal[2]) - 1);
  const month = /^(\d{4})-?(\d{2})$/.exec(text);
  if (month) return calendarDate(Number(month[1]), Number(month[2]) || 1, 1);
  const year = /^\d{4}$/.test(text) ? Number(text) : /^\d{2}$/.test(text) ? Number(text) * 100 + 1 : undefined;
  return year === undefined ? undefined : calendarDate(year, 1, 1);
}

function dayOfYear(year: number, days: number): CivilDate | undefined {
  if (year < 1) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(year, 0, 1 + days);
  return calendarDate(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate());
}

/** isodate's arithmetic: from the week that holds January 1st. */
function weekDate(year: number, week: number, day: number): CivilDate | undefined {
  const first = new Date(0);
  first.setUTCFullYear(year, 0, 1);
  const weekday = first.getUTCDay() || 7;
  const inFirstWeek = weekday <= 4;
  return dayOfYear(year, (week - (inFirstWeek ? 1 : 0)) * 7 - weekday + day);
}

/** true, false, or undefined for what is neither. */
export function readBoolean(text: string): boolean | null | undefined {
  const word = strip(text.replaceAll(",", "")).toLowerCase();
  if (isNull(word)) return null;
  return word === "true" ? true : word === "false" ? false : undefined;
}

const moment = (value: Moment | undefined): Value =>
  value === undefined ? null : datetime(value.date, value.time, value.offset);

/** A field as agate stores it in a column of the given type. */
export function castField(field: string, type: "Number" | "Date" | "DateTime" | "ISO" | "Boolean" | "Text"): Value {
  const text = strip(field);
  if (type === "Boolean") return readBoolean(field) ?? null;
  if (isNull(text)) return null;
  switch (type) {
    case "Number":
      return roundedDecimal(numberText(text) ?? "0");
    case "Date": {
      const on = readDate(text);
      return on === undefined ? null : date(on);
    }
    case "DateTime":
      return moment(readDateTime(text));
    case "ISO":
      return moment(readIsoDateTime(text));
    default:
      return field;
  }
}
