import { engineError } from "../errors.ts";

const grains = ["hour", "day", "month", "year"] as const;

/**
 * The window of `--sample`: `3 days` back from now, or `{start: 2024-01-01, end: 2024-02-01}` in UTC.
 * Errors: ENG-006 for any other text. Source: dbt-core event_time/sample_window.py, cli/option_types.py SampleType.
 */
export function sampleWindow(text: string, now: Date): { start: Date; end: Date } {
  const range = /^\s*\{\s*['"]?start['"]?\s*:\s*(.+?)\s*,\s*['"]?end['"]?\s*:\s*(.+?)\s*\}\s*$/.exec(text);
  if (range) return { start: utc(range[1] ?? "", text), end: utc(range[2] ?? "", text) };
  const [count = "", unit = "", ...rest] = text.split(" ");
  const grain = grains.find((g) => g === unit.toLowerCase().replace(/s+$/, ""));
  if (!/^-?\d+$/.test(count) || grain === undefined || rest.length > 0) throw unreadable(text);
  return { start: back(now, Number(count), grain), end: now };
}

function back(now: Date, count: number, grain: (typeof grains)[number]): Date {
  const start = new Date(now);
  if (grain === "hour") start.setUTCHours(start.getUTCHours() - count);
  else if (grain === "day") start.setUTCDate(start.getUTCDate() - count);
  else {
    // The last day of a shorter month, where the day does not exist.
    const day = start.getUTCDate();
    start.setUTCDate(1);
    start.setUTCMonth(start.getUTCMonth() - count * (grain === "year" ? 12 : 1));
    const length = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate();
    start.setUTCDate(Math.min(day, length));
  }
  return start;
}

function utc(value: string, text: string): Date {
  const bare = value.replace(/^['"]|['"]$/g, "").replace(" ", "T");
  const time = new Date(`${bare.length <= 10 ? `${bare}T00:00:00` : bare}Z`);
  if (Number.isNaN(time.getTime())) throw unreadable(text);
  return time;
}

const unreadable = (text: string) =>
  engineError("runtime", {
    message: `Cannot load SAMPLE_WINDOW from '${text}'. Must be of form 'DAYS_INT GRAIN_SIZE'.`,
    hint: "Write --sample '3 days', or --sample '{start: 2024-01-01, end: 2024-02-01}'.",
  });
