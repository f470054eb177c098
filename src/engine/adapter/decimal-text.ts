/** Work on the text of Python Decimals, without their arithmetic. */

export interface DecimalParts {
  negative: boolean;
  /** Significant digits without leading zeros; "" for zero. */
  digits: string;
  /** Power of ten of the last digit. */
  exponent: number;
}

/** The parts of `str(Decimal)`; undefined for NaN and Infinity. */
export function decimalParts(text: string): DecimalParts | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? "";
  const digits = ((match[2] ?? "") + fraction).replace(/^0+/, "");
  return { negative: match[1] === "-", digits, exponent: Number(match[4] ?? 0) - fraction.length };
}

export interface Places {
  whole: number;
  decimal: number;
}

const contextPrecision = 28;

/** Digits before and after the point once trailing zeros are gone, as agate counts them; undefined for NaN and Infinity. */
export function decimalPlaces(text: string): Places | undefined {
  const parts = decimalParts(text);
  if (parts === undefined) return undefined;
  let { digits, exponent } = parts;
  if (digits.length > contextPrecision) {
    exponent += digits.length - contextPrecision;
    digits = digits.slice(0, contextPrecision);
  }
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return { whole: 1, decimal: 0 };
  const decimal = -(exponent + digits.length - trimmed.length);
  return { whole: trimmed.length - decimal, decimal };
}

/** agate's `max_precision`: most decimal places of any value, less when whole and decimal places exceed 28 together. */
export function maxPrecision(places: Iterable<Places | undefined>): number {
  let whole = 1;
  let decimal = 0;
  for (const value of places) {
    if (value === undefined) continue;
    whole = Math.max(whole, value.whole);
    decimal = Math.max(decimal, value.decimal);
  }
  return whole + decimal > contextPrecision ? contextPrecision - whole : decimal;
}

/** `1,234.50`: grouped, rounded half to even to so many places, with a suffix behind the digits. */
export function formatDecimal(text: string, places: number, suffix = ""): string {
  const parts = decimalParts(text);
  if (parts === undefined) return text;
  const rounded = roundHalfEven(parts, Math.max(0, places));
  const padded = rounded.padStart(places + 1, "0");
  const whole = places > 0 ? padded.slice(0, -places) : padded;
  const fraction = places > 0 ? `.${padded.slice(-places)}` : "";
  return `${parts.negative ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${fraction}${suffix}`;
}

/** The digits of the value times 10^places, rounded half to even. */
function roundHalfEven({ digits, exponent }: DecimalParts, places: number): string {
  const shift = exponent + places;
  if (shift >= 0) return `${digits || "0"}${"0".repeat(digits === "" ? 0 : shift)}`;
  const cut = digits.length + shift;
  const kept = BigInt(cut > 0 ? digits.slice(0, cut) : "0");
  const dropped = (cut >= 0 ? digits.slice(cut) : "0".repeat(-cut) + digits) || "0";
  const half = `5${"0".repeat(dropped.length - 1)}`;
  const up = dropped > half || (dropped === half && kept % 2n === 1n);
  return (up ? kept + 1n : kept).toString();
}
