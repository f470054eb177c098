import type { ColumnProfile, Inspection, TableProfile } from "#quality/index.ts";
import { driftText, type ShownDrift, type ShownScore } from "../look/table-report.ts";
import { formatBytes, formatCount, formatNumber, formatPercent, formatScore, plural } from "../render/index.ts";
import { escapeMarkup } from "./escape.ts";
import { area, badge, columnsChart, grid, page, ring, section, shareBar, spark, tile, toneOf } from "./page.ts";

export interface InspectPage {
  lab: string;
  /** Where the database is, as people write it. */
  database: string;
  /** ISO, UTC. */
  time: string;
  inspection: Inspection;
  score: ShownScore | null;
  tableScore: (label: string) => ShownScore | null;
}

/** What the inspector found as one page with charts: every table, every column. */
export function inspectPage({ lab, database, time, inspection, score, tableScore }: InspectPage): string {
  const { schemas, tables } = inspection;
  const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const repeated = tables.filter((table) => table.duplicates.some((d) => d.rows > 0)).length;
  const broken = tables.filter((table) => table.rows === null).length;
  const columns = tables.reduce((sum, table) => sum + table.columnCount, 0);
  const tiles = [
    tile("Tables", formatCount(tables.length), `in ${plural(schemas.length, "schema")}`),
    tile("Rows", formatCount(rows), `in ${plural(columns, "column")}`),
    tile(
      "With duplicates",
      formatCount(repeated),
      repeated === 0 ? "none found" : plural(repeated, "table"),
      repeated === 0 ? "good" : "warn",
    ),
    tile(
      "Not readable",
      formatCount(broken),
      broken === 0 ? "all can be read" : plural(broken, "table"),
      broken === 0 ? "good" : "bad",
    ),
  ];
  const hero = `<section class="hero">${ring(score?.score ?? null, "Score")}<div><div class="tiles">${tiles.join("")}</div>${area(score?.history ?? [], "Score", formatScore)}</div></section>`;
  const only = tables.length === 1 ? tables[0] : undefined;
  const title = only ? `${only.schema}.${only.name}` : lab;
  const header = `<p class="eyebrow">${only ? `${escapeMarkup(lab)} · ` : ""}${escapeMarkup(database)} · <time datetime="${escapeMarkup(time)}">${escapeMarkup(time.replace("T", " ").slice(0, 16))} UTC</time></p>
<h1>${escapeMarkup(title)}</h1>`;
  const body = [
    only ? "" : hero,
    only ? "" : section("Tables", overview(tables, tableScore)),
    ...tables.map((table, i) =>
      tableSection(table, i, tableScore(`${table.schema}.${table.name}`), only !== undefined),
    ),
  ];
  return page(`${title}: inspection`, header, body.filter((part) => part !== "").join("\n"));
}

function overview(tables: TableProfile[], scoreOf: InspectPage["tableScore"]): string {
  const rows = tables.map((table, i) => {
    const score = scoreOf(`${table.schema}.${table.name}`);
    const cells = (table.rows ?? 0) * table.columnCount;
    const share = cells === 0 ? 0 : table.nulls / cells;
    const worst = Math.max(0, ...table.duplicates.map((d) => d.rows));
    const history = score?.rows.filter((n): n is number => n !== null) ?? [];
    return [
      `<a href="#t${i}">${escapeMarkup(`${table.schema}.${table.name}`)}</a>`,
      table.type,
      spark(history, `Rows in the last ${history.length} runs`),
      table.rows === null ? badge("broken", "bad") : formatCount(table.rows),
      String(table.columnCount),
      table.rows === null ? "" : `${formatPercent(share)}${shareBar(share, "warn")}`,
      worst === 0 ? "" : badge(formatCount(worst), "warn"),
      table.bytes === null ? "" : formatBytes(table.bytes),
      score?.score === null || score === null ? "" : badge(formatScore(score.score), toneOf(score.score ?? 0)),
    ];
  });
  return grid(
    ["Table", "Type", "#Rows over time", "#Rows", "#Columns", "#Empty cells", "#Duplicates", "#Size", "#Score"],
    rows,
  );
}

function tableSection(table: TableProfile, i: number, score: ShownScore | null, alone: boolean): string {
  const label = `${table.schema}.${table.name}`;
  if (table.rows === null)
    return `<section id="t${i}"><h2>${escapeMarkup(label)} ${badge("broken", "bad")}</h2><pre>${escapeMarkup(table.error ?? "")}</pre></section>`;
  const facts = [
    plural(table.rows, "row"),
    plural(table.columnCount, "column"),
    ...(table.bytes === null ? [] : [formatBytes(table.bytes)]),
    ...(table.recent === null
      ? []
      : [
          `${formatCount(table.recent.rows)} new in the last ${plural(table.recent.days, "day")} by ${table.recent.column}`,
          ...(table.recent.newest === null
            ? []
            : [`newest ${table.recent.newest.slice(0, 16).replace("T", " ").replace(" 00:00", "")}`]),
        ]),
    ...(table.sampled === null ? [] : [`shapes from ${plural(table.sampled, "row")}`]),
  ];
  const duplicates = table.duplicates.map(({ key, origin, rows, query }) => {
    const what = key.length === 0 ? "whole rows" : `by ${key.join(", ")}${origin === "detected" ? " (found)" : ""}`;
    return rows === 0
      ? badge(`no duplicates ${what}`, "good")
      : `${badge(`${plural(rows, "duplicate")} ${what}`, "warn")}<code>${escapeMarkup(query)}</code>`;
  });
  const points =
    score?.score === null || score === null ? "" : badge(`score ${formatScore(score.score)}`, toneOf(score.score));
  const cards = table.columns.map((column) => card(column, table.sampled ?? column.rows)).join("");
  const first = table.preview === null || table.preview.rows.length === 0 ? "" : preview(table);
  return `<section id="t${i}"><h2>${alone ? "Columns" : escapeMarkup(label)} ${points}</h2><p class="lead">${escapeMarkup(facts.join(" · "))}</p><p>${duplicates.join(" ")}</p>${driftTable(score?.drift)}<div class="cards">${cards}</div>${first}</section>`;
}

/** What became of the columns when they last changed. */
function driftTable(drift: ShownDrift | null | undefined): string {
  if (!drift || drift.columns.length === 0) return "";
  const day = (time: string) => time.slice(0, 16).replace("T", " ");
  const title = `Last change of the columns: ${day(drift.before.time)} → ${day(drift.run.time)}`;
  const rows = drift.columns.slice(0, 50).map((column) => [escapeMarkup(column.name), escapeMarkup(driftText(column))]);
  return `<details><summary>${escapeMarkup(title)} (${plural(drift.columns.length, "column")})</summary>${grid(["column", "changed"], rows)}</details>`;
}

const preview = ({ preview: found }: TableProfile): string =>
  found === null
    ? ""
    : `<h3 class="lead">First rows</h3>${grid(
        found.columns,
        found.rows.map((row) => row.map((cell) => escapeMarkup(cell.length > 80 ? `${cell.slice(0, 79)}…` : cell))),
      )}`;

function card(column: ColumnProfile, looked: number): string {
  const { nullShare, distinct, distinctExact } = column;
  const parts = [
    `<div><h3>${escapeMarkup(column.name)}</h3><span class="type">${escapeMarkup(column.type)}</span></div>`,
    chart(column, looked),
    topValues(column, looked),
    patterns(column, looked),
    `<dl class="facts">${facts(column)
      .map(([name, value]) => `<dt>${name}</dt><dd>${escapeMarkup(value)}</dd>`)
      .join("")}</dl>`,
    `<div>${shareBar(1 - nullShare, nullShare === 0 ? "good" : nullShare < 0.2 ? "" : "warn")}<small class="eyebrow">${nullShare === 0 ? "no nulls" : `${formatPercent(nullShare)} null (${formatCount(column.nulls)})`} · ${distinctExact ? "" : "~"}${plural(distinct, "value")}</small></div>`,
  ];
  return `<article class="card">${parts.filter((part) => part !== "").join("")}</article>`;
}

/** Values that are worth naming: of texts the most frequent ones, of numbers and dates only those that stand out. */
function telling({ topValues: found, histogram, distinct }: ColumnProfile, looked: number): boolean {
  if (!found || looked === 0) return false;
  const share = (found[0]?.rows ?? 0) / looked;
  return histogram ? share >= 0.05 && distinct > 20 : share >= 0.01;
}

function chart(column: ColumnProfile, looked: number): string {
  const { name, histogram, lengths } = column;
  // How long names are says less than which there are.
  const bins = histogram ?? (telling(column, looked) ? undefined : lengths);
  if (!bins || bins.length < 2) return "";
  const what = histogram ? "" : " characters";
  const ends: [string, string] = [`${shown(bins[0]?.from ?? "")}${what}`, `${shown(bins.at(-1)?.to ?? "")}${what}`];
  const columns = bins.map(({ from, to, rows }) => ({
    label: `${shown(from)}${from === to ? "" : ` – ${shown(to)}`}${what}: ${plural(rows, "row")}`,
    count: rows,
  }));
  return columnsChart(columns, ends, `${histogram ? "Values" : "Lengths"} of ${name}`);
}

/** Numbers short, moments without a midnight that stands for nothing, everything else as it is. */
const shown = (text: string): string =>
  /^\d{4}-\d\d-\d\d 00:00:00(\+00)?$/.test(text) ? text.slice(0, 10) : shownNumber(text);

const shownNumber = (text: string): string =>
  /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) && Math.abs(Number(text)) >= 10_000 ? formatNumber(Number(text)) : text;

function topValues(column: ColumnProfile, looked: number): string {
  if (!telling(column, looked)) return "";
  const lines = (column.topValues ?? []).map(({ value, rows }) => {
    const share = rows / looked;
    const text = value === "" ? "(empty)" : shown(value);
    return `<span class="name" title="${escapeMarkup(value)}"><i style="width:${(share * 100).toFixed(1)}%"></i><b>${escapeMarkup(text)}</b></span><span class="number">${formatPercent(share)}</span>`;
  });
  return `<div class="top">${lines.join("")}</div>`;
}

function patterns({ patterns: found }: ColumnProfile, looked: number): string {
  const many = (found ?? []).filter(({ rows }) => looked > 0 && rows / looked >= 0.05).slice(0, 3);
  if (many.length === 0) return "";
  return `<div class="chips">${many.map(({ value, rows }) => `<code title="${formatPercent(rows / looked)}">${escapeMarkup(value)}</code>`).join("")}</div>`;
}

function facts(column: ColumnProfile): [string, string][] {
  const cut = (text: string) => (text.length > 28 ? `${text.slice(0, 27)}…` : text);
  const quantile = (share: number) => column.quantiles?.find((q) => q.share === share)?.value;
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? undefined : formatNumber(value);
  const pair = (a: string | undefined, b: string | undefined) =>
    a === undefined || b === undefined ? undefined : `${cut(shown(a))} … ${cut(shown(b))}`;
  const all: [string, string | undefined][] = [
    ["range", column.min === null || column.max === null ? undefined : pair(column.min, column.max)],
    ["median", quantile(0.5) === undefined ? undefined : cut(shown(quantile(0.5) ?? ""))],
    ["middle half", pair(quantile(0.25), quantile(0.75))],
    ["5 % … 95 %", pair(quantile(0.05), quantile(0.95))],
    [
      "mean ± deviation",
      number(column.average) && `${number(column.average)} ± ${number(column.standardDeviation) ?? "–"}`,
    ],
    ["zeros", column.zeros ? formatCount(column.zeros) : undefined],
    ["negative", column.negatives ? formatCount(column.negatives) : undefined],
    ["not finite", column.notFinite ? formatCount(column.notFinite) : undefined],
    [
      "length",
      column.averageLength == null
        ? undefined
        : `${column.minLength} … ${column.maxLength}, mean ${formatNumber(column.averageLength)}`,
    ],
    ["empty", column.emptyTexts ? formatCount(column.emptyTexts) : undefined],
    ["new", column.recent ? formatCount(column.recent) : undefined],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]));
}
