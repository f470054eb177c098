import { detectChanges, driftText, type IngestPlan, openForReading } from "#ingest/index.ts";
import { errorToJson } from "#errors/index.ts";
import { ingestLab } from "#pipeline/index.ts";
import { acquireLabLock, describeHolder, type Lab, type Workspace } from "#registry/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import { proposeForLab } from "../ingest/propose.ts";
import { type LabOutcome, planJson, showOutcome } from "../ingest/report.ts";
import { watchLabs } from "../ingest/watch.ts";
import type { Verb, VerbInput } from "../io.ts";
import { labsOf } from "../run/labs.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab...]", description: "The labs; default: the one of the current folder", variadic: true }],
  options: [
    { flags: "--all", description: "Every active lab" },
    { flags: "--source <name...>", description: "Only these sources" },
    { flags: "--dry-run", description: "Show what would be loaded and why, and change nothing" },
    { flags: "--verify", description: "Look at the content of every file, also of those that seem untouched" },
    { flags: "--full-refresh", description: "Forget what was loaded and load every file again; snapshots keep theirs" },
    { flags: "--watch", description: "Go on loading what arrives, until ctrl-C" },
    { flags: "--every <time>", description: "--watch: look again this often whatever is reported", default: "60 s" },
    { flags: "--poll", description: "--watch: ask every second, where changes are not reported (network drives)" },
    { flags: "--propose", description: "Read every row of the files and print what lab.yml could say; change nothing" },
    { flags: "--freeze", description: "Like --propose, and write it into lab.yml; what stands there stays" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    { command: "labs ingest lab1_sales_performance", does: "Load what is new in its raw folder" },
    { command: "labs ingest --all --dry-run", does: "What would be loaded in every lab, and why" },
    { command: "labs ingest lab1_sales_performance --watch", does: "Load files as they are dropped" },
    { command: "labs ingest lab1_sales_performance --propose", does: "Columns, types and keys of its files, as YAML" },
    { command: "labs ingest lab1_sales_performance -o json", does: "Files with rows read, loaded and quarantined" },
  ],
  exitNotes: "1 when a file could not be loaded; the other files are loaded all the same.",
  async run(input) {
    const { options, global } = input;
    const workspace = workspaceOf(input);
    const labs = labsOf(input, workspace);
    if (options["watch"] === true) return watchLabs(input, workspace, labs);
    if (options["propose"] === true || options["freeze"] === true) {
      const [lab] = labs;
      if (!lab || labs.length > 1) {
        throw cliErrors.usage({ message: "`--propose` and `--freeze` take one lab.", hint: "Name one lab." });
      }
      return proposeForLab(input, lab, options["freeze"] === true);
    }
    const outcomes: LabOutcome[] = [];
    for (const lab of labs) {
      let outcome: LabOutcome;
      try {
        outcome = options["dryRun"] === true ? await look(input, lab) : await ingest(input, workspace, lab);
      } catch (error) {
        // One lab's trouble never stops the others; a single lab's error is the command's own.
        if (labs.length === 1 || input.io.signal.aborted) throw error;
        outcome = { lab: lab.name, error };
      }
      outcomes.push(outcome);
      if (global.output === "text") showOutcome(input, outcome, labs.length > 1);
    }
    if (global.output === "json") {
      const labsJson = outcomes.map(({ lab, plan, result, runId, error }) => ({
        lab,
        ...(runId !== undefined && { run: runId }),
        ...(plan && { plan: planJson(plan) }),
        ...(result && { result }),
        ...(error !== undefined && { error: errorToJson(error) }),
      }));
      writeJson(input, options["dryRun"] === true ? { dry_run: true, labs: labsJson } : { labs: labsJson });
    }
    const failed = outcomes.some((outcome) => outcome.error !== undefined || (outcome.result?.failed ?? 0) > 0);
    return failed ? 1 : 0;
  },
};

function detection({ io, options }: VerbInput) {
  const sources = options["source"] as string[] | undefined;
  return {
    verify: options["verify"] === true,
    fullRefresh: options["fullRefresh"] === true,
    ...(sources && { sources }),
    signal: io.signal,
  };
}

async function look(input: VerbInput, lab: Lab): Promise<LabOutcome> {
  const { io, options } = input;
  const lock = await acquireLabLock(lab, {
    command: `labs ingest ${lab.name}`,
    wait: options["wait"] !== false,
    signal: io.signal,
    onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
  });
  try {
    const database = await openForReading(lab);
    try {
      const plan = await detectChanges({ lab, ...detection(input), ...(database && { database }) });
      requireSources(input, plan);
      return { lab: lab.name, plan };
    } finally {
      await database?.close();
    }
  } finally {
    lock.release();
  }
}

async function ingest(input: VerbInput, workspace: Workspace, lab: Lab): Promise<LabOutcome> {
  const { io, global, options } = input;
  const loaded = await ingestLab(workspace, lab, {
    ...detection(input),
    wait: options["wait"] !== false,
    command: ["labs ingest", lab.name, ...(options["fullRefresh"] === true ? ["--full-refresh"] : [])].join(" "),
    onPlan: (plan) => requireSources(input, plan),
    onEvent: (event) => {
      if (event.type === "waiting") io.err(`${lab.name} is ${event.holder}. Waiting; ctrl-C stops.\n`);
      if (event.type === "message" && (event.level !== "info" || !global.quiet)) io.err(`${event.text}\n`);
      if (global.output === "json" || global.quiet || event.type !== "ingest") return;
      if (event.event.type === "drift") io.err(`${driftText(event.event)}\n`);
      if (event.event.type === "note") io.err(`${event.event.file}: ${event.event.text}\n`);
    },
  });
  return { lab: lab.name, ...loaded };
}

function requireSources({ options }: VerbInput, plan: IngestPlan): void {
  const wanted = (options["source"] as string[] | undefined) ?? [];
  const known = plan.sources.map((source) => source.name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw cliErrors.usage({
    message: `The lab ${plan.lab} has no source named ${unknown}.`,
    hint:
      known.length > 0
        ? `Its sources are ${known.join(", ")}.`
        : "It has no sources: there is no file in its raw folder.",
  });
}
