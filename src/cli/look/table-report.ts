import type { ColumnDrift, ColumnProfile, Part, ScoreDetail, TableProfile } from "#quality/index.ts";
import type { Io } from "../io.ts";
import {
  ago,
  bar,
  countsLine,
  displayWidth,
  fewerCounts,
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
  truncate,
} from "../render/index.ts";

/** A score with where it comes from. */
export interface ShownScore extends ScoreDetail {
  score: number | null;
  /** The run that recorded it; null when it was worked out now, without any test's result. */
  run: { id: string; time: string } | null;
  /** Scores of earlier runs, oldest first. */
  history: number[];
  /** Rows in the same runs; null where they were not counted. */
  rows: (number | null)[];
  /** Of a table: what became of its columns when they last changed; null when they never did. */
  drift?: ShownDrift | null;
}

/** The last change of a table's columns: the run that saw it, and the run whose figures it is compared with. */
export interface ShownDrift {
  run: { id: string; time: string };
  before: { id: string; time: string };
  columns: ColumnDrift[];
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
    volumeSection(table.rows, score, paint),
    columnsSection(table, io),
    driftSection(score?.drift, io),
    table.sampled === null
      ? ""
      : paint.dim(`Shapes and most frequent values from ${plural(table.sampled, "row")}; --exact counts all.\n`),
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
    printable(shortFloat(column.min ?? "", column.type, 6)),
    printable(shortFloat(column.max ?? "", column.type, 6)),
    paint.cyan(
      countsLine(
        fewerCounts(
          (column.histogram ?? column.lengths ?? []).map(({ rows: n }) => n),
          20,
        ),
      ),
    ),
    notes(column, table.sampled ?? column.rows),
  ]);
  return renderTable(
    [
      { title: "COLUMN", shrinkTo: 16 },
      { title: "TYPE", shrinkTo: 10 },
      { title: "NULLS", align: "right" },
      { title: "DISTINCT", align: "right" },
      { title: "MIN", shrinkTo: 10 },
      { title: "MAX", shrinkTo: 10 },
      { title: "SHAPE", spare: 1 },
      { title: "MORE", shrinkTo: 10 },
    ],
    rows,
    layout(io),
  );
}

/** Rows against earlier runs. */
function volumeSection(rows: number, score: ShownScore | null, paint: Palette): string {
  if (!score?.run || score.rows.length === 0) return "";
  const [last, before] = [score.rows.at(-1) ?? null, score.rows.at(-2) ?? null];
  const against = (earlier: number, what: string) => {
    const more = rows - earlier;
    const share = earlier === 0 ? "" : ` (${more > 0 ? "+" : "−"}${formatPercent(Math.abs(more) / earlier)})`;
    return more === 0
      ? `as in ${what}`
      : `${more > 0 ? "+" : "−"}${formatCount(Math.abs(more))}${share} against ${what}`;
  };
  const parts = [
    ...(last === null ? [] : [against(last, `the last run (${score.run.id.slice(-7)}, ${ago(score.run.time)})`)]),
    ...(before === null ? [] : [against(before, "the one before it")]),
  ];
  const line = score.rows.length > 1 ? `  ${sparkline(score.rows)}` : "";
  return parts.length === 0 ? "" : `Rows        ${paint.bold(formatCount(rows))}${line}  ${parts.join(", ")}\n`;
}

const mostDrifts = 8;

/** What became of the columns when they last changed. */
function driftSection(drift: ShownDrift | null | undefined, io: Io): string {
  if (!drift || drift.columns.length === 0) return "";
  const paint = palette(io.color);
  const rows = drift.columns.slice(0, mostDrifts).map((column) => [printable(column.name), driftText(column)]);
  const more = drift.columns.length - rows.length;
  const title = `Last change of the columns: run ${drift.run.id.slice(-7)} (${ago(drift.run.time)}) against ${drift.before.id.slice(-7)} (${ago(drift.before.time)})\n`;
  const table = renderTable(
    [
      { title: "COLUMN", shrinkTo: 16 },
      { title: "CHANGED", shrinkTo: 20 },
    ],
    rows,
    layout(io, "  "),
  );
  return `${title}${table}${more > 0 ? paint.dim(`  and ${plural(more, "more column")} (see -o json)\n`) : ""}`;
}

/** `nulls 3 → 17, mean 1.5 → 2, max 10 → 12`. */
export function driftText({ state, changes }: ColumnDrift): string {
  if (state !== "changed") return state;
  return changes
    .map(({ what, before, after }) => {
      const shown = (text: string | null) => {
        if (text === null) return "none";
        if (what === "mean") return formatNumber(Number(text));
        return what === "nulls" || what === "distinct"
          ? `${what === "distinct" ? "~" : ""}${formatCount(Number(text))}`
          : printable(truncate(text, 24));
      };
      return `${what} ${shown(before)} → ${shown(after)}`;
    })
    .join(", ");
}

function notes(column: ColumnProfile, looked: number): string {
  const found: string[] = [];
  const median = column.quantiles?.find(({ share }) => share === 0.5)?.value;
  if (median !== undefined && column.average !== undefined)
    found.push(`median ${Number.isFinite(Number(median)) ? formatNumber(Number(median)) : median}`);
  if (column.average !== undefined && column.average !== null) found.push(`avg ${formatNumber(column.average)}`);
  if (column.zeros) found.push(plural(column.zeros, "zero"));
  if (column.negatives) found.push(`${formatCount(column.negatives)} negative`);
  if (column.notFinite) found.push(`${formatCount(column.notFinite)} not finite`);
  if (column.minLength !== undefined && column.minLength !== null) {
    const { minLength: least, maxLength: most } = column;
    found.push(least === most ? `length ${least}` : `length ${least}–${most}`);
  }
  if (column.emptyTexts) found.push(`${formatCount(column.emptyTexts)} empty`);
  const [top] = column.topValues ?? [];
  // One of a thousand values says little.
  if (top && looked > 0 && top.rows / looked >= 0.02 && column.average === undefined)
    found.push(`${JSON.stringify(printable(truncate(top.value, 24)))} ${formatPercent(top.rows / looked)}`);
  const [pattern] = column.patterns ?? [];
  if (pattern && looked > 0 && /9/.test(pattern.value) && pattern.rows / looked >= 0.5)
    found.push(`like ${printable(truncate(pattern.value, 24))} ${formatPercent(pattern.rows / looked)}`);
  return found.join(", ");
}

function duplicatesSection(table: TableProfile, paint: Palette): string {
  return table.duplicates
    .map(({ key, origin, rows, query }) => {
      const found = origin === "detected" ? " (a key that nobody named)" : "";
      const what = key.length === 0 ? "whole rows" : `by ${printable(key.join(", "))}${found}`;
      if (rows === 0) return `Duplicates  ${paint.green("none")} ${what}\n`;
      return `Duplicates  ${paint.red(plural(rows, "row"))} ${what}\n            ${paint.dim(query)}\n`;
    })
    .join("");
}

function recentSection(table: TableProfile, paint: Palette): string {
  if (table.recent === null) return "";
  const { rows, days, column, newest } = table.recent;
  const last =
    newest === null ? "no value up to now" : `newest ${newest.replace(/T00:00:00(\.000)?Z$/, "")} (${ago(newest)})`;
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

/** Numbers of floating point show their last digits' noise when they are written in full. */
function shortFloat(text: string, type: string | undefined, digits: number): string {
  const value = Number(text);
  return (type === "DOUBLE" || type === "FLOAT") && text !== "" && Number.isFinite(value)
    ? String(Number(value.toPrecision(digits)))
    : text;
}

const isNumeric = (type: string | undefined): boolean =>
  type !== undefined && /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(.*)$/.test(type);

function previewSection(table: TableProfile, io: Io): string {
  if (table.preview === null || table.preview.rows.length === 0) return "";
  const { columns: names } = table.preview;
  const types = names.map((name) => table.columns.find((column) => column.name === name)?.type);
  const rows = table.preview.rows.map((row) => row.map((cell, i) => printable(shortFloat(cell, types[i], 8))));
  const columns = names.map((name, i) => {
    const widest = Math.max(4, ...rows.map((row) => displayWidth(row[i] ?? "")));
    const numeric = isNumeric(types[i]);
    // A number that is cut is another number; titles and texts may be.
    const shrinkTo = numeric ? Math.max(widest, Math.min(8, displayWidth(name))) : Math.min(12, widest);
    return { title: printable(name), shrinkTo, ...(numeric && { align: "right" as const }) };
  });
  // A terminal has room for so many columns; a pipe takes them all.
  let room = columns.length;
  const least = () => columns.slice(0, room).reduce((sum, column) => sum + column.shrinkTo + 2, -2);
  while (io.isTTY && room > 1 && least() > io.width) room--;
  const left = columns.length - room;
  const note = left > 0 ? `and ${plural(left, "more column")} (in a wider terminal, or -o json)\n` : "";
  const shown = rows.map((row) => row.slice(0, room));
  return `First ${plural(rows.length, "row")}\n${renderTable(columns.slice(0, room), shown, layout(io))}${note}`;
}
