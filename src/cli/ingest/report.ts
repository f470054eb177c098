import { renderError } from "#errors/index.ts";
import { type FileChange, type FileResult, type IngestPlan, type IngestResult, isPollName } from "#ingest/index.ts";
import type { VerbInput } from "../io.ts";
import { formatCount, formatDuration, palette, plural, renderTable } from "../render/index.ts";

/** What became of one lab. */
export interface LabOutcome {
  lab: string;
  plan?: IngestPlan;
  result?: IngestResult;
  runId?: string | null;
  error?: unknown;
}

/** A plan under the names that `-o json` uses. */
export const planJson = (plan: IngestPlan) => ({
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

/** Shows what was (or would be) loaded in one lab, and everything that is wrong with it. */
export function showOutcome(input: VerbInput, outcome: LabOutcome, several: boolean): void {
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
  for (const file of result?.files ?? []) {
    for (const { text } of file.warnings ?? []) io.err(`${paint.yellow("warning")}: ${file.file}: ${text}\n`);
  }
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
    isPollName(change.name) ? "poll" : change.action,
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
  if (result.files.length === 0) {
    const polled = plan.changes.filter(({ name }) => isPollName(name)).length;
    const polls = polled > 0 ? `${plural(polled, "source")} polled, ` : "";
    return `${polled > 0 ? "Nothing new" : "Nothing to load"}: ${polls}${plural(plan.unchanged, "file")} unchanged.\n`;
  }
  const known = result.files.some(({ rowsRepeated = 0 }) => rowsRepeated > 0);
  const paint = palette(io.color);
  const rows = result.files.map((file) => [
    file.file,
    file.table,
    file.outcome === "failed" ? paint.red("failed") : file.outcome,
    file.reason,
    formatCount(file.rowsRead),
    formatCount(file.rowsLoaded),
    file.rowsQuarantined > 0 ? paint.yellow(formatCount(file.rowsQuarantined)) : "0",
    ...(known ? [formatCount(file.rowsRepeated ?? 0)] : []),
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
    ...(known ? [{ title: "KNOWN ALREADY", align: "right" as const }] : []),
    { title: "TIME", align: "right" as const },
  ];
  return renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) });
}
