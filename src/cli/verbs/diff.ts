import { diffSnapshots, type ColumnDiff, type Distribution, type TableDiff, twoVersions } from "#publish/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import {
  countsLine,
  formatCount,
  formatNumber,
  formatPercent,
  type Palette,
  palette,
  plural,
  printable,
  truncate,
} from "../render/index.ts";

export const verb: Verb = {
  arguments: [
    { name: "[lab]", description: "The lab; default: the one of the current folder" },
    { name: "[before]", description: "A published version; default: the one before the current" },
    { name: "[after]", description: "Another one; default: the current" },
  ],
  options: [{ flags: "--all", description: "Also tables that are the same" }],
  examples: [
    { command: "labs diff lab1_sales_performance", does: "What the last publication changed, table by table" },
    {
      command: "labs diff lab1_sales_performance 20261101T060000Z-1a2b3c4 20261123T060000Z-5d6e7f8",
      does: "Between two versions of `labs publish --list`",
    },
  ],
  exitNotes: "0 whether or not there are differences; 1 when nothing is published yet.",
  async run(input) {
    const { io, global, args, options } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, args[0]);
    const { before, after } = twoVersions(lab.paths.database, args[1], args[2]);
    const keys = new Map(
      Object.entries(lab.config.quality.tables ?? {}).flatMap(([name, { key }]) =>
        key === undefined ? [] : [[name.toLowerCase(), typeof key === "string" ? [key] : key] as const],
      ),
    );
    const tables = await diffSnapshots(before.file, after.file, keys);
    if (global.output === "json") {
      writeJson(input, { lab: lab.name, before: before.version, after: after.version, tables });
      return 0;
    }
    const paint = palette(io.color);
    io.out(`${paint.dim("before")} ${before.version}\n${paint.dim("after ")} ${after.version}\n`);
    const shown = tables.filter(({ state }) => options["all"] === true || state !== "same");
    for (const table of shown) io.out(`\n${tableText(table, paint)}`);
    const same = tables.length - tables.filter(({ state }) => state !== "same").length;
    if (shown.length < tables.length) io.out(`\n${plural(same, "table")} ${same === 1 ? "is" : "are"} the same\n`);
    return 0;
  },
};

function tableText(diff: TableDiff, paint: Palette): string {
  const { table, state, rows, key, added, removed, changed, columns } = diff;
  const mark = { same: paint.dim("="), changed: paint.yellow("~"), added: paint.green("+"), removed: paint.red("-") };
  const lines = [`${mark[state]} ${paint.bold(table)}  ${formatCount(rows.before)} → ${formatCount(rows.after)} rows`];
  if (state === "changed") {
    const by = key.length > 0 ? `by ${key.join(", ")}` : "whole rows, no key in lab.yml";
    const counts = [
      `${formatCount(added)} added`,
      `${formatCount(removed)} removed`,
      ...(changed === null ? [] : [`${formatCount(changed)} changed`]),
    ];
    lines.push(`    ${counts.join(", ")} ${paint.dim(`(${by})`)}`);
  }
  for (const { name, type } of columns.added) lines.push(`    ${paint.green("+")} column ${name} ${paint.dim(type)}`);
  for (const { name, type } of columns.removed) lines.push(`    ${paint.red("-")} column ${name} ${paint.dim(type)}`);
  for (const { name, before, after } of columns.retyped)
    lines.push(`    ${paint.yellow("~")} column ${name} ${paint.dim(`${before} → ${after}`)}`);
  for (const column of columns.differ) lines.push(...columnLines(column, paint));
  return `${lines.join("\n")}\n`;
}

/** What became of a column; nothing of one whose figures and spread are practically the same, as those of a new row's key. */
function columnLines({ name, changed, sum, nulls, distribution }: ColumnDiff, paint: Palette): string[] {
  const moved = distribution?.shift ?? 0;
  const parts = [
    ...(changed === null || changed === 0 ? [] : [`${plural(changed, "value")} changed`]),
    ...(sum && sum.before !== sum.after ? [`sum ${sum.before ?? "none"} → ${sum.after ?? "none"}`] : []),
    ...(nulls.before === nulls.after ? [] : [`nulls ${formatCount(nulls.before)} → ${formatCount(nulls.after)}`]),
    ...figures(distribution),
    ...(moved >= leastShift ? [`${formatPercent(moved)} of the rows lie elsewhere`] : []),
  ];
  if (parts.length === 0) return [];
  const lines = [`    ${paint.dim("·")} ${printable(name)}: ${parts.join(", ")}`];
  if (distribution && moved >= leastShift) lines.push(...spreadLines(distribution, paint));
  return lines;
}

/** A smaller shift is not worth a line. */
const leastShift = 0.001;

function figures(distribution: Distribution | null): string[] {
  if (!distribution) return [];
  const { before, after, exact } = distribution;
  const mean = [before.mean, after.mean].map((n) => (n === null ? "none" : formatNumber(n)));
  const about = exact ? "" : "~";
  const range = [before, after].map(({ min, max }) => `${short(min)} … ${short(max)}`);
  return [
    ...(mean[0] === mean[1] ? [] : [`mean ${mean[0]} → ${mean[1]}`]),
    ...(before.distinct === after.distinct
      ? []
      : [`different ${about}${formatCount(before.distinct)} → ${about}${formatCount(after.distinct)}`]),
    ...(range[0] === range[1] ? [] : [`range ${range[0]} → ${range[1]}`]),
  ];
}

const short = (value: string | null) => (value === null ? "none" : printable(truncate(value, 24)));

/** Numbers and times as two pictures over the same ten steps, values as their rows before and after. */
function spreadLines({ parts, before }: Distribution, paint: Palette): string[] {
  if (parts.some(({ label }) => label.includes(" … ")) && before.median !== null) {
    const [old, now] = [parts.map((part) => part.before), parts.map((part) => part.after)];
    const [from, to] = [parts[0]?.label.split(" … ")[0], parts.at(-1)?.label.split(" … ")[1]];
    return [`        ${paint.dim(`${from} `)}${countsLine(old)}${paint.dim(` ${to}  →  `)}${countsLine(now)}`];
  }
  return parts
    .filter((part) => part.before !== part.after)
    .slice(0, 5)
    .map((part) => `        ${paint.dim(short(part.label))} ${formatCount(part.before)} → ${formatCount(part.after)}`);
}
