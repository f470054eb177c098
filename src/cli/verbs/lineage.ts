import { join, resolve } from "node:path";
import { isLabsError } from "#errors/index.ts";
import type { LineageGraph } from "#engine/index.ts";
import {
  acquireLabLock,
  describeHolder,
  findWorkspace,
  type Lab,
  type LabLock,
  labTarget,
  openRegistry,
  type Workspace,
} from "#registry/index.ts";
import { labOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { lineageReport } from "../look/lineage-report.ts";
import { varsOf } from "../run/vars.ts";

export const verb: Verb = {
  arguments: [
    {
      name: "[model.column]",
      description: "A model, source or seed, or one of its columns; default: all of the project",
    },
  ],
  options: [
    { flags: "--lab <lab>", description: "The lab; default: the one of the current folder" },
    { flags: "--upstream", description: "Only what it is made of" },
    { flags: "--downstream", description: "Only what is made of it" },
    { flags: "--depth <steps>", description: "Steps to follow (default: of a column all, of a model 1)" },
    { flags: "--format <format>", description: "How to show it", choices: ["text", "json", "mermaid"] },
    { flags: "-t, --target <target>", description: "Target of the profile" },
    { flags: "--vars <yaml>", description: "Variables of the project: '{name: value}'" },
    { flags: "--project-dir <folder>", description: "A dbt project that belongs to no lab" },
    { flags: "--profiles-dir <folder>", description: "Where its profiles.yml is" },
    { flags: "--no-wait", description: "Do not wait while the lab is being run" },
  ],
  examples: [
    {
      command: "labs lineage gold_product_line_kpis.sales_per_order",
      does: "What a column is made of, and what uses it",
    },
    {
      command: "labs lineage gold_product_line_kpis --lab lab1_sales_performance",
      does: "Every column of a model, one step",
    },
    { command: "labs lineage raw.sales_data.sales --downstream", does: "What changes with a column of a source" },
    { command: "labs lineage silver_order_lines --format mermaid --depth 2", does: "A drawing for a Markdown page" },
    { command: "labs lineage -o json", does: "The whole lab as data" },
  ],
  exitNotes: "2 when there is no such model or column. A model that cannot be read is shown with the reason.",
  async run(input) {
    const { options, args, io } = input;
    const [of] = args;
    const format = input.global.output === "json" ? "json" : String(options["format"] ?? "text");
    const depth = options["depth"] === undefined ? undefined : stepsOf(options["depth"]);
    const { upstream, downstream } = {
      upstream: options["upstream"] === true,
      downstream: options["downstream"] === true,
    };
    const { lab, lineage } = await projectLineage(input);
    const { lineageMermaid, traceLineage } = await import("#engine/index.ts");
    const trace = (steps: number | undefined): LineageGraph =>
      traceLineage(lineage, {
        ...(of !== undefined && { of }),
        upstream: upstream || !downstream,
        downstream: downstream || !upstream,
        ...(steps !== undefined && { depth: steps }),
      });
    let graph = trace(depth);
    if (depth === undefined && graph.focus.node !== null && graph.focus.column === null) graph = trace(1);
    if (format === "json") writeJson(input, { lab: lab?.name ?? null, ...graph });
    else if (format === "mermaid") io.out(lineageMermaid(graph));
    else io.out(lineageReport(graph, io, { trees: (depth ?? 1) > 1 }));
    return 0;
  },
};

function stepsOf(value: unknown): number {
  const steps = Number(value);
  if (Number.isInteger(steps) && steps >= 1) return steps;
  throw cliErrors.usage({ message: `--depth is a whole number from 1 up, not ${String(value)}.` });
}

/** The lineage of the lab that is meant, or of a dbt project that belongs to none. */
async function projectLineage(input: VerbInput) {
  const { io, options } = input;
  const { columnLineage, defaultFlags, findProjectDir, targetForDatabase } = await import("#engine/index.ts");
  const vars = options["vars"] === undefined ? {} : varsOf(String(options["vars"]));
  const target = options["target"] === undefined ? undefined : String(options["target"]);
  const profilesDir =
    options["profilesDir"] === undefined ? undefined : resolve(io.cwd, String(options["profilesDir"]));
  const chosen = await chosenLab(input);
  const shared = { sink: () => {}, signal: io.signal, env: io.env, cwd: io.cwd };
  if (!chosen) {
    const projectDir = findProjectDir(resolve(io.cwd, String(options["projectDir"] ?? ".")));
    const flags = defaultFlags("compile", projectDir, {
      vars,
      ...(target && { target }),
      ...(profilesDir && { profilesDir }),
    });
    return { lab: undefined, lineage: await columnLineage(flags, shared) };
  }
  const { workspace, lab } = chosen;
  const own = labTarget(workspace, lab);
  const lock = await lockOf(input, lab);
  try {
    const flags = defaultFlags("compile", own.projectDir, { vars });
    const lineage = await columnLineage(flags, {
      ...shared,
      guard: (path) => own.guard(path, { write: true }),
      target: targetForDatabase({
        database: own.database,
        projectDir: own.projectDir,
        profilesDirs: profilesDir === undefined ? own.profilesDirs : [profilesDir, ...own.profilesDirs],
        fallbackName: own.lab,
        ...(target !== undefined && { target }),
        vars,
        env: io.env,
      }),
    });
    return { lab, lineage };
  } finally {
    lock?.release();
  }
}

/** The lab of `--lab` or of the current folder; undefined for a bare dbt project. */
async function chosenLab(input: VerbInput): Promise<{ workspace: Workspace; lab: Lab } | undefined> {
  const { io, global, options } = input;
  const folder = resolve(io.cwd, String(options["projectDir"] ?? global.workspace ?? "."));
  const name = options["lab"] === undefined ? undefined : String(options["lab"]);
  const root = findWorkspace(folder);
  if (root === undefined && name === undefined && global.workspace === undefined) return undefined;
  const workspace = openRegistry(root ?? folder);
  const inside = options["projectDir"] === undefined ? undefined : workspace.labForPath(folder);
  if (inside) return { workspace, lab: inside };
  if (name === undefined && !workspace.labForPath(folder)) {
    // A dbt project beside the labs.
    const { findProjectDir, pathKind } = await import("#engine/index.ts");
    if (pathKind(join(findProjectDir(folder), "dbt_project.yml")) === "file") return undefined;
  }
  return { workspace, lab: labOf(input, workspace, name, "--lab") };
}

async function lockOf({ io, options }: VerbInput, lab: Lab): Promise<LabLock | undefined> {
  try {
    return await acquireLabLock(lab, {
      command: `labs lineage --lab ${lab.name}`,
      wait: options["wait"] !== false,
      signal: io.signal,
      onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
    });
  } catch (error) {
    // Somebody who may only read this workspace cannot lock it, and can still look.
    if (isLabsError(error) && (error.code === "REG-010" || error.code === "REG-011")) return undefined;
    throw error;
  }
}
