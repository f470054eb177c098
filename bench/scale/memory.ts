import { rmSync } from "node:fs";
import { join } from "node:path";
import { peakMemory } from "../memory.ts";
import type { PreparedProject } from "./prepare.ts";
import { commandLine, type Tool } from "./tools.ts";

/** The most memory of parse and compile, cold, by every tool. Gives the lines of the report. */
export async function compareMemory(projects: PreparedProject[], tools: Tool[]): Promise<string[]> {
  const lines = [
    "## Memory",
    "",
    "The most resident memory of the process, MB, cold.",
    "",
    `| models | command | ${tools.map(({ name }) => name).join(" | ")} |`,
    `|---:|---|${"---:|".repeat(tools.length)}`,
  ];
  for (const project of projects) {
    for (const command of ["parse", "compile"]) {
      process.stderr.write(`memory of ${command}, ${project.models} models\n`);
      const peaks: string[] = [];
      for (const tool of tools) {
        rmSync(join(project.folder, "targets"), { recursive: true, force: true });
        const env = tool.env ? { env: tool.env } : {};
        const peak = await peakMemory(commandLine(tool, project, command), { cwd: project.folder, ...env });
        peaks.push(peak.toFixed(0));
      }
      lines.push(`| ${[project.models, command, ...peaks].join(" | ")} |`);
    }
  }
  return [...lines, ""];
}
