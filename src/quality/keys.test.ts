import { expect, test } from "vitest";
import type { ColumnProfile } from "./column-profile.ts";
import { probableKey } from "./keys.ts";

const column = (name: string, given: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name,
  rows: 100,
  type: "INTEGER",
  nullable: true,
  nulls: 0,
  nullShare: 0,
  distinct: 100,
  distinctExact: true,
  min: null,
  max: null,
  ...given,
});

test("the probable key is the leftmost column that differs in nearly every row", () => {
  expect(probableKey(100, [column("a", { distinct: 98 }), column("b", { distinct: 99 }), column("c")])).toBe("b");
  expect(probableKey(100, [column("a", { type: "DOUBLE" }), column("b", { type: "UUID" })])).toBe("b");
  expect(probableKey(100, [column("a", { distinct: 84, distinctExact: false })])).toBeUndefined();
  expect(probableKey(100, [column("a", { distinct: 85, distinctExact: false })])).toBe("a");
});

test("a column with nulls is no key, and one row tells nothing", () => {
  expect(probableKey(100, [column("a", { nulls: 1 })])).toBeUndefined();
  expect(probableKey(1, [column("a", { distinct: 1 })])).toBeUndefined();
});
