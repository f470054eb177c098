import type { ColumnProfile, Part, ScoreDetail, TableProfile } from "#quality/index.ts";
import type { Io } from "../io.ts";
import {
  ago,
  bar,
  formatBytes,
  formatCount,
  formatNumber,
  formatPercent,
  formatScore,
  type Palette,
  palette,
  plural,
  printable,
  renderTable,
  scoreColor,
  sparkline,
} from "../render/index.ts";

/** A score with where it comes from. */
export interface ShownScore extends ScoreDetail {
  score: number | null;
  /** The run that recorded it; null when it was worked out now, without any test's result. */
  run: { id: string; time: string } | null;
  /** Scores of earlier runs, oldest first. */
  history: number[];
}

/** Everything about one table, as text. */
export function tableReport(table: TableProfile, score: ShownScore | null, io: Io): string {
  const paint = palette(io.color);
  const title = paint.bold(printable(`${table.schema}.${table.name}`));
  if (table.rows === null)
    return `${title}  ${table.type}\n\n${paint.red("It cannot be read")}: ${table.error ?? ""}\n`;
  const facts = [
    table.type,
    plural(table.rows, "row"),
    plural(table.columnCount, "column"),
    ...(table.bytes === null ? [] : [formatBytes(table.bytes)]),
  ];
  const sections = [
    `${title}  ${facts.join(", ")}\n`,
    columnsSection(table, io),
    duplicatesSection(table, paint),
    recentSection(table, paint),
    score === null ? "" : scoreSection(score, io),
    previewSection(table, io),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

const layout = (io: Io, indent = "") => ({ color: io.color, indent, ...(io.isTTY && { width: io.width }) });

function columnsSection(table: TableProfile, io: Io): string {
  if (table.columns.length === 0) return "";
  const paint = palette(io.color);
  const rows = table.columns.map((column) => [
    printable(column.name),
    column.type,
    `${paint.red(bar(column.nullShare, 5))} ${formatPercent(column.nullShare).padStart(6)}`,
    `${column.distinctExact ? "" : "~"}${formatCount(column.distinct)}`,
    printable(column.min ?? ""),
    printable(column.max ?? ""),
    notes(column),
  ]);
  return renderTable(
    [
      { title: "COLUMN", shrinkTo: 16 },
      { title: "TYPE", shrinkTo: 10 },
      { title: "NULLS", align: "right" },
      { title: "DISTINCT", align: "right" },
      { title: "MIN", shrinkTo: 10 },
      { title: "MAX", shrinkTo: 10 },
      { title: "MORE", shrinkTo: 10 },
    ],
    rows,
    layout(io),
  );
}

function notes(column: ColumnProfile): string {
  const found: string[] = [];
  if (column.average !== undefined && column.average !== null) found.push(`avg ${formatNumber(column.average)}`);
  if (column.zeros) found.push(plural(column.zeros, "zero"));
  if (column.negatives) found.push(`${formatCount(column.negatives)} negative`);
  if (column.notFinite) found.push(`${formatCount(column.notFinite)} not finite`);
  if (column.minLength !== undefined && column.minLength !== null) {
    const { minLength: least, maxLength: most } = column;
    found.push(least === most ? `length ${least}` : `length ${least}–${most}`);
  }
  if (column.emptyTexts) found.push(`${formatCount(column.emptyTexts)} empty`);
  return found.join(", ");
}

function duplicatesSection(table: TableProfile, paint: Palette): string {
  return table.duplicates
    .map(({ key, rows, query }) => {
      const what = key.length === 0 ? "whole rows" : `by ${printable(key.join(", "))}`;
      if (rows === 0) return `Duplicates  ${paint.green("none")} ${what}\n`;
      return `Duplicates  ${paint.red(plural(rows, "row"))} ${what}\n            ${paint.dim(query)}\n`;
    })
    .join("");
}

function recentSection(table: TableProfile, paint: Palette): string {
  if (table.recent === null) return "";
  const { rows, days, column, newest } = table.recent;
  const last = newest === null ? "no value up to now" : `newest ${newest} (${ago(newest)})`;
  return `New rows    ${paint.bold(formatCount(rows))} in the last ${plural(days, "day")} by ${printable(column)}, ${last}\n`;
}

/** The score, its parts, and under each part what it lost and the query that shows it. */
export function scoreSection(score: ShownScore, io: Io): string {
  const paint = palette(io.color);
  if (score.score === null) return "Score       none: there is nothing to judge by\n";
  const trend = score.history.length > 1 ? `  ${sparkline(score.history)}` : "";
  const lines = [
    `Score       ${paint[scoreColor(score.score)](formatScore(score.score))} of 100${trend}  ${paint.dim(origin(score))}\n`,
    renderTable(
      [{ title: "PART" }, { title: "POINTS", align: "right" }, { title: "OF", align: "right" }, { title: "" }],
      score.parts.map((part) => [
        part.dimension,
        part.points.toFixed(1),
        part.max.toFixed(1),
        paint[scoreColor((100 * part.points) / part.max)](bar(part.points / part.max, 20)),
      ]),
      layout(io, "  "),
    ),
    ...score.parts.flatMap((part) => losses(part, paint)),
  ];
  if (score.notCounted.length > 0) {
    lines.push(paint.dim(`  not counted, for lack of evidence: ${score.notCounted.join(", ")}\n`));
  }
  return lines.join("");
}

const origin = (score: ShownScore) =>
  score.run === null ? "(now, without tests)" : `(run ${score.run.id.slice(-7)}, ${ago(score.run.time)})`;

const mostCauses = 5;

function losses(part: Part, paint: Palette): string[] {
  const lines = part.causes
    .slice(0, mostCauses)
    .flatMap((cause) => [
      `  ${paint.red((cause.points < 0.05 ? "<0.1" : `-${cause.points.toFixed(1)}`).padStart(5))} ${part.dimension}: ${printable(cause.text)}\n`,
      ...(cause.query === null ? [] : [`        ${paint.dim(printable(cause.query))}\n`]),
    ]);
  const more = part.causes.length - mostCauses;
  if (more > 0) lines.push(paint.dim(`        and ${plural(more, "more cause")} (see -o json)\n`));
  return lines;
}

function previewSection(table: TableProfile, io: Io): string {
  if (table.preview === null || table.preview.rows.length === 0) return "";
  const columns = table.preview.columns.map((name) => ({ title: printable(name), shrinkTo: 6 }));
  // A terminal has room for so many columns; a pipe takes them all.
  const room = io.isTTY ? Math.max(1, Math.floor(io.width / 8)) : columns.length;
  const left = columns.length - room;
  const rows = table.preview.rows.map((row) => row.slice(0, room).map(printable));
  const note = left > 0 ? `and ${plural(left, "more column")} (see -o json)\n` : "";
  return `First ${plural(rows.length, "row")}\n${renderTable(columns.slice(0, room), rows, layout(io))}${note}`;
}
