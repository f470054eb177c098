import { expect, test } from "vitest";
import { numberBins } from "./bins.ts";
import type { ColumnProfile } from "./column-profile.ts";

const column = (type: string, finiteMin: string | null, finiteMax: string | null) =>
  ({ type, finiteMin, finiteMax }) as ColumnProfile;

test("whole numbers get at most twenty bins of equal steps that cover the range", () => {
  const bins = numberBins(column("BIGINT", "-1000000", "1000000"));
  const filled = bins?.fill([{ at: 0, rows: 3 }]) ?? [];
  expect(filled).toHaveLength(20);
  expect(filled[0]).toEqual({ from: "-1000000", to: "-900000", rows: 3 });
  expect(filled.at(-1)?.to).toBe("1000000");
  expect(numberBins(column("INTEGER", "5", "7"))?.count).toBe(3);
});

test("there are none for one value, for no value, and for a range beyond every type", () => {
  expect(numberBins(column("INTEGER", "5", "5"))).toBeUndefined();
  expect(numberBins(column("INTEGER", null, null))).toBeUndefined();
  expect(numberBins(column("HUGEINT", String(-(2n ** 127n)), String(2n ** 127n - 1n)))).toBeUndefined();
  expect(numberBins(column("DOUBLE", "-1.7e308", "1.7e308"))).toBeUndefined();
});
