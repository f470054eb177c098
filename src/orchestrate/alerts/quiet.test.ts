import { describe, expect, it } from "vitest";
import type { QuietHours } from "#registry/index.ts";
import { digestDue, firstDigestDay, isQuiet, localTime } from "./quiet.ts";

const night: QuietHours = { from: 22 * 60, to: 7 * 60, timezone: "Europe/Berlin", days: [], pass: ["failed"] };
const quietAt = (utc: string, quiet = night, event = "late") => isQuiet(quiet, event, new Date(utc));

describe("quiet hours", () => {
  it("go by the clock of their time zone, over midnight, without the end itself", () => {
    expect(quietAt("2026-01-10T20:59:00Z")).toBe(false);
    expect(quietAt("2026-01-10T21:00:00Z")).toBe(true);
    expect(quietAt("2026-01-11T05:59:59Z")).toBe(true);
    expect(quietAt("2026-01-11T06:00:00Z")).toBe(false);
    // In summer the same clock is an hour earlier in UTC.
    expect(quietAt("2026-07-10T20:00:00Z")).toBe(true);
    expect(quietAt("2026-07-11T05:00:00Z")).toBe(false);
  });

  it("let pass what is said, and know days", () => {
    expect(quietAt("2026-01-10T23:00:00Z", night, "failed")).toBe(false);
    const weekend = { ...night, days: [6, 0] };
    expect(quietAt("2026-01-10T12:00:00Z", weekend)).toBe(true);
    expect(quietAt("2026-01-12T12:00:00Z", weekend)).toBe(false);
    // Saturday begins at midnight of the zone.
    expect(quietAt("2026-01-09T23:30:00Z", { ...weekend, from: 0, to: 0 })).toBe(true);
    expect(isQuiet(undefined, "late", new Date())).toBe(false);
  });
});

describe("the digest", () => {
  const digest = (at: number, timezone = "Europe/Berlin") => ({ at, timezone, channels: ["a"] });

  it("comes once a day at its time, on days of clock changes too, whenever it is looked for", () => {
    // 02:30 does not exist on 29 March 2026, and comes twice on 25 October.
    for (const at of [0, 150, 180, 450, 1439])
      for (const step of [60, 7 * 60, 3600, 5 * 3600])
        for (const [from, to] of [
          ["2026-03-26T00:00:00Z", "2026-04-02T00:00:00Z"],
          ["2026-10-22T00:00:00Z", "2026-10-29T00:00:00Z"],
        ] as const) {
          let last = firstDigestDay(digest(at), new Date(from));
          const sent: Date[] = [];
          for (let now = Date.parse(from); now < Date.parse(to); now += step * 1000) {
            const day = digestDue(digest(at), last, new Date(now));
            if (day === undefined) continue;
            last = day;
            sent.push(new Date(now));
          }
          const days = sent.map((time) => localTime(time, "Europe/Berlin").day);
          expect(new Set(days).size, `${at} every ${step} s`).toBe(days.length);
          // Looking every five hours may miss the last minute of a day, which is then nobody's digest.
          if (at < 1139 || step <= 60) expect(days.length).toBeGreaterThanOrEqual(6);
          for (const time of sent) expect(localTime(time, "Europe/Berlin").minute).toBeGreaterThanOrEqual(at);
        }
  });

  it("begins with the next time, not with the past of the first day", () => {
    const noon = new Date("2026-01-10T11:00:00Z");
    expect(digestDue(digest(450), firstDigestDay(digest(450), noon), noon)).toBeUndefined();
    const early = new Date("2026-01-10T05:00:00Z");
    expect(firstDigestDay(digest(450), early)).toBe("");
    expect(digestDue(digest(450), "", noon)).toBe("2026-01-10");
    expect(digestDue(undefined, "", noon)).toBeUndefined();
  });
});
