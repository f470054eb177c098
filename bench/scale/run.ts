/**
 * `npm run bench -- scale`: generated projects of growing size, parsed and compiled by the engine, dbt-core and dbt v2,
 * built by the engine and by a script that only sends the same SQL. Writes its part of bench/RESULTS.md.
 * `--models 10,100,1000,5000`, `--rounds N` (default: fewer for larger projects), `--only parse,build,memory`.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { writePart } from "../results.ts";
import { compareBuilds } from "./builds.ts";
import { dbt2 } from "./dbt2.ts";
import { compareMemory } from "./memory.ts";
import { compareParsing } from "./parsing.ts";
import { makeProject } from "./prepare.ts";
import type { Tool } from "./tools.ts";

const root = join(import.meta.dirname, "..", "..");

/** Runs the measurement with the words after `scale`. */
export async function scale(words: string[]): Promise<void> {
  const option = (name: string, usual: string): string => words[words.indexOf(name) + 1 || words.length] ?? usual;
  const sizes = option("--models", "10,100,1000,5000").split(",").map(Number);
  const only = option("--only", "parse,build,memory").split(",");
  const given = Number(option("--rounds", "0"));
  const rounds = (models: number): number => given || (models < 500 ? 5 : models < 3000 ? 3 : 1);
  const python = process.env.JUDGE_PYTHON ?? join(root, "conformance", ".judges", "venv", "bin", "python");
  if (!existsSync(python)) throw new Error("The judges' Python is not there. Run `npm run judge:setup` first.");
  const second = dbt2(python);
  const tools: Tool[] = [
    { name: "labs", command: [process.execPath, join(root, "dist", "labs.js"), "dbt"] },
    {
      name: "dbt-core",
      command: [join(python, "..", "dbt")],
      env: { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: "false" },
    },
    ...(second ? [{ name: "dbt v2", command: [second.program], env: second.env }] : []),
  ];
  const folder = mkdtempSync(join(tmpdir(), "labs-scale-"));
  const lines = [
    "# Generated projects of 10 to 5,000 models",
    "",
    `Written by \`npm run bench -- scale\` on ${availableParallelism()} cores: Node ${process.versions.node}, dbt-core 1.12.3 with dbt-duckdb 1.11.0, ${second ? `dbt v2 ${second.version}` : "dbt v2 could not be installed"}.`,
    "A project has about two tests a model, and sources, macros, vars, seeds and descriptions (`bench/scale/project.ts`).",
    "Whole processes, wall seconds (CPU seconds). Cold: no target folder. Warm: the command ran there before.",
    "",
  ];
  try {
    const projects = [];
    for (const models of sizes) projects.push(await makeProject(join(folder, String(models)), models));
    if (only.includes("parse")) lines.push(...compareParsing(projects, tools, rounds));
    if (only.includes("build")) lines.push(...(await compareBuilds(projects, tools[0] as Tool, rounds, folder)));
    if (only.includes("memory")) lines.push(...(await compareMemory(projects, tools)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = lines.join("\n");
  // Part of a measurement is for the eye; the file keeps the whole one.
  if (words.every((word) => word === "--rounds" || /^\d+$/.test(word))) writePart("scale", text);
  process.stdout.write(`${text}\n`);
}
