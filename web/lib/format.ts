const numbers = new Intl.NumberFormat("en");
const shortly = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : numbers.format(value);
export const compact = (value: number): string =>
  Math.abs(value) < 10_000 ? numbers.format(value) : shortly.format(value);
export const score = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : value.toFixed(1);
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** A long fraction to seven digits; everything else as it is. */
export const short = (value: string): string =>
  /^-?\d+\.\d{5,}$/.test(value) ? String(Number(Number(value).toPrecision(7))) : value;

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let i = 0;
  let rest = value;
  for (; rest >= 1000 && i < units.length - 1; i++) rest /= 1000;
  return `${rest >= 100 || i === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[i]}`;
}

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export const percent = (share: number): string =>
  share === 0 ? "0 %" : share < 0.001 ? "< 0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** For the hover: the exact time where the reader is, and in UTC. */
export const exactTime = (iso: string): string => `${exact.format(new Date(iso))}\n${iso}`;

export function relativeTime(iso: string, now: number): string {
  const ms = now - Date.parse(iso);
  const away = Math.abs(ms);
  const at = new Date(iso);
  // Only between day and hour may a line break.
  const whole = (text: string) => text.replaceAll(" ", "\u00a0");
  const words = (n: number, unit: string) => whole(ms >= 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`);
  if (away < 45_000) return whole(ms >= -5000 ? "just now" : "in a moment");
  if (away < 3_600_000) return words(Math.round(away / 60_000), "min");
  if (away < 12 * 3_600_000) return words(Math.round(away / 3_600_000), "h");
  if (away < 6 * 86_400_000) return `${whole(day.format(at))} ${whole(clock.format(at))}`;
  return whole(date.format(at));
}

/** `14:03:07.120`, for logs. */
export function logTime(iso: string): string {
  const at = new Date(iso);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
