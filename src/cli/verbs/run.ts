import { errorToJson, isLabsError } from "#errors/index.ts";
import {
  planLab,
  runLab,
  runLabs,
  stepNames,
  type LabEvent,
  type LabRunResult,
  type RunLabOptions,
} from "#pipeline/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import type { Verb, VerbInput } from "../io.ts";
import { tellLeftBehind } from "../look/ledger.ts";
import { palette, plural, renderTable } from "../render/index.ts";
import { errorLines } from "../run/error-lines.ts";
import { labsOf } from "../run/labs.ts";
import { positive } from "../run/numbers.ts";
import { RunScreen, summaryTable } from "../run/screen.ts";
import { runOnServer } from "../run/server.ts";
import { labsWithSteps } from "../run/steps.ts";
import { varsOf } from "../run/vars.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab...]", description: "The labs; default: the one of the current folder", variadic: true }],
  options: [
    { flags: "--all", description: "Every active lab" },
    { flags: "-s, --select <expr...>", description: "Only these nodes of the dbt project, in dbt's selection grammar" },
    { flags: "--exclude <expr...>", description: "Without these nodes" },
    {
      flags: "--full-refresh",
      description: "Load every file again and build incremental models and seeds from scratch",
    },
    { flags: "--no-changed", description: "Build every model, also those whose SQL, config and inputs did not change" },
    { flags: "--explain", description: "Say for each model why it was built or kept as it is" },
    {
      flags: "--step <name...>",
      description: `Only these steps: ${stepNames.join(", ")}, or steps of the lab's own`,
    },
    { flags: "--dry-run", description: "Show what would run and why, and change nothing" },
    { flags: "--verify", description: "Look at the content of every file, also of those that seem untouched" },
    { flags: "--fail-fast", description: "Stop a lab at its first failure" },
    { flags: "--vars <yaml>", description: "Variables for the dbt project, as YAML" },
    { flags: "--target <name>", description: "Target of the lab's profile" },
    { flags: "--threads <n>", description: "Statements side by side within a lab" },
    { flags: "-j, --jobs <n>", description: "Labs side by side; default: the machine's cores" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on a lab" },
    { flags: "--no-server", description: "Run here, also when `labs serve` runs for this workspace" },
  ],
  examples: [
    { command: "labs run lab1_sales_performance", does: "Load new files, build, test, inspect and score one lab" },
    { command: "labs run --all", does: "All active labs, several at a time; one that fails stops no other" },
    {
      command: "labs run lab1_sales_performance --select +gold_product_line_kpis",
      does: "One model and what it needs",
    },
    { command: "labs run --explain", does: "Why each model was built or kept" },
    { command: "labs run --step load transform", does: "Some stages, or steps of the lab's own, by name" },
    { command: "labs run --all --dry-run", does: "What would run, and why" },
    { command: "labs run --all -o json", does: "The result of every lab for a program" },
  ],
  exitNotes: "1 when a file, a model or a test of any lab failed.",
  async run(input) {
    const { io, options, global } = input;
    const workspace = workspaceOf(input);
    const settings = runOptions(input);
    const labs = labsWithSteps(labsOf(input, workspace), settings.steps);
    if (labs.length === 0) {
      io.err("There is no active lab. Create one: labs new <lab>\n");
      if (global.output === "json") writeJson(input, { labs: [] });
      return 0;
    }
    await tellLeftBehind(input, workspace);
    if (options["dryRun"] === true) return dryRun(input, workspace, labs, settings);
    const text = global.output === "text";
    const screen = new RunScreen(io, {
      many: labs.length > 1,
      live: text && io.isTTY && !global.quiet,
      labWidth: Math.max(...labs.map((l) => l.name.length)),
      explain: options["explain"] === true,
    });
    const onEvent = (event: LabEvent) => {
      if (text && !global.quiet) screen.on(event);
    };
    let results: LabRunResult[];
    try {
      const [only] = labs;
      results =
        (await runOnServer(input, workspace, labs, settings, onEvent)) ??
        (labs.length === 1 && only
          ? [await runLab(workspace, only, { ...settings, onEvent })]
          : await runLabs(workspace, labs, { ...settings, onEvent, script: scriptOf(), ...jobsOf(input) }));
    } finally {
      screen.end();
    }
    if (!text) writeJson(input, { ok: results.every((r) => r.status === "ok"), labs: results });
    else {
      io.out(`\n${summaryTable(results, io)}`);
      tellFailures(input, results);
      tellTotal(input, results);
      tellNext(input, results);
    }
    return results.every((r) => r.status === "ok") ? 0 : exitOf(results);
  },
};

/** A single lab that could not even start because of its configuration is wrong usage, as it is for every other verb. */
function exitOf(results: LabRunResult[]): number {
  const configuration = results.every(
    (r) => r.status === "failed" && r.error !== undefined && /^(REG|READ)-/.test(r.error.code),
  );
  return configuration ? 2 : 1;
}

function tellFailures({ io, global }: VerbInput, results: LabRunResult[]): void {
  const bad = results.filter((r) => r.status !== "ok");
  if (bad.length === 0) return;
  const paint = palette(io.color);
  io.out("\n");
  for (const { lab, message, error, runId } of bad) {
    const first = message.trim().split("\n")[0] ?? "";
    // The progress of a single lab has just said it, in full.
    const told = results.length === 1 && error !== undefined && !global.quiet;
    const [said = "", ...more] = error ? errorLines(error, io) : [first];
    if (!told) io.out([`${paint.red(lab)}: ${said}`, ...more.map((line) => `  ${line}`), ""].join("\n"));
    if (runId) io.out(`${told ? "" : "  "}${paint.dim(`details: labs logs ${runId.slice(-7)}`)}\n`);
  }
}

/** The last line of more labs than a screen has room for. */
function tellTotal({ io }: VerbInput, results: LabRunResult[]): void {
  if (results.length <= 20) return;
  const of = (status: LabRunResult["status"]) => results.filter((r) => r.status === status).length;
  const parts = (["ok", "failed", "cancelled"] as const).flatMap((s) => (of(s) > 0 ? `${of(s)} ${s}` : []));
  io.out(`\n${plural(results.length, "lab")}: ${parts.join(", ")}.\n`);
}

/** Where a person looks next; a program that reads the output has no use for it. */
function tellNext({ io, global }: VerbInput, [only, ...more]: LabRunResult[]): void {
  if (!io.isTTY || global.quiet || !only || more.length > 0 || only.status !== "ok" || only.models.ok === 0) return;
  io.out(palette(io.color).dim(`look at it: labs inspect ${only.lab}\n`));
}

/** The script of this process, which is also that of a worker. */
function scriptOf(): string {
  return process.argv[1] ?? "";
}

function jobsOf({ options }: VerbInput): { jobs?: number } {
  const jobs = options["jobs"];
  return jobs === undefined ? {} : { jobs: positive(jobs, "--jobs") };
}

function runOptions(input: VerbInput): Omit<RunLabOptions, "onEvent"> {
  const { options, io } = input;
  const list = (value: unknown): string[] | undefined => (Array.isArray(value) ? value.map(String) : undefined);
  const select = list(options["select"]);
  const exclude = list(options["exclude"]);
  const steps = list(options["step"]);
  return {
    ...(select ? { select } : {}),
    ...(exclude ? { exclude } : {}),
    ...(steps ? { steps } : {}),
    fullRefresh: options["fullRefresh"] === true,
    changed: options["changed"] !== false,
    verify: options["verify"] === true,
    failFast: options["failFast"] === true,
    wait: options["wait"] !== false,
    ...(options["threads"] === undefined ? {} : { threads: positive(options["threads"], "--threads") }),
    ...(options["vars"] === undefined ? {} : { vars: varsOf(String(options["vars"])) }),
    ...(options["target"] === undefined ? {} : { target: String(options["target"]) }),
    command: `labs ${process.argv.slice(2).join(" ")}`,
    signal: io.signal,
  };
}

async function dryRun(
  input: VerbInput,
  workspace: ReturnType<typeof workspaceOf>,
  labs: Awaited<ReturnType<typeof labsOf>>,
  settings: Omit<RunLabOptions, "onEvent">,
): Promise<number> {
  const { io, global } = input;
  const paint = palette(io.color);
  const plans: unknown[] = [];
  let failed = 0;
  for (const lab of labs) {
    try {
      const plan = await planLab(workspace, lab, settings);
      plans.push(plan);
      if (global.output === "json") continue;
      io.out(`${paint.bold(lab.name)}\n`);
      for (const step of plan.steps) io.out(`  step ${step.name} ${step.place}: ${step.why} (${step.does})\n`);
      io.out(plan.files.length === 0 ? `  load: nothing, ${plural(plan.unchanged, "file")} unchanged\n` : "  load:\n");
      for (const file of plan.files) io.out(`    ${file.action.padEnd(8)} ${file.name}: ${file.explain}\n`);
      const built = plan.nodes.filter((n) => n.resourceType !== "test" && n.resourceType !== "unit_test");
      const tests = plan.nodes.length - built.length;
      const expected = plan.expectations.length;
      const check = expected === 0 ? "" : ` and check ${plural(expected, "expectation")}`;
      io.out(
        `  build ${plural(built.length, "node")}${check === "" ? " and" : ","} run ${plural(tests, "test")}${check}:\n`,
      );
      io.out(
        renderTable(
          [{ title: "NODE" }, { title: "KIND" }, { title: "WHY" }],
          built.map((n) => [n.relation ?? n.name, n.materialized ?? n.resourceType, n.why]),
          { color: io.color, indent: "    ", ...(io.isTTY && { width: io.width }) },
        ),
      );
    } catch (error) {
      if (labs.length === 1 || !isLabsError(error)) throw error;
      failed++;
      const told = errorToJson(error);
      plans.push({ lab: lab.name, error: told });
      if (global.output !== "json")
        io.out([paint.bold(lab.name), ...errorLines(told, io).map((line) => `  ${line}`), ""].join("\n"));
    }
  }
  if (global.output === "json") writeJson(input, { dry_run: true, labs: plans });
  return failed > 0 ? 1 : 0;
}
