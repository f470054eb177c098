import { describe, expect, it } from "vitest";
import { placeOf, rowHeight, tallest } from "./virtual.ts";

describe("the window of a long table", () => {
  it("begins with the first row and ends with the last, however many there are", () => {
    for (const total of [0, 1, 15, 1000, 1_000_000, 50_000_000]) {
      const start = placeOf(0, 560, total);
      expect([start.first, start.above]).toEqual([0, 0]);
      const end = placeOf(Math.min(total * rowHeight, tallest), 560, total);
      expect(end.last).toBe(total);
      expect(end.below).toBeLessThan(1);
    }
  });

  it("draws some dozens of rows and keeps the height of the whole", () => {
    for (const total of [5000, 1_000_000, 50_000_000]) {
      const whole = Math.min(total * rowHeight, tallest);
      for (let top = 0; top <= whole - 560; top += (whole - 560) / 97) {
        const { first, last, above, below } = placeOf(top, 560, total);
        expect(last - first).toBeLessThanOrEqual(40);
        expect(above + (last - first) * rowHeight + below).toBeCloseTo(whole, 3);
        // What is drawn covers what is seen.
        expect(above).toBeLessThanOrEqual(top + 0.01);
        expect(above + (last - first) * rowHeight).toBeGreaterThanOrEqual(Math.min(top + 560, whole) - 0.01);
      }
    }
  });
});
