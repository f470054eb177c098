import { pyError } from "./errors.ts";
import { PyObject, type Value } from "./value.ts";

const rawJson = (JSON as unknown as { rawJSON?: (text: string) => unknown }).rawJSON;

/** Python's `float`. Integers are bare numbers, so that `1` and `1.0` stay apart. */
export class PyFloat extends PyObject {
  readonly pyType = "float";
  readonly value: number;
  constructor(value: number) {
    super();
    this.value = value;
  }
  override repr(): string {
    return reprFloat(this.value);
  }
  override truthy(): boolean {
    return this.value !== 0;
  }
  override hash(): unknown {
    return hashFloat(this.value);
  }
  override toPlain(): unknown {
    return this.value;
  }
  override toFloat(): number {
    return this.value;
  }
  override toInt(): number | bigint {
    return floatToInt(this.value);
  }
  /** Keeps `1.0` a float in JSON. */
  toJSON(): unknown {
    if (!Number.isFinite(this.value)) return null;
    return rawJson ? rawJson(this.repr()) : this.value;
  }
}

/** Equal numbers hash alike: an integral float as the integer. */
export function hashFloat(value: number): unknown {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value + 0;
}

/** `repr(float)`: the shortest digits that read back the same, in Python's notation. */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** An integer as contract: a number while it is safe, else a bigint. */
export function int(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

export function floatToInt(value: number): number | bigint {
  if (Number.isNaN(value)) throw pyError("ValueError", "cannot convert float NaN to integer");
  if (!Number.isFinite(value)) throw pyError("OverflowError", "cannot convert float infinity to integer");
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}

/** The number behind an int, bool or float; undefined for everything else (Decimal included). */
export function numeric(value: Value): number | bigint | undefined {
  switch (typeof value) {
    case "number":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      return value instanceof PyFloat ? value.value : undefined;
  }
}

export const isFloat = (value: Value): boolean =>
  value instanceof PyFloat || (typeof value === "number" && !Number.isSafeInteger(value));

export const isInt = (value: Value): value is number | bigint | boolean =>
  typeof value === "bigint" || typeof value === "boolean" || (typeof value === "number" && Number.isSafeInteger(value));

/** Int or bool as JavaScript number, for indexes and counts; undefined when it is neither. Huge values saturate. */
export function indexNumber(value: Value): number | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "bigint") return value < 0n ? -Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
  return undefined;
}

/** A finite double as exact fraction `numerator / 2^shift`. */
export function exactFraction(value: number): { numerator: bigint; denominator: bigint } {
  if (Number.isInteger(value)) return { numerator: BigInt(value), denominator: 1n };
  let shift = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    const step = Math.abs(scaled) < 1e-200 ? 512 : 1;
    scaled *= 2 ** step;
    shift += step;
  }
  return { numerator: BigInt(scaled), denominator: 1n << BigInt(shift) };
}

/** `numerator / denominator` rounded to an integer, ties to even. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  let quotient = n / d;
  const twice = (n % d) * 2n;
  if (twice > d || (twice === d && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

/** A finite double with exactly `digits` decimals, ties to even, as C's `%.*f`. The sign of zero is kept. */
export function fixed(value: number, digits: number): string {
  const { numerator, denominator } = exactFraction(Math.abs(value));
  const whole = divideHalfEven(numerator * 10n ** BigInt(digits), denominator)
    .toString()
    .padStart(digits + 1, "0");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return digits === 0 ? sign + whole : `${sign}${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
}

/** `digits` significant digits after the first and the exponent, ties to even: the parts of C's `%.*e`. */
export function scientific(value: number, digits: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: "0".repeat(digits + 1), exponent: 0 };
  const { numerator, denominator } = exactFraction(Math.abs(value));
  let exponent = Math.floor(Math.log10(Math.abs(value)));
  for (;;) {
    const shift = digits - exponent;
    const rounded = (
      shift >= 0
        ? divideHalfEven(numerator * 10n ** BigInt(shift), denominator)
        : divideHalfEven(numerator, denominator * 10n ** BigInt(-shift))
    ).toString();
    if (rounded.length === digits + 1) return { digits: rounded, exponent };
    exponent += rounded.length > digits + 1 ? 1 : -1;
    if (rounded.length > digits + 1 && /^10*$/.test(rounded)) return { digits: rounded.slice(0, digits + 1), exponent };
  }
}

/** `round(x, n)` of a float. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  if (digits > 323) return value;
  if (digits < -308) return value < 0 ? -0 : 0;
  if (digits >= 0) return Number(fixed(value, Math.min(digits, 323)));
  const { numerator, denominator } = exactFraction(value);
  const unit = 10n ** BigInt(-digits);
  const rounded = divideHalfEven(numerator, denominator * unit) * unit;
  return rounded === 0n && value < 0 ? -0 : Number(rounded);
}

const floatText = /^[+-]?(?:(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:e[+-]?\d+(?:_\d+)*)?|inf(?:inity)?|nan)$/i;

/** `float(str)`; undefined when it is none. */
export function parseFloatText(text: string): number | undefined {
  const t = text.trim();
  if (!floatText.test(t) || !/\d|inf|nan/i.test(t) || /^[+-]?e/i.test(t) || /^[+-]?\.?(e|$)/i.test(t)) return undefined;
  const named = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(t);
  if (named) {
    if (/nan/i.test(named[2] ?? "")) return Number.NaN;
    return named[1] === "-" ? -Infinity : Infinity;
  }
  return Number(t.replaceAll("_", ""));
}

/** `int(str, base)`; undefined when it is none. */
export function parseIntText(text: string, base = 10): number | bigint | undefined {
  const match = /^([+-]?)(0[xob])?_?([0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(asciiDigits(text.trim()));
  if (!match) return undefined;
  const [, sign = "", rawPrefix = "", rawDigits = ""] = match;
  const prefix = rawPrefix.toLowerCase();
  const prefixBase = prefix === "0x" ? 16 : prefix === "0o" ? 8 : prefix === "0b" ? 2 : 0;
  let digits = rawDigits.replaceAll("_", "").toLowerCase();
  let radix = base;
  if (prefixBase && (base === 0 || base === prefixBase)) radix = prefixBase;
  else if (prefixBase) {
    if (/_/.test(text.slice(0, 3))) return undefined;
    digits = prefix + digits;
  } else if (base === 0) {
    radix = 10;
    if (/^0+[1-9]/.test(digits)) return undefined;
  }
  let result = 0n;
  const big = BigInt(radix);
  if (radix === 10) {
    if (!/^\d+$/.test(digits)) return undefined;
    result = BigInt(digits);
  } else {
    for (const ch of digits) {
      const digit = Number.parseInt(ch, 36);
      if (digit >= radix) return undefined;
      result = result * big + BigInt(digit);
    }
  }
  return int(sign === "-" ? -result : result);
}

/** Decimal digits of other scripts as ASCII, which Python's `int` and `float` accept. */
function asciiDigits(text: string): string {
  if (!/[^ -~\s]/.test(text)) return text;
  return text.replace(/\p{Nd}/gu, (ch) => {
    let zero = ch.codePointAt(0) ?? 0;
    const code = zero;
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((code - zero) % 10);
  });
}
