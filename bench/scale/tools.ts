import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "../measure.ts";
import { onceWithMemory } from "../rusage.ts";
import type { PreparedProject } from "./prepare.ts";

/** A program with dbt's command line. */
export interface Tool {
  name: string;
  command: string[];
  env?: NodeJS.ProcessEnv;
  /** Runs and measures it. */
  python: string;
}

/** The words of one command on a project: its own profile, its own target folder. */
function commandLine(tool: Tool, project: PreparedProject, command: string): string[] {
  return [...tool.command, command, "--profiles-dir", ".", "--target-path", targetOf(tool, project)];
}

const targetOf = (tool: Tool, project: PreparedProject): string =>
  join(project.folder, "targets", tool.name.replace(" ", "-"));

/** Measures one command; cold means that the target folder is deleted first. */
export function runTool(tool: Tool, project: PreparedProject, command: string, cold: boolean): Sample {
  if (cold) rmSync(targetOf(tool, project), { recursive: true, force: true });
  return onceWithMemory(tool.python, commandLine(tool, project, command), {
    cwd: project.folder,
    ...(tool.env ? { env: tool.env } : {}),
  });
}

export const seconds = ({ wall, cpu }: Sample): string => `${wall.toFixed(2)} (${cpu.toFixed(2)})`;
