import { sideBySide, type Sample } from "../measure.ts";
import type { PreparedProject } from "./prepare.ts";
import { runTool, seconds, type Tool } from "./tools.ts";

const commands = ["parse", "compile"] as const;

/** One line of a table: a command on a project by every tool. */
export interface Row {
  command: (typeof commands)[number];
  models: number;
  state: "cold" | "warm";
  results: Record<string, Sample>;
}

/** parse and (unless switched off) compile of one project by every tool in turn, cold and warm; a row as soon as it is measured. */
export function* compareParsing(
  project: PreparedProject,
  tools: Tool[],
  rounds: number,
  compile = true,
): Generator<Row> {
  for (const command of commands) {
    if (command === "compile" && !compile) continue;
    for (const state of ["cold", "warm"] as const) {
      process.stderr.write(`${command}, ${project.models} models, ${state}\n`);
      const runs = tools.map((tool) => [tool.name, () => runTool(tool, project, command, state === "cold")] as const);
      yield { command, models: project.models, state, results: sideBySide(Object.fromEntries(runs), rounds) };
    }
  }
}

/** The lines of the report. */
export function parsingReport(rows: Row[], tools: Tool[]): string[] {
  const lines = commands.flatMap((command) => {
    const own = rows.filter((row) => row.command === command);
    return [...tableOf(command, own, tools), ...curve(command, own, tools)];
  });
  return [...lines, ...memoryOf(rows, tools)];
}

function tableOf(command: string, rows: Row[], [ours, ...others]: Tool[]): string[] {
  if (!ours) return [];
  const ratios = others.map(({ name }) => `${name} ÷ ${ours.name}`);
  const head = ["models", "", ours.name, ...others.map(({ name }) => name), ...ratios];
  const lines = [`## ${command}`, "", `| ${head.join(" | ")} |`, `|---:|---|${"---:|".repeat(head.length - 2)}`];
  for (const { models, state, results } of rows) {
    const own = results[ours.name] as Sample;
    const cells = others.map(({ name }) => {
      const { wall, cpu } = results[name] as Sample;
      return `${(wall / own.wall).toFixed(1)} (${(cpu / own.cpu).toFixed(1)})`;
    });
    const all = [ours, ...others].map(({ name }) => seconds(results[name] as Sample));
    lines.push(`| ${[models, state, ...all, ...cells].join(" | ")} |`);
  }
  return [...lines, ""];
}

/** Milliseconds for each model beyond the smallest project: constant when cost grows linearly. */
function curve(command: string, rows: Row[], tools: Tool[]): string[] {
  const cold = rows.filter(({ state }) => state === "cold");
  const [first, ...larger] = cold;
  if (!first || larger.length === 0) return [];
  const lines = [
    `Growth of ${command}, cold: milliseconds of CPU for each model beyond the smallest project.`,
    "",
    `| models | ${tools.map(({ name }) => name).join(" | ")} |`,
    `|---:|${"---:|".repeat(tools.length)}`,
  ];
  for (const { models, results } of larger) {
    const each = tools.map(({ name }) => {
      const more = (results[name]?.cpu ?? 0) - (first.results[name]?.cpu ?? 0);
      return ((1000 * more) / (models - first.models)).toFixed(2);
    });
    lines.push(`| ${[models, ...each].join(" | ")} |`);
  }
  const series = tools.map(
    ({ name }) => `  line "${name}" [${cold.map(({ results }) => (results[name]?.cpu ?? 0).toFixed(2)).join(", ")}]`,
  );
  const chart = [
    "```mermaid",
    "xychart-beta",
    `  title "${command}, cold, seconds of CPU: ${tools.map(({ name }) => name).join(", ")}"`,
    `  x-axis "models" [${cold.map(({ models }) => `"${models}"`).join(", ")}]`,
    '  y-axis "seconds"',
    ...series,
    "```",
  ];
  return [...lines, "", ...chart, ""];
}

function memoryOf(rows: Row[], tools: Tool[]): string[] {
  const cold = rows.filter(({ state }) => state === "cold");
  return [
    "## Memory",
    "",
    "The most resident memory of the process, MB, cold.",
    "",
    `| models | command | ${tools.map(({ name }) => name).join(" | ")} |`,
    `|---:|---|${"---:|".repeat(tools.length)}`,
    ...cold.map(({ models, command, results }) => {
      const peaks = tools.map(({ name }) => (results[name]?.memory ?? Number.NaN).toFixed(0));
      return `| ${[models, command, ...peaks].join(" | ")} |`;
    }),
    "",
  ];
}
