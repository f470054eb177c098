import {
  detectChanges,
  type FileChange,
  type FileResult,
  type IngestPlan,
  type IngestResult,
  loadChanges,
  openForLoading,
  openForReading,
} from "#ingest/index.ts";
import { errorToJson, renderError } from "#errors/index.ts";
import { acquireLabLock, describeHolder, type Lab, requireOwnDatabase, type Workspace } from "#registry/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { formatCount, formatDuration, palette, plural, renderTable } from "../render/index.ts";

interface LabOutcome {
  lab: string;
  plan?: IngestPlan;
  result?: IngestResult;
  error?: unknown;
}

export const verb: Verb = {
  arguments: [{ name: "[lab...]", description: "The labs; default: the one of the current folder", variadic: true }],
  options: [
    { flags: "--all", description: "Every active lab" },
    { flags: "--source <name...>", description: "Only these sources" },
    { flags: "--dry-run", description: "Show what would be loaded and why, and change nothing" },
    { flags: "--verify", description: "Look at the content of every file, also of those that seem untouched" },
    { flags: "--full-refresh", description: "Forget what was loaded and load every file again" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    { command: "labs ingest lab1_sales_performance", does: "Load what is new in its raw folder" },
    { command: "labs ingest --all --dry-run", does: "What would be loaded in every lab, and why" },
    { command: "labs ingest lab1_sales_performance -o json", does: "Files with rows read, loaded and quarantined" },
  ],
  exitNotes: "1 when a file could not be loaded; the other files are loaded all the same.",
  async run(input) {
    const { options, global } = input;
    const workspace = workspaceOf(input);
    if (options["all"] === true && input.args.length > 0) {
      throw cliErrors.usage({
        message: "`--all` and the name of a lab exclude each other.",
        hint: "Leave one of them out.",
      });
    }
    const names = input.args.length > 0 ? input.args : [undefined];
    const labs = options["all"] === true ? workspace.active : names.map((name) => labOf(input, workspace, name));
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
      if (global.output === "text") show(input, outcome, labs.length > 1);
    }
    if (global.output === "json") {
      const labsJson = outcomes.map(({ lab, plan, result, error }) => ({
        lab,
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

function detection({ io, options }: VerbInput, lab: Lab) {
  const sources = options["source"] as string[] | undefined;
  return {
    lab,
    verify: options["verify"] === true,
    fullRefresh: options["fullRefresh"] === true,
    ...(sources && { sources }),
    signal: io.signal,
  };
}

async function look(input: VerbInput, lab: Lab): Promise<LabOutcome> {
  const lock = await lockLab(input, lab);
  try {
    const database = await openForReading(lab);
    try {
      const plan = await detectChanges({ ...detection(input, lab), ...(database && { database }) });
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
  const { io, global } = input;
  requireOwnDatabase(workspace, lab);
  const lock = await lockLab(input, lab);
  try {
    const database = await openForLoading(lab);
    try {
      const plan = await detectChanges({ ...detection(input, lab), database });
      requireSources(input, plan);
      const result = await loadChanges(plan, {
        database,
        loadId: `ingest-${new Date().toISOString()}`,
        signal: io.signal,
        onEvent: (event) => {
          if (global.output === "json" || global.quiet) return;
          if (event.type === "drift") io.err(`${event.file}: new columns ${event.added.join(", ")}\n`);
        },
      });
      return { lab: lab.name, plan, result };
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

const lockLab = ({ io, options }: VerbInput, lab: Lab) =>
  acquireLabLock(lab, {
    command: `labs ingest ${lab.name}`,
    wait: options["wait"] !== false,
    signal: io.signal,
    onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
  });

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

const planJson = (plan: IngestPlan) => ({
  unchanged: plan.unchanged,
  unclaimed: plan.unclaimed,
  changes: plan.changes.map((change) => ({
    file: change.name,
    source: change.source,
    table: `raw.${change.table}`,
    action: change.action,
    reason: change.reason,
    explain: change.explain,
    bytes: change.stat.bytes,
    total_rows: change.totalRows ?? null,
    new_rows: change.newRows ?? null,
    ...(change.error && { error: change.error }),
  })),
});

function show(input: VerbInput, outcome: LabOutcome, several: boolean): void {
  const { io, options } = input;
  const paint = palette(io.color);
  if (several) io.out(`${paint.bold(outcome.lab)}\n`);
  if (outcome.error !== undefined) {
    io.err(`${renderError(outcome.error, { color: io.color })}\n`);
    return;
  }
  const { plan, result } = outcome;
  if (!plan) return;
  if (options["dryRun"] === true) io.out(planText(plan, input));
  else if (result) io.out(resultText(plan, result, input));
  for (const name of plan.unclaimed) io.err(`${name} belongs to no source of lab.yml and is not loaded.\n`);
  const errors = [...plan.changes.flatMap(planError), ...(result?.files ?? []).flatMap(resultError)];
  const seen = new Set<string>();
  for (const error of errors) {
    const text = `${paint.red(`error[${error.code}]`)}: ${error.message}${error.place ? `\n  at ${position(error.place)}` : ""}${error.hint ? `\n  ${paint.green("fix")}: ${error.hint}` : ""}\n`;
    if (!seen.has(text)) io.err(text);
    seen.add(text);
  }
}

const planError = (change: FileChange) => (change.error ? [change.error] : []);
const resultError = (file: FileResult) => (file.error ? [file.error] : []);
const position = (place: { file: string; line?: number; column?: number }) =>
  [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");

function planText(plan: IngestPlan, { io }: VerbInput): string {
  const changes = plan.changes.filter((change) => change.reason !== "unchanged");
  if (changes.length === 0) return `Nothing to load: ${plural(plan.unchanged, "file")} unchanged.\n`;
  const rows = changes.map((change) => [
    change.name,
    `raw.${change.table}`,
    change.action,
    change.newRows === undefined ? "?" : formatCount(change.newRows),
    change.explain,
  ]);
  const columns = [
    { title: "FILE", shrinkTo: 20 },
    { title: "TABLE" },
    { title: "ACTION" },
    { title: "NEW ROWS", align: "right" as const },
    { title: "WHY", shrinkTo: 20 },
  ];
  return renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) });
}

function resultText(plan: IngestPlan, result: IngestResult, { io }: VerbInput): string {
  if (result.files.length === 0) return `Nothing to load: ${plural(plan.unchanged, "file")} unchanged.\n`;
  const paint = palette(io.color);
  const rows = result.files.map((file) => [
    file.file,
    file.table,
    file.outcome === "failed" ? paint.red("failed") : file.outcome,
    file.reason,
    formatCount(file.rowsRead),
    formatCount(file.rowsLoaded),
    file.rowsQuarantined > 0 ? paint.yellow(formatCount(file.rowsQuarantined)) : "0",
    formatDuration(file.seconds),
  ]);
  const columns = [
    { title: "FILE", shrinkTo: 20 },
    { title: "TABLE" },
    { title: "OUTCOME" },
    { title: "REASON" },
    { title: "READ", align: "right" as const },
    { title: "LOADED", align: "right" as const },
    { title: "QUARANTINED", align: "right" as const },
    { title: "TIME", align: "right" as const },
  ];
  return renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) });
}
