/**
 * `npm run bench -- scale`: generated projects of growing size, parsed and compiled by the engine, dbt-core and dbt v2,
 * built by the engine and by a script that only sends the same SQL. Writes its part of bench/RESULTS.md after each row,
 * so that a measurement that is stopped leaves what it has. Options: `--models 10,100,1000,5000`, `--rounds 5,5,3,1`
 * (one number for each size), `--compiles 10,100,1000` and `--builds 10,100` (sizes to compile and to build), `--no-file`.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { writePart } from "../results.ts";
import { buildReport, compareBuilds, type BuildRow } from "./builds.ts";
import { dbt2 } from "./dbt2.ts";
import { compareParsing, parsingReport, type Row } from "./parsing.ts";
import { makeProject } from "./prepare.ts";
import type { Tool } from "./tools.ts";

const root = join(import.meta.dirname, "..", "..");

/** Runs the measurement with the words after `scale`. */
export async function scale(words: string[]): Promise<void> {
  const numbers = (name: string, usual: string): number[] =>
    (words[words.indexOf(name) + 1 || words.length] ?? usual).split(",").map(Number);
  const sizes = numbers("--models", "10,100,1000,5000");
  const rounds = numbers("--rounds", "5,5,3,1");
  const builds = numbers("--builds", sizes.join(","));
  const compiles = numbers("--compiles", sizes.join(","));
  const python = process.env.JUDGE_PYTHON ?? join(root, "conformance", ".judges", "venv", "bin", "python");
  if (!existsSync(python)) throw new Error("The judges' Python is not there. Run `npm run judge:setup` first.");
  const second = dbt2(python);
  const labs: Tool = { name: "labs", python, command: [process.execPath, join(root, "dist", "labs.js"), "dbt"] };
  const core: Tool = {
    name: "dbt-core",
    python,
    command: [join(python, "..", "dbt")],
    env: { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: "false" },
  };
  const tools = [
    labs,
    core,
    ...(second ? [{ name: "dbt v2", python, command: [second.program], env: second.env }] : []),
  ];
  const parsed: Row[] = [];
  const built: BuildRow[] = [];
  const report = (): string =>
    [
      "# Generated projects of 10 to 5,000 models",
      "",
      `Written by \`npm run bench -- scale\` on ${availableParallelism()} cores: Node ${process.versions.node}, dbt-core 1.12.3 with dbt-duckdb 1.11.0, ${second ? `dbt v2 ${second.version}` : "dbt v2 could not be installed"}. A project has about two tests a model, and sources, macros, vars, seeds and descriptions (\`bench/scale/project.ts\`).`,
      "",
      `Whole processes, wall seconds (CPU seconds of all their threads); ratios of wall time (of CPU time). Cold: without a target folder. Warm: the command ran there before. Where other programs share the machine the CPU times tell more: its load average at the end was ${(loadavg()[1] ?? 0).toFixed(1)}.`,
      "",
      ...(second ? [dbt2Note, ""] : []),
      ...parsingReport(parsed, tools),
      ...buildReport(built),
    ].join("\n");
  const save = (): void => {
    if (!words.includes("--no-file")) writePart("scale", report());
  };
  const folder = mkdtempSync(join(tmpdir(), "labs-scale-"));
  try {
    for (const [i, size] of sizes.entries()) {
      const project = await makeProject(join(folder, String(size)), size);
      const count = rounds[i] ?? rounds.at(-1) ?? 1;
      for (const row of compareParsing(project, tools, count, compiles.includes(size))) {
        parsed.push(row);
        save();
      }
      if (!builds.includes(size)) continue;
      for await (const row of compareBuilds(project, labs, count, folder)) {
        built.push(row);
        save();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${report()}\n`);
}

/** What can be compared without a network. */
const dbt2Note =
  "dbt v2: the newest wheel on PyPI is a release candidate; the final versions there are source packages that download their program from elsewhere. It also downloads its DuckDB driver; here it gets the same libduckdb that labs uses (`bench/scale/dbt2.ts`), so that `compile` can ask the database. It parses and renders every file anew each time, so cold and warm are the same to it.";
