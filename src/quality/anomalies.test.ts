import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freshnessAnomaly, median, quietRuns, type SeenTable, volumeAnomaly } from "./anomalies.ts";

const day = 86_400_000;
const hour = 3_600_000;
/** A Monday. */
const monday = Date.parse("2026-03-02T06:00:00Z");
/** Runs every `step`, the newest one step before `now`; `rows` newest first. */
const runs = (rows: readonly number[], now = monday, step = day): SeenTable[] =>
  rows.map((n, i) => ({ time: now - (i + 1) * step, rows: n }));

it("takes the middle value, or the mean of the middle two", () => {
  expect([[], [3], [9, 1], [9, 1, 2], [4, 1, 100, 2]].map(median)).toEqual([0, 3, 5, 2, 3]);
});

describe("volume", () => {
  it("is quiet for the first runs, and then tells a table that lost or won rows", () => {
    expect(volumeAnomaly(0, monday, runs(Array(quietRuns - 1).fill(1000)))).toBeNull();
    const steady = runs([1003, 998, 1000, 1001, 999, 1002, 1000, 997]);
    expect(volumeAnomaly(1000, monday, steady)).toBeNull();
    // A tenth is nobody's business, however steady a table is.
    expect(volumeAnomaly(1099, monday, steady)).toBeNull();
    expect(volumeAnomaly(901, monday, steady)).toBeNull();
    expect(volumeAnomaly(850, monday, steady)).toBe("it has 850 rows, the usual of the last 8 runs are 900 to 1100");
    expect(volumeAnomaly(0, monday, steady)).toContain("it has 0 rows");
    expect(volumeAnomaly(1500, monday, steady)).toContain("it has 1500 rows");
  });

  it("leaves a table alone that grows, shrinks or waits steadily, and one outlier does not hide the next", () => {
    const growing = Array.from({ length: 20 }, (_, i) => 10_000 - i * 300);
    expect(volumeAnomaly(10_300, monday, runs(growing))).toBeNull();
    expect(volumeAnomaly(10_000, monday, runs(growing))).toBeNull();
    expect(volumeAnomaly(30_000, monday, runs(growing))).not.toBeNull();
    expect(volumeAnomaly(1000 - 30, monday, runs([...Array(20).keys()].map((i) => 1000 + i * 30)))).toBeNull();
    const spoiled = runs([1000, 1000, 1000, 90_000, 1000, 1000, 1000, 1000, 1000]);
    expect(volumeAnomaly(90_000, monday, spoiled)).not.toBeNull();
    expect(volumeAnomaly(1000, monday, runs([90_000, ...Array(9).fill(1000)]))).toBeNull();
  });

  it("tells a change once, and goes on telling it where it blocks", () => {
    const [last, ...before] = runs([200, ...Array(9).fill(1000)]);
    const history = [{ ...(last as SeenTable), unusual: true }, ...before];
    expect(volumeAnomaly(200, monday, history)).toBeNull();
    expect(volumeAnomaly(200, monday, history, true)).not.toBeNull();
    expect(volumeAnomaly(1000, monday, history, true)).toBeNull();
  });

  it("compares weekdays with themselves as soon as four are known", () => {
    // Mondays bring ten times as much.
    const rows = (weeks: number) => Array.from({ length: weeks * 7 }, (_, i) => ((i + 1) % 7 === 0 ? 5000 : 500));
    expect(volumeAnomaly(5000, monday, runs(rows(5)))).toBeNull();
    expect(volumeAnomaly(500, monday, runs(rows(5)))).toBe(
      "it has 500 rows, the usual of this weekday are 4500 to 5500",
    );
    expect(
      volumeAnomaly(
        5000,
        monday + day,
        runs(rows(5), monday + day).map((seen) => ({ ...seen, rows: 500 })),
      ),
    ).not.toBeNull();
  });

  it("is never told of what history has seen most, nor does it depend on anything but its arguments", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 7, maxLength: 30 }), fc.nat(1_000_000), (rows, now) => {
        const history = runs(rows, monday, hour);
        const sorted = [...rows].sort((a, b) => a - b);
        expect(volumeAnomaly(sorted[sorted.length >> 1] ?? 0, monday, history)).toBeNull();
        expect(volumeAnomaly(now, monday, history)).toBe(volumeAnomaly(now, monday, history));
      }),
    );
  });
});

describe("freshness", () => {
  /** Daily runs of which `advanced` (newest first) say whether they saw a newer moment than the one before. */
  const seen = (advanced: readonly boolean[], step = day): SeenTable[] => {
    let newest = monday - 1000 * day;
    return [...advanced]
      .reverse()
      .map((moves, i) => ({
        time: monday - (advanced.length - i) * step,
        rows: 1,
        newest: moves ? (newest += day) : newest,
      }))
      .reverse();
  };
  const last = (history: SeenTable[]) => history[0]?.newest ?? 0;

  it("is told when data that came daily does not come, and not while it does", () => {
    const daily = seen(Array(10).fill(true));
    expect(freshnessAnomaly(last(daily) + day, monday, daily)).toBeNull();
    expect(freshnessAnomaly(last(daily), monday, daily)).toBeNull();
    expect(freshnessAnomaly(last(daily), monday + 2 * day, daily)).toMatch(
      /was first seen 3 days ago; usually .* within 2 days/,
    );
  });

  it("is quiet for data that never changes, has no moments, or has changed too seldom", () => {
    const still = seen(Array(30).fill(false));
    expect(freshnessAnomaly(last(still), monday + 100 * day, still)).toBeNull();
    const few = seen([false, true, false, true, false, true, false, true]);
    expect(freshnessAnomaly(last(few), monday + 100 * day, few)).toBeNull();
    expect(freshnessAnomaly(null, monday, seen(Array(10).fill(true)))).toBeNull();
  });

  it("knows weekends after two of them", () => {
    // Sunday and Saturday bring nothing; the newest run was on a Sunday.
    const weeks = seen(Array.from({ length: 21 }, (_, i) => i % 7 > 1));
    expect(freshnessAnomaly(last(weeks), monday, weeks)).toBeNull();
    expect(freshnessAnomaly(last(weeks), monday + day, weeks)).not.toBeNull();
  });
});
