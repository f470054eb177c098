/** Days since 1970-01-01 of a date. */
export const dayNumber = (year: number, month: number, day: number): number =>
  Date.UTC(year, month - 1, day) / 86_400_000;

export interface DateParts {
  year: number;
  month: number;
  day: number;
}

export function datePartsOf(days: number): DateParts {
  const date = new Date(days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

export function isoDate(days: number): string {
  const { year, month, day } = datePartsOf(days);
  return `${year}-${two(month)}-${two(day)}`;
}

/** Cents as the shortest decimal: 287100 → 2871, 276590 → 2765.9. */
export function money(cents: number): string {
  const whole = Math.floor(cents / 100);
  const rest = cents - whole * 100;
  if (rest === 0) return `${whole}`;
  return rest % 10 === 0 ? `${whole}.${rest / 10}` : `${whole}.${two(rest)}`;
}

/** A CSV field, quoted only when it has to be. */
export const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
