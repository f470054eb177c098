import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "#duck/index.ts";
import { freshnessStatus, readFreshness } from "./freshness.ts";
import { AdapterSession } from "./session.ts";

let db: Database;
let session: AdapterSession;
beforeAll(async () => {
  db = await openDatabase(":memory:");
  session = new AdapterSession({
    connect: async () => {
      const connection = await db.connect();
      await connection.run("set timezone = 'America/New_York'");
      return connection;
    },
  });
});
afterAll(() => db.close());
const read = async (columns: string) =>
  readFreshness((await session.execute(`select ${columns}`, { fetch: true })).table);

describe("age of a source", () => {
  test("naive times count as UTC, zoned ones are converted", async () => {
    expect(await read("timestamp '2024-01-01 00:00:00.25' a, timestamptz '2024-01-01 02:00:00+00' b")).toEqual({
      maxLoadedAt: "2024-01-01T00:00:00.250000+00:00",
      snapshottedAt: "2024-01-01T02:00:00+00:00",
      age: 7199.75,
    });
  });
  test("a source without rows is infinitely old", async () => {
    const { maxLoadedAt, age } = await read("null::timestamp a, timestamp '2024-01-01' b");
    expect([maxLoadedAt, age]).toEqual(["0001-01-01T00:00:00+00:00", 63_839_664_000]);
  });
  test("other values are errors that say what they are", async () => {
    await expect(read("'2024' a, timestamp '2024-01-01' b")).rejects.toThrow("received value of type 'str'");
    await expect(read("date '2024-01-01' a, timestamp '2024-01-01' b")).rejects.toThrow(
      "received value of type 'date'",
    );
    await expect(read("timestamp '2024-01-01' a, null::timestamp b")).rejects.toThrow("Expected a non-null value");
    await expect(read("1 a")).rejects.toThrow(
      'Got an invalid result from "collect_freshness" macro: [<agate.Row: (1)>]',
    );
  });
});

test("status", () => {
  const thresholds = { warn_after: { count: 1, period: "hour" }, error_after: { count: 1, period: "day" } };
  expect([3600, 3601, 86_400, 86_401].map((age) => freshnessStatus(age, thresholds))).toEqual([
    "pass",
    "warn",
    "warn",
    "error",
  ]);
  expect(freshnessStatus(1e12, {})).toBe("pass");
  expect(
    freshnessStatus(61, { warn_after: { count: null, period: null }, error_after: { count: 1, period: "minute" } }),
  ).toBe("error");
});
