import type { AlertsConfig, QuietHours } from "#registry/index.ts";

const formats = new Map<string, Intl.DateTimeFormat>();
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Day, weekday and minute of an instant as clocks in a time zone show them. */
export function localTime(at: Date, timezone: string): { day: string; weekday: number; minute: number } {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
    });
    formats.set(timezone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
    weekday: weekdays.indexOf(parts["weekday"] ?? ""),
    minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
  };
}

/** Whether a message about an event must wait. Both times are those of the clock: on days of clock changes the night is longer or shorter. */
export function isQuiet(quiet: QuietHours | undefined, event: string, now: Date): boolean {
  if (!quiet || (quiet.pass as string[]).includes(event)) return false;
  const { weekday, minute } = localTime(now, quiet.timezone);
  if (quiet.days.includes(weekday)) return true;
  const { from, to } = quiet;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

/**
 * The day whose digest is due, and undefined when none is. `last`: day of the last one. A time that a clock change skips comes
 * right after the gap; one that comes twice counts once. Days that were missed are not made up for.
 */
export function digestDue(digest: AlertsConfig["digest"], last: string | undefined, now: Date): string | undefined {
  if (!digest) return undefined;
  const { day, minute } = localTime(now, digest.timezone);
  return minute >= digest.at && (last === undefined || last < day) ? day : undefined;
}

/** What to remember when digests begin: one whose time is over today has been, in a way. */
export function firstDigestDay(digest: NonNullable<AlertsConfig["digest"]>, now: Date): string {
  const { day, minute } = localTime(now, digest.timezone);
  return minute >= digest.at ? day : "";
}
