import { thousands } from "#errors/index.ts";

export { plural } from "#errors/index.ts";

/** A count with its thousands apart: `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return thousands(count);
}

/** Bytes in powers of 1024: `812 B`, `1.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/**
 * A share from 0 to 1 as per cent with one decimal. Never rounds something to nothing or to everything:
 * one null in a million reads `<0.1%`.
 */
export function formatPercent(share: number): string {
  if (share > 0 && share < 0.001) return "<0.1%";
  if (share < 1 && share > 0.999) return ">99.9%";
  return `${Number((share * 100).toFixed(1))}%`;
}

/** A measured number, short enough for a table: six significant digits, thousands apart. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && (Math.abs(value) >= 1e15 || Math.abs(value) < 1e-4)) return value.toExponential(3);
  const digits = Math.max(0, 5 - Math.floor(Math.log10(Math.max(1, Math.abs(value)))));
  return thousands(Number(value.toFixed(digits)));
}

/** A score from 0 to 100 with at most one decimal; `-` when there is none. */
export function formatScore(score: number | null | undefined): string {
  return score === null || score === undefined ? "-" : String(Math.round(score * 10) / 10);
}
