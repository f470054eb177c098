import type { Io } from "../io.ts";
import {
  bar,
  formatCount,
  formatDuration,
  formatScore,
  palette,
  plural,
  printable,
  renderTable,
  scoreColor,
  sparkline,
  statusColor,
} from "../render/index.ts";
import { isExpectation, isTest, type Node, type RunReport, verdictOf, stepTitle } from "./model.ts";

/** The report for a terminal. */
export function textReport({ run, events, files, score, tables, trend }: RunReport, io: Io): string {
  const paint = palette(io.color);
  const layout = { color: io.color, indent: "  ", ...(io.isTTY && { width: io.width }) };
  const models = run.models.filter((node) => !isTest(node));
  const tests = run.models.filter(isTest);
  const bad = tests.filter((test) => verdictOf(test) !== "good");
  const right = "right" as const;
  const out = [
    `${paint.bold(run.lab)}  ${paint[statusColor(run.status)](run.status)}  ${paint.dim(`run ${run.id}, ${run.startedAt}`)}\n`,
    `${printable(run.summary?.message ?? "")}\n`,
  ];
  const part = (title: string, body: string) => out.push(`\n${paint.bold(title)}\n${body}`);
  if (score) {
    const line = trend.length > 1 ? `  ${sparkline(trend)}` : "";
    const parts = score.parts.map((p) => [
      p.dimension,
      p.points.toFixed(1),
      p.max.toFixed(1),
      paint[scoreColor(p.max === 0 ? 100 : (100 * p.points) / p.max)](bar(p.max === 0 ? 1 : p.points / p.max, 20)),
    ]);
    const columns = [
      { title: "PART" },
      { title: "POINTS", align: right },
      { title: "OF", align: right },
      { title: "" },
    ];
    part(`Score ${formatScore(score.score)} of 100${line}`, renderTable(columns, parts, layout));
  }
  const steps = run.steps.map((s) => [
    stepTitle(s),
    paint[statusColor(s.status)](s.status),
    s.seconds === null ? "" : formatDuration(s.seconds),
  ]);
  part("Steps", renderTable([{ title: "STEP" }, { title: "STATUS" }, { title: "TIME", align: right }], steps, layout));
  if (files.length > 0) {
    const rows = files.map((f) => [
      f.file,
      f.table,
      f.outcome,
      formatCount(f.rowsLoaded),
      formatCount(f.rowsQuarantined),
    ]);
    const columns = [
      { title: "FILE" },
      { title: "TABLE" },
      { title: "OUTCOME" },
      { title: "ROWS", align: right },
      { title: "QUARANTINED", align: right },
    ];
    part("Files", renderTable(columns, rows, layout));
  }
  if (models.length > 0) {
    const rows = models.map((m) => [
      m.relation ?? m.name,
      tone(m.status, verdictOf(m), paint),
      formatDuration(m.seconds),
    ]);
    part(
      plural(models.length, "model"),
      renderTable([{ title: "MODEL" }, { title: "STATUS" }, { title: "TIME", align: right }], rows, layout),
    );
  }
  const verdict = bad.length === 0 ? "all passed" : `${bad.length} did not pass`;
  if (tests.length > 0) part(`${plural(tests.length, "test")}, ${verdict}`, "");
  for (const test of bad) out.push(`  ${tone(test.status, verdictOf(test), paint)} ${test.name}${found(test)}\n`);
  if (tables.length > 0) {
    const rows = tables.map((t) => [
      t.name,
      paint[scoreColor(t.score)](formatScore(t.score)),
      t.rows === null ? "" : formatCount(t.rows),
      t.parts.flatMap((p) => p.causes.map((c) => c.text))[0] ?? "",
    ]);
    const columns = [
      { title: "TABLE" },
      { title: "SCORE", align: right },
      { title: "ROWS", align: right },
      { title: "LOST BY", shrinkTo: 20 },
    ];
    part("Tables", renderTable(columns, rows, layout));
  }
  if (events.length > 0) {
    const lines = events.map(
      (e) =>
        `  ${(e.level === "error" ? paint.red : paint.yellow)(e.level)} ${e.text.split("\n").map(printable).join("\n    ")}\n`,
    );
    part("Warnings and errors", lines.join(""));
  }
  return out.join("");
}

/** What is wrong, in short: of an expectation what was found, of a test how many rows. */
const found = (test: Node): string =>
  isExpectation(test) && test.message
    ? `: ${printable(test.message.split("\n")[0] ?? "")}`
    : test.failures
      ? `: ${plural(test.failures, "row")}`
      : "";

const tone = (status: string, verdict: "good" | "warn" | "bad", paint: ReturnType<typeof palette>): string =>
  ({ good: paint.green, warn: paint.yellow, bad: paint.red })[verdict](status);
