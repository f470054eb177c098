import { describe, expect, it } from "vitest";
import { type Cursor, cursorToSend, CursorTracker, kindOf } from "./cursor.ts";

const now = Date.UTC(2024, 5, 1);
const time = (amount: number) => ({ field: "x", param: "p", overlap: { kind: "time", amount } as const });
const after = (values: unknown[], before?: Cursor) => {
  const tracker = new CursorTracker(now);
  for (const value of values) tracker.add(value);
  return tracker.result(before)?.text;
};

describe("a cursor", () => {
  it.each<[unknown[], string | undefined]>([
    [["2024-01-02", "2024-01-10", "2024-01-09"], "2024-01-10"],
    [["2024-01-02T00:00:00Z", "2024-01-02T01:00:00+02:00"], "2024-01-02T00:00:00Z"],
    [["2024-01-02T00:00:00.000001Z", "2024-01-02T00:00:00.000002Z"], "2024-01-02T00:00:00.000002Z"],
    [[9, 10, 8], "10"],
    [["9", "10"], "10"],
    [["9007199254740993", "9007199254740992"], "9007199254740993"],
    [["01HB", "01HC", "01HA"], "01HC"],
    [["N/A", "2024-01-02"], "2024-01-02"],
    [["2024-01-02", "9999-12-31"], "2024-01-02"],
    [[null, "", undefined, {}, []], undefined],
  ])("after %j is %s", (values, text) => {
    expect(after(values)).toBe(text);
  });

  it("never goes back, and keeps its kind", () => {
    expect(after(["2023-01-01"], { kind: "time", text: "2024-01-01" })).toBe("2024-01-01");
    expect(after(["zzz"], { kind: "time", text: "2024-01-01" })).toBe("2024-01-01");
    expect(after([5], { kind: "number", text: "7" })).toBe("7");
  });

  it.each([
    ["2024-03-01", 86_400_000, "2024-02-29"],
    ["2024-03-01", 1000, "2024-02-29"],
    ["2024-03-01T00:00:10Z", 11_000, "2024-02-29T23:59:59Z"],
    ["2024-03-01T02:00:00+02:00", 1000, "2024-02-29T23:59:59Z"],
    ["2024-03-01T00:00:00.123456Z", 1000, "2024-02-29T23:59:59.123Z"],
    ["2024-03-01 10:00:00", 60_000, "2024-03-01 09:59:00"],
    ["2024-03-01T10:00", 0, "2024-03-01T10:00"],
  ])("%s less %i ms is sent as %s, in the server's own style", (text, amount, sent) => {
    expect(cursorToSend(time(amount), { kind: kindOf(text), text })).toBe(sent);
  });

  it("over numbers takes a number off, and a time off what counts seconds or milliseconds", () => {
    const number = { field: "x", param: "p", overlap: { kind: "number", amount: 5 } as const };
    expect(cursorToSend(number, { kind: "number", text: "100" })).toBe("95");
    expect(cursorToSend(number, { kind: "number", text: "9007199254740993" })).toBe("9007199254740988");
    expect(cursorToSend(time(60_000), { kind: "number", text: "1700000000" })).toBe("1699999940");
    expect(cursorToSend(time(60_000), { kind: "number", text: "1700000000000" })).toBe("1699999940000");
  });

  it("begins where lab.yml says, or at the beginning", () => {
    expect(cursorToSend({ ...time(1000), start: "2020-01-01" }, undefined)).toBe("2020-01-01");
    expect(cursorToSend(time(1000), undefined)).toBeUndefined();
  });
});
