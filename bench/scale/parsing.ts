import { sideBySide, type Sample } from "../measure.ts";
import type { PreparedProject } from "./prepare.ts";
import { runTool, seconds, type Tool } from "./tools.ts";

interface Row {
  models: number;
  state: "cold" | "warm";
  results: Record<string, Sample>;
}

/** parse and compile by every tool, cold and warm, in turn. Gives the lines of the report. */
export function compareParsing(
  projects: PreparedProject[],
  tools: Tool[],
  rounds: (models: number) => number,
): string[] {
  const lines: string[] = [];
  for (const command of ["parse", "compile"]) {
    const rows: Row[] = [];
    for (const project of projects) {
      for (const state of ["cold", "warm"] as const) {
        const commands = Object.fromEntries(
          tools.map((tool) => [tool.name, () => runTool(tool, project, command, state === "cold")]),
        );
        process.stderr.write(`${command}, ${project.models} models, ${state}\n`);
        rows.push({ models: project.models, state, results: sideBySide(commands, rounds(project.models)) });
      }
    }
    lines.push(...tableOf(command, rows, tools));
    if (projects.length > 1) lines.push(...curve(command, rows, tools));
  }
  return lines;
}

function tableOf(command: string, rows: Row[], [ours, ...others]: Tool[]): string[] {
  if (!ours) return [];
  const head = [
    "models",
    "",
    ours.name,
    ...others.map(({ name }) => name),
    ...others.map(({ name }) => `${name} ÷ ${ours.name}`),
  ];
  const lines = [`## ${command}`, "", `| ${head.join(" | ")} |`, `|---:|---|${"---:|".repeat(head.length - 2)}`];
  for (const { models, state, results } of rows) {
    const all = [ours, ...others].map(({ name }) => seconds(results[name] as Sample));
    const ratios = others.map(({ name }) =>
      ((results[name] as Sample).wall / (results[ours.name] as Sample).wall).toFixed(1),
    );
    lines.push(`| ${[models, state, ...all, ...ratios].join(" | ")} |`);
  }
  return [...lines, ""];
}

/** Milliseconds a model beyond the smallest project: constant when cost grows linearly. */
function curve(command: string, rows: Row[], tools: Tool[]): string[] {
  const cold = rows.filter(({ state }) => state === "cold");
  const [first, ...larger] = cold;
  const lines = [
    `Growth of ${command}, cold: milliseconds of CPU for each model beyond the smallest project.`,
    "",
    `| models | ${tools.map(({ name }) => name).join(" | ")} |`,
    `|---:|${"---:|".repeat(tools.length)}`,
  ];
  for (const { models, results } of larger) {
    const each = tools.map(({ name }) => {
      const base = first?.results[name]?.cpu ?? 0;
      return ((1000 * ((results[name]?.cpu ?? 0) - base)) / (models - (first?.models ?? 0))).toFixed(2);
    });
    lines.push(`| ${[models, ...each].join(" | ")} |`);
  }
  const series = tools.map(
    ({ name }) => `  line "${name}" [${cold.map(({ results }) => (results[name]?.wall ?? 0).toFixed(2)).join(", ")}]`,
  );
  const chart = [
    "```mermaid",
    "xychart-beta",
    `  title "${command}, cold, seconds: ${tools.map(({ name }) => name).join(", ")}"`,
    `  x-axis "models" [${cold.map(({ models }) => `"${models}"`).join(", ")}]`,
    '  y-axis "seconds"',
    ...series,
    "```",
  ];
  return [...lines, "", ...chart, ""];
}
