import { describe, expect, it } from "vitest";
import type { EventInfo, RunDetail } from "#ledger/index.ts";
import { htmlReport } from "./html.ts";
import { junitReport } from "./junit.ts";
import { markdownReport } from "./markdown.ts";
import { reportOf } from "./model.ts";
import { textReport } from "./text.ts";

const nasty = `<script>alert("1")</script> | a\nb & c`;

const run: RunDetail = {
  id: "run-1234567",
  lab: "shop",
  trigger: "cli",
  command: "labs run shop",
  user: "ann",
  host: "desk",
  pid: 1,
  startedAt: "2026-01-02T03:04:05.000Z",
  finishedAt: "2026-01-02T03:04:07.500Z",
  seconds: 2.5,
  status: "failed",
  codeVersion: null,
  configHash: null,
  job: null,
  attempt: null,
  summary: { rowsLoaded: 1200, rowsQuarantined: 3, message: nasty },
  steps: [
    step("load", "ok", 0, 500),
    { ...step("transform", "failed", 500, 2500), error: { code: "X-001", message: nasty } as never },
  ],
  models: [
    node("model", "gold.kpis", "success", null),
    node("model", "gold.broken", "error", nasty),
    node("model", "gold.behind", "skipped", null),
    node("test", "unique_kpis", "fail", "Got 4 results", 4),
    node("test", "not_null_kpis", "pass", null, 0),
  ],
  scores: [
    {
      run: "run-1234567",
      lab: "shop",
      time: "2026-01-02T03:04:07.000Z",
      scope: "lab",
      name: "shop",
      score: 71.5,
      rows: null,
      parts: {
        parts: [
          {
            dimension: "validity",
            points: 21.5,
            max: 50,
            causes: [{ points: 28.5, text: nasty, query: "select 1 < 2" }],
          },
          { dimension: "volume", points: 50, max: 50, causes: [] },
        ],
      },
    },
  ],
};

function step(name: string, status: "ok" | "failed", from: number, to: number) {
  const at = (ms: number) => new Date(Date.parse("2026-01-02T03:04:05.000Z") + ms).toISOString();
  const times = { startedAt: at(from), finishedAt: at(to), seconds: (to - from) / 1000 };
  return { name, status, attempt: 1, ...times, rows: null, error: null, data: null };
}

function node(
  resourceType: string,
  name: string,
  status: string,
  message: string | null,
  failures: number | null = null,
) {
  const relation = resourceType === "model" ? name : null;
  return {
    uniqueId: `${resourceType}.shop.${name}`,
    name,
    resourceType,
    status,
    seconds: 0.25,
    rows: null,
    failures,
    message,
    relation,
  };
}

const event = (level: EventInfo["level"], type: string, data: unknown = null): EventInfo => ({
  seq: 1,
  time: "2026-01-02T03:04:06.000Z",
  step: "load",
  level,
  type,
  data,
  text: nasty,
});
const file = { file: "a.csv", table: "raw.a", outcome: "loaded", rowsLoaded: 1200, rowsQuarantined: 3, seconds: 1 };
const history = [
  { scope: "lab", name: "shop", score: 90, time: "2026-01-01T00:00:00.000Z" },
  { scope: "lab", name: "shop", score: 71.5, time: "2026-01-02T03:04:07.000Z" },
  { scope: "lab", name: "shop", score: 10, time: "2027-01-01T00:00:00.000Z" },
  { scope: "table", name: "gold.kpis", score: 80, rows: 5, time: "2026-01-01T00:00:00.000Z" },
];
const report = reportOf(
  run,
  [event("info", "file-finish", file), event("error", "node-finish"), event("debug", "x")],
  history,
);

describe("a report", () => {
  it("gathers what the ledger knows of the run, and nothing later", () => {
    expect(report.files).toEqual([file]);
    expect(report.events).toHaveLength(1);
    expect(report.trend).toEqual([90, 71.5]);
    expect(report.score?.parts.map((part) => part.dimension)).toEqual(["validity", "volume"]);
    expect(
      reportOf({ ...run, scores: run.scores.map((row) => ({ ...row, parts: null })) }, [], []).score,
    ).toMatchObject({
      score: 71.5,
      parts: [],
    });
  });

  it("as HTML is one page without script or anything from elsewhere, and shows names as they are", () => {
    const page = htmlReport(report);
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import/i);
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    for (const shown of ["shop", "71.5", "1,200", "gold.broken", "unique_kpis", "select 1 &lt; 2", "raw.a"])
      expect(page).toContain(shown);
    // Every element that is opened is closed.
    const open = [
      ...page.matchAll(/<(section|div|table|tbody|thead|tr|td|th|ul|li|details|summary|main|header|pre|span)\b/g),
    ];
    const closed = [
      ...page.matchAll(/<\/(section|div|table|tbody|thead|tr|td|th|ul|li|details|summary|main|header|pre|span)>/g),
    ];
    const count = (found: RegExpMatchArray[]) => found.map(([, tag]) => tag).sort();
    expect(count(open)).toEqual(count(closed));
  });

  it("as Markdown keeps its tables whole", () => {
    const rows = markdownReport(report)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row).toMatch(/^\|.*\|$/);
    expect(markdownReport(report)).not.toContain("<script");
    expect(markdownReport(report)).toContain("| gold.broken | error | 0.25 s |");
  });

  it("names further attempts at a step; for JUnit the last one counts", () => {
    const again = {
      ...report,
      run: { ...run, steps: [step("fetch", "failed", 0, 10), { ...step("fetch", "ok", 10, 20), attempt: 2 }] },
    };
    expect(markdownReport(again)).toContain("| fetch (attempt 2) | ok |");
    expect(htmlReport(again)).toContain("fetch (attempt 2)");
    expect(junitReport(again)).toContain('<testsuite name="shop.steps" tests="1" failures="0"');
  });

  it("as JUnit counts failures and skipped ones, in well-formed XML", () => {
    const xml = junitReport({ ...report, run: { ...run, lab: `shop${String.fromCharCode(1)}` } });
    expect(xml).toContain('<testsuite name="shop.steps" tests="2" failures="1" skipped="0" time="2.500"');
    expect(xml).toContain('<testsuite name="shop.models" tests="3" failures="1" skipped="1"');
    expect(xml).toContain('<testsuite name="shop.tests" tests="2" failures="1" skipped="0"');
    expect(xml.replace(/<[^<>]*>/g, "")).not.toMatch(/[<>]/);
    expect(xml).not.toContain(String.fromCharCode(1));
  });

  it("as text says what did not pass", () => {
    const io = { color: false, isTTY: false, width: 80 } as Parameters<typeof textReport>[1];
    const text = textReport(report, io);
    expect(text).toContain("2 tests, 1 did not pass");
    expect(text).toContain("fail unique_kpis: 4 rows");
    expect(text).toContain("Score 71.5 of 100");
  });
});
