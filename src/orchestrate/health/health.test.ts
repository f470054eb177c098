import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunInfo } from "#ledger/index.ts";
import type { Thresholds } from "#registry/index.ts";
import { conditionOf, examineHealth } from "./examine.ts";
import type { HealthFacts, LabFacts } from "./facts.ts";
import { tooLong } from "./usual.ts";

const now = new Date("2026-03-01T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const thresholds: Thresholds = {
  scoreDrop: { by: 5, under: undefined },
  quarantined: { count: 1 },
  late: 900_000,
  stale: undefined,
  stuck: { times: 3, atLeast: 600_000 },
  disk: { free: { share: 0.05 }, timesDatabase: 2 },
  memory: { free: { share: 0.05 } },
};
const lab = (more: Partial<LabFacts> = {}): LabFacts => ({
  name: "shop",
  status: "active",
  owner: undefined,
  thresholds,
  problem: null,
  paused: null,
  lastRun: null,
  current: null,
  usualSeconds: [],
  dueAt: null,
  nextAt: null,
  freshAt: null,
  failingTests: 0,
  disk: { device: "1", free: 500e9, total: 1000e9, database: 1e9 },
  ...more,
});
const facts = (labs: LabFacts[], more: Partial<HealthFacts> = {}): HealthFacts => ({
  now,
  host: "h",
  labs,
  server: null,
  scheduled: false,
  queue: { waiting: 0, running: 0, oldest: null },
  memory: { free: 8e9, total: 16e9, threshold: thresholds.memory },
  alerts: { configured: true, problems: [], open: 0, channels: [] },
  ...more,
});
const run = (status: string, message?: string) =>
  ({
    id: "1m840zvwy8jv6vce",
    status,
    startedAt: ago(60),
    summary: message === undefined ? null : { message },
  }) as RunInfo;
const checks = (given: HealthFacts) =>
  examineHealth(given).map(({ check, level }) => (level === "note" ? `(${check})` : check));
const alive = { host: "h", pid: 1, startedAt: ago(600), seenAt: ago(0), alive: true };

describe("health", () => {
  it.each<[string, HealthFacts, string[]]>([
    ["all well", facts([lab({ lastRun: run("ok") })]), []],
    ["failed", facts([lab({ lastRun: run("failed", "model a failed.") })]), ["last_run"]],
    ["crashed", facts([lab({ lastRun: run("crashed") })]), ["last_run"]],
    ["tests fail in a run that is ok", facts([lab({ lastRun: run("ok"), failingTests: 2 })]), ["tests"]],
    ["paused", facts([lab({ status: "paused" })]), ["(paused)"]],
    ["archived", facts([lab({ status: "archived", lastRun: run("failed") })]), []],
    ["lab.yml broken", facts([lab({ problem: "its lab.yml cannot be used" })]), ["config"]],
    ["late", facts([lab({ dueAt: ago(16) })], { scheduled: true, server: alive }), ["late"]],
    ["nearly late", facts([lab({ dueAt: ago(14) })], { scheduled: true, server: alive }), []],
    [
      "busy when it was due",
      facts([lab({ dueAt: ago(60), current: { id: "r", startedAt: ago(90) } })], { scheduled: true, server: alive }),
      [],
    ],
    ["no server", facts([lab()], { scheduled: true }), ["server"]],
    ["server killed", facts([lab()], { scheduled: true, server: { ...alive, alive: false } }), ["server"]],
    ["server silent", facts([lab()], { scheduled: true, server: { ...alive, seenAt: ago(5) } }), ["server"]],
    ["no server and nothing scheduled", facts([lab()]), []],
    ["stale", facts([lab({ freshAt: ago(121), thresholds: { ...thresholds, stale: 7_200_000 } })]), ["stale"]],
    ["fresh", facts([lab({ freshAt: ago(119), thresholds: { ...thresholds, stale: 7_200_000 } })]), []],
    [
      "stuck",
      facts([lab({ current: { id: "r", startedAt: ago(11) }, usualSeconds: [60, 61, 59, 60, 62] })]),
      ["stuck"],
    ],
    [
      "slow, and nobody knows what is usual",
      facts([lab({ current: { id: "r", startedAt: ago(600) }, usualSeconds: [60, 61, 59, 60] })]),
      [],
    ],
    [
      "disk under its share",
      facts([lab({ disk: { device: "1", free: 49e9, total: 1000e9, database: 1e9 } })]),
      ["disk"],
    ],
    [
      "disk under twice the database",
      facts([lab({ disk: { device: "1", free: 399e9, total: 1000e9, database: 200e9 } })]),
      ["disk"],
    ],
    ["memory", facts([lab()], { memory: { free: 0.5e9, total: 16e9, threshold: thresholds.memory } }), ["memory"]],
    ["queue", facts([lab()], { queue: { waiting: 2, running: 2, oldest: ago(16) } }), ["queue"]],
    [
      "no alerts.yml",
      facts([lab()], { alerts: { configured: false, problems: [], open: 0, channels: [] } }),
      ["(alerts)"],
    ],
    [
      "channel fails",
      facts([lab()], {
        alerts: {
          configured: true,
          problems: ["x"],
          open: 0,
          channels: [{ name: "ops", failingSince: ago(5), problem: "it answered 503", waiting: 3, lost: 0 }],
        },
      }),
      ["alerts", "alerts"],
    ],
  ])("%s", (_name, given, expected) => {
    expect(checks(given)).toEqual(expected);
  });

  it("labs that are late because no server runs have one cause, and so have those on one disk", () => {
    const labs = [lab({ name: "a", dueAt: ago(60) }), lab({ name: "b", dueAt: ago(60) })];
    const conditions = (given: HealthFacts) => examineHealth(given).flatMap((item) => conditionOf(item) ?? []);
    const without = conditions(facts(labs, { scheduled: true }));
    expect(without.map(({ fingerprint, shared }) => [fingerprint, shared])).toEqual([
      ["late:server", true],
      ["late:server", true],
    ]);
    const withServer = conditions(facts(labs, { scheduled: true, server: alive }));
    expect(withServer.map(({ fingerprint }) => fingerprint)).toEqual(["late:a", "late:b"]);
    const full = { device: "7", free: 1e9, total: 1000e9, database: 1e9 };
    const disks = conditions(facts([lab({ name: "a", disk: full }), lab({ name: "b", disk: full })]));
    expect(new Set(disks.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });
});

it("what is usual is not moved by a few runs that hung, and never shorter than asked for", () => {
  const limits = { times: 3, atLeast: 600_000 };
  const usual = Array.from({ length: 20 }, (_, i) => 300 + i);
  const limit = tooLong(usual, limits)!;
  expect(limit).toBeGreaterThan(900_000);
  expect(tooLong([...usual, 50_000, 60_000, 70_000], limits)! / limit).toBeLessThan(1.1);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 5, maxLength: 30 }), (seconds) => {
      const result = tooLong(seconds, limits)!;
      const sorted = seconds.toSorted((a, b) => a - b);
      expect(result).toBeGreaterThanOrEqual(600_000);
      expect(result).toBeGreaterThanOrEqual((sorted[sorted.length >> 1] ?? 0) * 1000);
    }),
  );
});
