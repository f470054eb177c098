import { expect, it } from "vitest";
import { newRunId, runIdPrefix } from "./run-id.ts";

it("gives ids in the order of their making, those of one millisecond, too", () => {
  const now = Date.UTC(2026, 0, 1);
  const ids = [now, now, now, now + 1, now + 1, now + 32, now + 32 ** 8].map((time) => newRunId(time));
  expect(ids).toEqual([...new Set(ids)].sort());
  for (const id of ids) expect(id).toMatch(/^[0-9a-hj-km-np-tv-z]{16}$/);
  expect(runIdPrefix(now + 1) > (ids[2] ?? "")).toBe(true);
  expect(ids[3]?.startsWith(runIdPrefix(now + 1))).toBe(true);
});
