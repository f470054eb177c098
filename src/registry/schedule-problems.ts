import { Cron as Croner } from "croner";
import type { ScheduleConfig } from "./schemas/lab.ts";
import type { Problem } from "./validate.ts";

/** A cron expression that was read: what is asked of it, without the library's types, which users do not have. */
export interface Cron {
  /** The first time after a moment; null when there is none. */
  nextRun(after?: Date): Date | null;
}

/**
 * A cron expression of five fields, read in a time zone (IANA name; the machine's own when missing). Times that a clock
 * change skips or repeats are those of Vixie cron. Throws when the expression is none.
 */
export const cronOf = (expression: string, timezone?: string): Cron =>
  new Croner(expression.trim(), { paused: true, mode: "5-part", ...(timezone !== undefined && { timezone }) });

/** What the schema of a lab's `schedule:` cannot say: times that never come, zones that do not exist. */
export function scheduleProblems(schedule: ScheduleConfig | null | undefined): Problem[] {
  if (!schedule) return [];
  const { cron, every, timezone } = schedule;
  const problems: Problem[] = [];
  const report = (path: Problem["path"], message: string, hint: string) =>
    problems.push({ kind: "value", path: ["schedule", ...path], message, hint });
  if (cron !== undefined && every !== undefined)
    report(["every"], "The schedule has both `cron` and `every`.", "Keep one of them.");
  const zoneExists = timezone === undefined || isTimeZone(timezone);
  if (!zoneExists)
    report(
      ["timezone"],
      `There is no time zone named ${timezone}.`,
      "Use an IANA name such as Europe/Berlin, America/New_York or UTC.",
    );
  for (const [i, expression] of (cron === undefined ? [] : [cron].flat()).entries()) {
    const path = Array.isArray(cron) ? ["cron", i] : ["cron"];
    try {
      // Whether a time ever comes does not depend on the zone, whose tables take longer to load than a small lab to build.
      if (cronOf(expression).nextRun(new Date(0))) continue;
      report(path, `The time of \`${expression}\` never comes.`, "Correct its day and month.");
    } catch (error) {
      const why = (error instanceof Error ? error.message : String(error)).replace(/^\w+: |\.$/g, "");
      report(
        path,
        `The cron expression \`${expression}\` is wrong: ${why}.`,
        "Write minute, hour, day of month, month and day of week: `30 6 * * 1-5` is half past six on working days.",
      );
    }
  }
  return problems;
}

/** The list has the zones' main names and costs little; a formatter knows the others too, and loads the tables of ICU. */
function isTimeZone(name: string): boolean {
  if (name === "UTC" || Intl.supportedValuesOf("timeZone").includes(name)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
