import { diffSnapshots, type TableDiff, twoVersions } from "#publish/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { formatCount, type Palette, palette, plural } from "../render/index.ts";

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
  for (const { name, changed: values, sum, nulls } of columns.differ) {
    const parts = [
      ...(values === null || values === 0 ? [] : [`${plural(values, "value")} changed`]),
      ...(sum && sum.before !== sum.after ? [`sum ${sum.before ?? "none"} → ${sum.after ?? "none"}`] : []),
      ...(nulls.before === nulls.after ? [] : [`nulls ${formatCount(nulls.before)} → ${formatCount(nulls.after)}`]),
    ];
    lines.push(`    ${paint.dim("·")} ${name}: ${parts.join(", ")}`);
  }
  return `${lines.join("\n")}\n`;
}
