import { median } from "./anomalies.ts";
import type { Check, Checks } from "./score.ts";
import type { LoadOutcome, TestOutcome } from "./types.ts";

/** Everything known about one table that its score depends on. Plain data; queries show the rows meant. */
export interface TableFacts {
  /** Null when the table could not be read. */
  rows: number | null;
  columns: { name: string; nulls: number; kind: "required" | "plain" | "optional"; query: string }[];
  /** `duplicates`: rows beyond the first of each key, among `rows` rows whose key is complete. */
  keys: { columns: string[]; origin: KeyOrigin; rows: number; duplicates: number; query: string }[];
  tests: TestOutcome[];
  freshness: { text: string; ageSeconds: number | null; maxAgeSeconds: number; query: string | null }[];
  load?: LoadOutcome;
  /** Row counts of earlier runs, newest first. */
  history: number[];
  countQuery: string;
}

export type KeyOrigin = "declared" | "tested" | "row";

/** Runs that must have been counted before volume is judged. */
const quietRuns = 3;
const historyRuns = 10;

/** How each defect turns into a value from 0 to 1. Mending a defect never lowers any of them. */
export function checksOf(facts: TableFacts): Checks {
  const rows = facts.rows ?? 0;
  return {
    completeness: rows === 0 ? [] : completeness(facts, rows),
    uniqueness: facts.keys.flatMap((key) => (key.rows === 0 ? [] : [uniqueness(key)])),
    validity: facts.tests.flatMap((test) => (test.status === "skipped" ? [] : [validity(test, rows)])),
    freshness: facts.freshness.map((f) => ({
      weight: 1,
      value: f.ageSeconds === null ? 0 : Math.min(1, f.maxAgeSeconds / Math.max(f.ageSeconds, 1e-9)),
      text: f.text,
      query: f.query,
    })),
    consistency: facts.load ? consistency(facts.load) : [],
    volume: volume(facts, rows),
  };
}

/** The share of values that are there; a required column (key, `not_null` test, NOT NULL) weighs as three. */
function completeness(facts: TableFacts, rows: number): Check[] {
  return facts.columns
    .filter((column) => column.kind !== "optional")
    .map((column) => ({
      weight: column.kind === "required" ? 3 : 1,
      value: 1 - column.nulls / rows,
      text: `${column.name} is null in ${column.nulls} of ${rows} rows${column.kind === "required" ? " and must not be" : ""}`,
      query: column.query,
    }));
}

function uniqueness(key: TableFacts["keys"][number]): Check {
  const what =
    key.origin === "row" ? "are exact copies of another row" : `repeat another row's ${key.columns.join(", ")}`;
  return {
    weight: 1,
    value: 1 - key.duplicates / key.rows,
    text: `${key.duplicates} of ${key.rows} rows ${what}`,
    query: key.query,
  };
}

/** A test counts by its severity (error 3, warn 1). Passed is 1, warned 0.5 to 1, failed 0 to 0.5 by its share of failing rows. */
function validity(test: TestOutcome, tableRows: number): Check {
  const rows = Math.max(test.rows ?? tableRows, 1);
  const good = test.failures === null || test.failures === undefined ? 0 : Math.max(0, 1 - test.failures / rows);
  // A failing test never counts as passed, however many rows it looked at.
  const half = Math.min(0.5 * good, 0.499);
  const value = { pass: 1, warn: 0.5 + half, fail: half, error: 0, skipped: 1 }[test.status];
  const failed = test.failures ? ` with ${test.failures} failing` : "";
  const verb = { pass: "passed", warn: "warned", fail: "failed", error: "could not run", skipped: "was skipped" };
  return {
    weight: test.severity === "error" ? 3 : 1,
    value,
    text: `test ${test.name} ${verb[test.status]}${failed}`,
    query: test.query ?? null,
  };
}

function consistency(load: LoadOutcome): Check[] {
  const checks: Check[] = [];
  const total = load.rowsLoaded + load.rowsQuarantined;
  if (total > 0) {
    checks.push({
      weight: 1,
      value: load.rowsLoaded / total,
      text: `${load.rowsQuarantined} of ${total} rows of its files were quarantined`,
      query: load.query ?? null,
    });
  }
  if (load.drift) {
    checks.push({
      weight: 1,
      value: 1 / (1 + load.drift.length),
      text: `its files depart from the contract: ${load.drift.join("; ")}`,
      query: load.driftQuery ?? null,
    });
  }
  return checks;
}

/** Row count against the median of the last runs; growth up to threefold is nobody's business. */
function volume(facts: TableFacts, rows: number): Check[] {
  const history = facts.history.slice(0, historyRuns);
  if (history.length < quietRuns) return [];
  const usual = median(history);
  const spread = 1.4826 * median(history.map((value) => Math.abs(value - usual)));
  const slack = Math.max(3 * spread, 0.1 * usual);
  const low = usual - slack;
  const high = usual === 0 ? Number.POSITIVE_INFINITY : 3 * usual + slack;
  const value = rows < low ? rows / low : rows > high ? high / rows : 1;
  return [
    {
      weight: 1,
      value,
      text: `${rows} rows, ${rows < low ? "fewer" : "more"} than the usual ${Math.round(usual)} of the last ${history.length} runs`,
      query: facts.countQuery,
    },
  ];
}
