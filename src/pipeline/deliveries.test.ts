import { describe, expect, it } from "vitest";
import type { ScheduleConfig } from "#registry/index.ts";
import { deliveryFreshness, expectedInterval, withDrift } from "./deliveries.ts";

const day = 86_400_000;
const now = new Date("2026-03-04T12:00:00Z");
const interval = (schedule?: ScheduleConfig, every?: string) =>
  expectedInterval(
    {
      config: { quality: every === undefined ? {} : { freshness: { every } }, ...(schedule && { schedule }) },
    } as never,
    now,
  );

describe("how often new data is due", () => {
  it.each<[string, ScheduleConfig | undefined, string | undefined, number | undefined]>([
    ["nobody says", undefined, undefined, undefined],
    ["lab.yml says, over the schedule", { every: "7 days" }, "2 hours", day / 12],
    ["a schedule's interval", { every: "3 days" }, undefined, 3 * day],
    ["looking often is not expecting often", { every: "15 minutes" }, undefined, day],
    ["every night", { cron: "0 3 * * *", timezone: "UTC" }, undefined, day],
    ["weekdays have a weekend between them", { cron: "30 6 * * 1-5", timezone: "UTC" }, undefined, 3 * day],
    ["once a month", { cron: "0 0 1 * *", timezone: "UTC" }, undefined, 31 * day],
    ["two times together", { cron: ["0 6 * * 1", "0 6 * * 4"], timezone: "UTC" }, undefined, 4 * day],
    ["only when files come", { on_files: true }, undefined, undefined],
  ])("%s", (_name, schedule, every, ms) => {
    expect(interval(schedule, every)?.ms).toBe(ms);
  });

  it("a clock change makes one gap an hour longer", () => {
    const found = interval({ cron: "0 3 * * *", timezone: "Europe/Berlin" });
    expect([day, day + 3_600_000]).toContain(found?.ms);
  });
});

describe("deliveries", () => {
  const source = (table: string, hours: number | null) => ({
    source: table,
    table: `raw.${table}`,
    deliveredAt: hours === null ? null : now.getTime() - hours * 3_600_000,
    departures: null,
  });

  it("may be half an interval late, and one that never came hides no other", () => {
    const sources = [source("never", null), source("late", 36.1), source("it's", 36), source("new", -1)];
    const found = deliveryFreshness(sources, { ms: day, from: "schedule" }, now.getTime());
    expect(found.map(({ table, status, ageSeconds }) => [table, status, ageSeconds])).toEqual([
      ["raw.never", "error", null],
      ["raw.late", "error", 36.1 * 3600],
      ["raw.it's", "pass", 36 * 3600],
      ["raw.new", "pass", 0],
    ]);
    expect(found[1]?.text).toContain("by its schedule new data is due every day");
    expect(found[2]?.query).toContain("'it''s'");
    expect(deliveryFreshness(sources, undefined, now.getTime())).toEqual([]);
  });

  it("bring their departures from the contract along", () => {
    const totals = [
      { table: "raw.a", rowsLoaded: 1, rowsQuarantined: 0 },
      { table: "raw.b", rowsLoaded: 1, rowsQuarantined: 0 },
    ];
    const [a, b] = withDrift(totals, [{ ...source("a", 1), departures: ["x"] }]);
    expect(a).toMatchObject({ drift: ["x"], query: 'SELECT * FROM "quarantine"."a"' });
    expect(b).not.toHaveProperty("drift");
  });
});
