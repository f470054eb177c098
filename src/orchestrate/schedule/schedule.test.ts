import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LabState } from "#ledger/index.ts";
import type { Lab, ScheduleConfig } from "#registry/index.ts";
import { dueJobs, mostCaughtUp } from "./plan.ts";
import { Schedule } from "./schedule.ts";

const schedule = (config: ScheduleConfig, lab = "a") =>
  new Schedule({
    name: lab,
    config: { schedule: config, place: (path: unknown[]) => ({ file: "lab.yml", line: 1, key: path.join(".") }) },
  } as unknown as Lab);

const times = (config: ScheduleConfig, from: string, count: number) => {
  const plan = schedule(config);
  const found: string[] = [];
  for (let time = plan.next(new Date(from)); time && found.length < count; time = plan.next(time))
    found.push(time.toISOString().slice(0, 16));
  return found;
};

describe("due times", () => {
  it("follow the zone's clock through both changes", () => {
    const nightly = { cron: "30 2 * * *", timezone: "Europe/Berlin" };
    // 02:30 does not exist on 29 March: it comes when the gap ends. On 25 October it comes twice and counts once.
    expect(times(nightly, "2026-03-28T00:00Z", 3)).toEqual([
      "2026-03-28T01:30",
      "2026-03-29T01:00",
      "2026-03-30T00:30",
    ]);
    expect(times(nightly, "2026-10-24T00:00Z", 3)).toEqual([
      "2026-10-24T00:30",
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    const quarters = { cron: "*/15 * * * *", timezone: "America/New_York" };
    expect(times(quarters, "2026-11-01T05:20Z", 5)).toEqual([
      "2026-11-01T05:30",
      "2026-11-01T05:45",
      "2026-11-01T06:00",
      "2026-11-01T06:15",
      "2026-11-01T06:30",
    ]);
  });

  it("of an interval stand still when the server moves", () => {
    expect(times({ every: "15 minutes" }, "2026-01-01T10:07:12Z", 2)).toEqual(["2026-01-01T10:15", "2026-01-01T10:30"]);
    expect(times({ every: "6 hours" }, "2026-01-01T12:00:00Z", 2)).toEqual(["2026-01-01T18:00", "2026-01-02T00:00"]);
  });

  it("of several expressions are one sequence", () => {
    expect(times({ cron: ["0 6 * * *", "0 5 * * *"], timezone: "UTC" }, "2026-01-01T00:00Z", 3)).toEqual([
      "2026-01-01T05:00",
      "2026-01-01T06:00",
      "2026-01-02T05:00",
    ]);
  });

  it("are those of a clock that is read minute by minute, for a year in every zone", { timeout: 120_000 }, () => {
    const field = (low: number, high: number) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant("*") },
        { weight: 2, arbitrary: fc.integer({ min: low, max: high }).map(String) },
        { weight: 1, arbitrary: fc.constantFrom(2, 3, 4, 6).map((step) => `*/${step}`) },
      );
    const zones = [
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kolkata",
      "UTC",
      "America/Sao_Paulo",
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        field(0, 23),
        fc.constantFrom("*", "*", "1-5", "0", "6,0"),
        fc.constantFrom(...zones),
        fc.constantFrom(
          "2026-03-27",
          "2026-10-23",
          "2026-03-06",
          "2026-10-30",
          "2026-04-03",
          "2026-10-02",
          "2026-07-01",
        ),
        (minute, hour, weekday, timezone, day) => {
          const from = new Date(`${day}T00:00:00Z`);
          const to = new Date(from.getTime() + 5 * 86_400_000);
          const plan = schedule({ cron: `${minute} ${hour} * * ${weekday}`, timezone });
          const found = plan.due(from, to, 10_000).map((time) => time.toISOString());
          expect(found).toEqual(byTheMinute(minute, hour, weekday, timezone, from, to));
        },
      ),
      { numRuns: 120 },
    );
  });
});

/** An independent reader of cron: looks at the wall clock of every minute, and at what a change of it skips or repeats. */
function byTheMinute(minute: number, hour: string, weekday: string, timeZone: string, from: Date, to: Date): string[] {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const wall = (time: number) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    return {
      day: days.indexOf(parts["weekday"]!),
      date: parts["day"]!,
      minutes: +parts["hour"]! * 60 + +parts["minute"]!,
    };
  };
  const hours = (h: number) => (hour === "*" ? true : hour.startsWith("*/") ? h % +hour.slice(2) === 0 : h === +hour);
  const days =
    weekday === "*" ? [0, 1, 2, 3, 4, 5, 6] : weekday === "1-5" ? [1, 2, 3, 4, 5] : weekday.split(",").map(Number);
  const matches = (day: number, minutes: number) =>
    minutes % 60 === minute && hours(Math.floor(minutes / 60)) && days.includes(day);
  const fixed = !hour.startsWith("*");
  const found: string[] = [];
  const seen = new Set<string>();
  let last = wall(from.getTime());
  for (let time = from.getTime() + 60_000; time <= to.getTime(); time += 60_000) {
    const now = wall(time);
    const gap = (now.minutes - last.minutes + 1440) % 1440;
    const due =
      matches(now.day, now.minutes) ||
      // A fixed time that the clock jumps over.
      (fixed &&
        gap > 1 &&
        gap <= 120 &&
        Array.from({ length: gap - 1 }, (_, i) => last.minutes + 1 + i).some((m) => matches(now.day, m)));
    const key = `${now.date}:${now.minutes}`;
    if (due && !(fixed && seen.has(key))) found.push(new Date(time).toISOString());
    if (due) seen.add(key);
    last = now;
  }
  return found;
}

describe("what the clock asks for", () => {
  const state = (plan: Schedule, until: string, more: Partial<LabState> = {}): LabState => ({
    lab: "a",
    paused: null,
    scheduledUntil: until,
    scheduleHash: plan.hash,
    filesSeen: null,
    ...more,
  });
  const hourly = (missed: ScheduleConfig["missed"]) =>
    schedule({ cron: "0 * * * *", timezone: "UTC", missed: missed! });
  const now = new Date("2026-01-01T10:30:00Z");

  it("begins with the first sight of a schedule, and anew when it changes", () => {
    const plan = hourly("catch_up");
    expect(dueJobs(plan, undefined, now)).toEqual({ until: now, requests: [], skipped: 0 });
    const changed = state(plan, "2026-01-01T00:00:00Z", { scheduleHash: "other" });
    expect(dueJobs(plan, changed, now).requests).toEqual([]);
  });

  it.each([
    ["once", ["2026-01-01T10:00:00.000Z"], 3],
    ["skip", [], 4],
    ["catch_up", ["07", "08", "09", "10"].map((hour) => `2026-01-01T${hour}:00:00.000Z`), 0],
  ] as const)("after downtime with missed: %s", (missed, expected, skipped) => {
    const plan = hourly(missed);
    const due = dueJobs(plan, state(plan, "2026-01-01T06:30:00Z"), now);
    expect(due.requests.map(({ dueAt }) => dueAt)).toEqual(expected);
    expect(due.skipped).toBe(skipped);
    expect(due.until).toEqual(now);
  });

  it("is nothing while the lab is paused, and that time is not made up for", () => {
    const plan = hourly("catch_up");
    const paused = state(plan, "2026-01-01T06:30:00Z", { paused: { at: "", by: "ann", why: null } });
    expect(dueJobs(plan, paused, now)).toEqual({ until: now, requests: [], skipped: 0 });
  });

  it("is limited after a year of every minute", () => {
    const plan = schedule({ every: "1 minute", missed: "catch_up" });
    expect(dueJobs(plan, state(plan, "2025-01-01T00:00:00Z"), now).requests).toHaveLength(mostCaughtUp);
  });

  it("asks once for each time of a year, however often and unevenly it is asked", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40_000_000 }), { minLength: 200, maxLength: 2_000 }),
        fc.constantFrom("Europe/Berlin", "America/New_York"),
        (pauses, timezone) => {
          const plan = schedule({ cron: ["30 2 * * *", "15 */6 * * 1-5"], timezone, missed: "catch_up" });
          const start = new Date("2026-01-01T00:00:00Z");
          let remembered = state(plan, start.toISOString());
          const asked: string[] = [];
          let time = start.getTime();
          for (const pause of pauses) {
            time += pause;
            const due = dueJobs(plan, remembered, new Date(time));
            asked.push(...due.requests.map(({ dueAt }) => dueAt!));
            remembered = state(plan, due.until.toISOString());
          }
          expect(asked).toEqual(plan.due(start, new Date(time), 100_000).map((date) => date.toISOString()));
        },
      ),
      { numRuns: 20 },
    );
  });
});
