import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checksOf, type TableFacts } from "./checks.ts";
import { type Checks, combineScores, defaultWeights, dimensions, scoreChecks } from "./score.ts";
import type { Score, TestOutcome, Weights } from "./types.ts";

const outcome = fc.record<TestOutcome>({
  uniqueId: fc.string(),
  name: fc.string(),
  table: fc.constant("gold.t"),
  severity: fc.constantFrom("error", "warn"),
  status: fc.constantFrom("pass", "warn", "fail", "error", "skipped"),
  failures: fc.oneof(fc.nat(2000), fc.constant(null)),
});

const facts: fc.Arbitrary<TableFacts> = fc
  .record({ rows: fc.integer({ min: 1, max: 1000 }), seed: fc.nat() })
  .chain(({ rows }) => {
    const count = fc.nat(rows);
    return fc.record<TableFacts>({
      rows: fc.constant(rows),
      columns: fc.array(
        fc.record({
          name: fc.string(),
          nulls: count,
          kind: fc.constantFrom("required", "plain", "optional"),
          query: fc.constant("q"),
        }),
        { maxLength: 6 },
      ),
      keys: fc.array(
        fc.record({
          columns: fc.constant(["k"]),
          origin: fc.constantFrom("declared", "tested", "row"),
          rows: fc.constant(rows),
          duplicates: fc.nat(rows - 1),
          query: fc.constant("q"),
        }),
        { maxLength: 3 },
      ),
      tests: fc.array(outcome, { maxLength: 6 }),
      freshness: fc.array(
        fc.record({
          text: fc.string(),
          ageSeconds: fc.oneof(fc.nat(), fc.constant(null)),
          maxAgeSeconds: fc.integer({ min: 1, max: 100_000 }),
          query: fc.constant(null),
        }),
        { maxLength: 3 },
      ),
      load: fc.option(
        fc.record({
          table: fc.constant("gold.t"),
          rowsLoaded: fc.nat(1000),
          rowsQuarantined: fc.nat(1000),
          drift: fc.option(fc.array(fc.string(), { maxLength: 4 }), { nil: undefined }),
        }),
        { nil: undefined },
      ),
      history: fc.array(fc.nat(3000), { maxLength: 12 }),
      countQuery: fc.constant("q"),
    });
  });

const weights: fc.Arbitrary<Weights> = fc
  .record(Object.fromEntries(dimensions.map((d) => [d, fc.nat(100)])) as Record<keyof Weights, fc.Arbitrary<number>>)
  .filter((w) => Object.values(w).some((weight) => weight > 0));

const score = (table: TableFacts, w: Weights = defaultWeights) => scoreChecks(checksOf(table), w);
const sum = (values: number[]) => Math.round(values.reduce((a, b) => a + b, 0) * 10) / 10;

function addsUp(result: Score): void {
  if (result.score === null) {
    expect(result.parts).toEqual([]);
    return;
  }
  expect(result.score).toBeGreaterThanOrEqual(0);
  expect(result.score).toBeLessThanOrEqual(100);
  expect(sum(result.parts.map((p) => p.points))).toBe(result.score);
  expect(sum(result.parts.map((p) => p.max))).toBe(100);
  for (const part of result.parts) {
    expect(part.points).toBeGreaterThanOrEqual(0);
    expect(part.points).toBeLessThanOrEqual(part.max);
    expect(sum([part.points, ...part.causes.map((c) => c.points)])).toBe(part.max);
  }
  expect([...result.parts.map((p) => p.dimension), ...result.notCounted].sort()).toEqual([...dimensions].sort());
}

describe("score of a table", () => {
  test("is in range, adds up with every lost point named, and is the same for the same facts", () => {
    fc.assert(
      fc.property(facts, weights, (table, w) => {
        const result = score(table, w);
        addsUp(result);
        expect(score(structuredClone(table), { ...w })).toEqual(result);
      }),
    );
  });

  test("100 means exactly: no defect among what is counted", () => {
    fc.assert(
      fc.property(facts, (table) => {
        const checks = Object.values(checksOf(table)).flat();
        const result = score(table);
        if (checks.length > 0) expect(result.score === 100).toBe(checks.every((check) => check.value >= 1));
      }),
    );
  });

  /** Each mends one defect of the facts; `undefined` when there is nothing to mend. */
  const mends: Record<string, (table: TableFacts, at: number) => TableFacts | undefined> = {
    "a null is filled": (table, at) => {
      const column = table.columns[at % Math.max(1, table.columns.length)];
      if (!column?.nulls) return undefined;
      return { ...table, columns: table.columns.map((c) => (c === column ? { ...c, nulls: c.nulls - 1 } : c)) };
    },
    "a duplicate is removed": (table, at) => {
      const key = table.keys[at % Math.max(1, table.keys.length)];
      if (!key?.duplicates) return undefined;
      return { ...table, keys: table.keys.map((k) => (k === key ? { ...k, duplicates: k.duplicates - 1 } : k)) };
    },
    "a failing row of a test is mended": (table, at) => {
      const found = table.tests[at % Math.max(1, table.tests.length)];
      if (!found?.failures) return undefined;
      return { ...table, tests: table.tests.map((t) => (t === found ? { ...t, failures: t.failures! - 1 } : t)) };
    },
    "a test's status improves": (table, at) => {
      const found = table.tests[at % Math.max(1, table.tests.length)];
      const better = { error: "fail", fail: "warn", warn: "pass" } as const;
      if (!found || found.status === "pass" || found.status === "skipped") return undefined;
      const status = better[found.status];
      return { ...table, tests: table.tests.map((t) => (t === found ? { ...t, status } : t)) };
    },
    "a quarantined row is loaded": (table) =>
      table.load?.rowsQuarantined
        ? {
            ...table,
            load: {
              ...table.load,
              rowsLoaded: table.load.rowsLoaded + 1,
              rowsQuarantined: table.load.rowsQuarantined - 1,
            },
          }
        : undefined,
    "a drift is settled": (table) =>
      table.load?.drift?.length ? { ...table, load: { ...table.load, drift: table.load.drift.slice(1) } } : undefined,
    "newer rows arrive": (table) =>
      table.freshness[0]
        ? { ...table, freshness: table.freshness.map((f) => ({ ...f, ageSeconds: (f.ageSeconds ?? 1e12) / 2 })) }
        : undefined,
  };
  test.each(Object.keys(mends))("never falls when %s", (name) => {
    let mended = 0;
    fc.assert(
      fc.property(facts, weights, fc.nat(5), (table, w, at) => {
        const better = mends[name]?.(table, at);
        if (better === undefined) return;
        mended++;
        expect(score(better, w).score ?? 0).toBeGreaterThanOrEqual(score(table, w).score ?? 0);
      }),
      { numRuns: 300 },
    );
    expect(mended).toBeGreaterThan(20);
  });

  test("a volume nearer to the usual is never worse", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 3, maxLength: 12 }),
        fc.nat(5000),
        fc.nat(5000),
        (history, a, b) => {
          const bare = { columns: [], keys: [], tests: [], freshness: [], history, countQuery: "" };
          const sorted = history.slice(0, 10).sort((x, y) => x - y);
          const usual = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
          const [near, far] = Math.abs(a - usual) <= Math.abs(b - usual) ? [a, b] : [b, a];
          if (near - usual < 0 !== far - usual < 0) return;
          expect(score({ ...bare, rows: near }).score).toBeGreaterThanOrEqual(score({ ...bare, rows: far }).score ?? 0);
        },
      ),
    );
  });

  test("leaves out what there is no evidence for, and scales the rest", () => {
    const checks: Checks = {
      completeness: [{ weight: 1, value: 0.5, text: "half", query: null }],
      validity: [{ weight: 3, value: 1, text: "ok", query: null }],
    };
    expect(scoreChecks(checks, defaultWeights)).toEqual({
      score: 80,
      parts: [
        { dimension: "completeness", points: 20, max: 40, causes: [{ points: 20, text: "half", query: null }] },
        { dimension: "validity", points: 60, max: 60, causes: [] },
      ],
      notCounted: ["uniqueness", "freshness", "consistency", "volume"],
    });
    expect(scoreChecks({}, defaultWeights)).toEqual({ score: null, parts: [], notCounted: [...dimensions] });
    expect(scoreChecks(checks, { ...defaultWeights, completeness: 0 }).score).toBe(100);
  });

  test("an empty table is 0 and says so", () => {
    const result = scoreChecks({}, defaultWeights, { text: "t is empty", query: "SELECT 1" });
    expect(result.score).toBe(0);
    expect(result.parts[0]?.causes).toEqual([{ points: 100, text: "t is empty", query: "SELECT 1" }]);
    addsUp(result);
  });

  test("one bad value in a million costs a tenth of a point, not nothing", () => {
    const checks: Checks = { completeness: [{ weight: 1, value: 1 - 1e-6, text: "one", query: "q" }] };
    expect(scoreChecks(checks, defaultWeights)).toMatchObject({ score: 99.9, parts: [{ causes: [{ points: 0.1 }] }] });
  });
});

describe("score of layers and labs", () => {
  const members = fc.array(
    fc.record({
      prefix: fc.string(),
      weight: fc.nat(5),
      score: fc.oneof(
        facts.map((table) => score(table)),
        fc.constant(scoreChecks({}, defaultWeights, { text: "empty", query: null })),
      ),
    }),
    { maxLength: 6 },
  );

  test("is the weighted mean, in range, and adds up", () => {
    fc.assert(
      fc.property(members, (all) => {
        const result = combineScores(all);
        addsUp(result);
        const counted = all.filter((m) => m.weight > 0 && m.score.score !== null);
        if (counted.length === 0) {
          expect(result.score).toBeNull();
          return;
        }
        const total = counted.reduce((n, m) => n + m.weight, 0);
        const mean = counted.reduce((n, m) => n + m.weight * (m.score.score ?? 0), 0) / total;
        expect(Math.abs((result.score ?? 0) - mean)).toBeLessThan(0.1 + 1e-9);
      }),
    );
  });

  test("adds up when one part lost everything and rounding asks for a tenth more", () => {
    const empty = scoreChecks({}, defaultWeights, { text: "empty", query: null });
    const perfect = scoreChecks({ validity: [{ weight: 1, value: 1, text: "", query: null }] }, defaultWeights);
    const result = combineScores([
      { prefix: "", weight: 2, score: empty },
      { prefix: "", weight: 4, score: perfect },
    ]);
    expect(result.score).toBe(66.6);
    addsUp(result);
  });

  test("never falls when a member rises", () => {
    fc.assert(
      fc.property(members, fc.nat(5), (all, at) => {
        const member = all[at];
        if (member === undefined || member.score.score === null) return;
        const perfect = scoreChecks({ volume: [{ weight: 1, value: 1, text: "", query: null }] }, defaultWeights);
        const better = all.map((m) => (m === member ? { ...m, score: perfect } : m));
        expect(combineScores(better).score ?? 0).toBeGreaterThanOrEqual(combineScores(all).score ?? 0);
      }),
    );
  });
});
