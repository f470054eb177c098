import { formatCount, formatDuration, formatScore } from "../render/index.ts";
import { isTest, type RunReport, verdictOf, stepTitle } from "./model.ts";

/** The report for a chat, a pull request or a wiki. */
export function markdownReport({ run, events, files, score, tables }: RunReport): string {
  const models = run.models.filter((node) => !isTest(node));
  const tests = run.models.filter(isTest);
  const failed = tests.filter((test) => verdictOf(test) !== "good");
  const lines = [
    `# ${cell(run.lab)}: ${run.status}`,
    "",
    `${cell(run.summary?.message ?? "")} Run ${run.id}, ${run.startedAt}, ${run.seconds === null ? "not finished" : formatDuration(run.seconds)}.`,
    "",
    ...table(
      ["score", "rows loaded", "rows quarantined", "models", "tests"],
      [
        [
          score ? formatScore(score.score) : "",
          formatCount(run.summary?.rowsLoaded ?? 0),
          formatCount(run.summary?.rowsQuarantined ?? 0),
          String(models.length),
          `${tests.length - failed.length} of ${tests.length} passed`,
        ],
      ],
    ),
    ...section(
      "Steps",
      ["step", "status", "time"],
      run.steps.map((s) => [stepTitle(s), s.status, time(s.seconds)]),
    ),
    ...section(
      "Files",
      ["file", "table", "outcome", "rows", "quarantined"],
      files.map((f) => [f.file, f.table, f.outcome, formatCount(f.rowsLoaded), formatCount(f.rowsQuarantined)]),
    ),
    ...section(
      "Models",
      ["model", "status", "time"],
      models.map((m) => [m.relation ?? m.name, m.status, time(m.seconds)]),
    ),
    ...section(
      "Tests that did not pass",
      ["test", "status", "failures"],
      failed.map((t) => [t.name, t.status, t.failures === null ? "" : formatCount(t.failures)]),
    ),
    ...section(
      "Scores",
      ["table", "score", "rows", "lost"],
      tables.map((t) => [
        t.name,
        formatScore(t.score),
        t.rows === null ? "" : formatCount(t.rows),
        t.parts
          .flatMap((p) => p.causes.map((c) => `${p.dimension}: ${c.text}`))
          .slice(0, 3)
          .join("; "),
      ]),
    ),
    ...section(
      "Warnings and errors",
      ["time", "level", "what"],
      events.map((e) => [e.time, e.level, e.text]),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

const time = (seconds: number | null): string => (seconds === null ? "" : formatDuration(seconds));

/** A pipe or a line break would end a cell. */
const cell = (text: string): string =>
  text
    .trim()
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replace(/\s*\n\s*/g, " ");

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)];
}

const section = (title: string, head: string[], rows: string[][]): string[] =>
  rows.length === 0 ? [] : ["", `## ${title}`, "", ...table(head, rows)];
