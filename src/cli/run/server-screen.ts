import type { ErrorJson } from "#errors/index.ts";
import type { ServeOptions, ServerEvent } from "#orchestrate/index.ts";
import type { LabRunResult } from "#pipeline/index.ts";
import { milliseconds } from "#registry/index.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { formatClock, formatDuration, palette, plural, statusColor } from "../render/index.ts";
import { positive } from "./numbers.ts";

/** Options of everything that takes jobs from the queue. */
export const workerOptions: NonNullable<Verb["options"]> = [
  { flags: "-j, --jobs <n>", description: "Labs side by side; default: the machine's cores" },
  {
    flags: "--memory <megabytes>",
    description: "Memory that all runs share; default: three quarters of the machine's",
  },
  {
    flags: "--grace <time>",
    description: "How long a stop waits for runs; then they stop and go on with the next server",
    default: "60 s",
  },
  {
    flags: "--lease <time>",
    description: "How long a run may give no sign of life before it is taken for dead and started again",
    default: "30 s",
  },
];

/** What {@link workerOptions} say. Errors: CLI-001. */
export function workerSettings(
  options: VerbInput["options"],
): Pick<ServeOptions, "jobs" | "memoryMb" | "graceMs" | "leaseMs"> {
  const { jobs, memory } = options;
  return {
    ...(jobs !== undefined && { jobs: positive(jobs, "--jobs") }),
    ...(memory !== undefined && { memoryMb: positive(memory, "--memory") }),
    graceMs: timeOf(options["grace"], "--grace"),
    leaseMs: Math.max(1_000, timeOf(options["lease"], "--lease")),
  };
}

type Told = ServerEvent | { type: "ui"; url: string };

/** Prints what happens: lines for people, or of JSON for a log. */
export function serverScreen(input: VerbInput): (event: Told) => void {
  const { io, global } = input;
  return (event) => {
    if (global.output === "json") io.out(`${JSON.stringify({ at: new Date().toISOString(), ...plainEvent(event) })}\n`);
    else for (const line of lines(event, input)) io.out(`${formatClock(new Date())} ${line}\n`);
  };
}

function timeOf(value: unknown, flag: string): number {
  const text = String(value);
  if (/^\d+ ?(s|seconds?|m|min|minutes?|h|hours?)$/.test(text)) return milliseconds(text);
  throw cliErrors.usage({ message: `${flag} takes a time such as \`30 s\` or \`5 minutes\`, not ${text}.` });
}

/** Runs are recorded in full in the ledger; a log needs their ends. */
function plainEvent(event: Told): object {
  if (event.type === "run") return { type: "run", job: event.job.id, lab: event.job.lab, event: event.event };
  if (event.type !== "ended") return event;
  const { nodes: _nodes, ...result } = event.result ?? {};
  return { ...event, result: event.result && result };
}

function lines(event: Told, { io, global }: VerbInput): string[] {
  const paint = palette(io.color);
  switch (event.type) {
    case "ui":
      return [`Look at it: ${paint.bold(event.url)}`];
    case "started":
      return [
        `Serving ${plural(event.labs, "lab")}, up to ${event.jobs} side by side. ${paint.dim("labs schedule shows what comes; ctrl-C stops.")}`,
      ];
    case "queued":
      return global.quiet ? [] : [`${paint.bold(event.job.lab)} ${paint.dim(`queued: ${why(event.job.trigger)}`)}`];
    case "began": {
      const again = event.job.attempt > 1 ? `, attempt ${event.job.attempt}` : "";
      return [`${paint.bold(event.job.lab)} runs ${paint.dim(`(${why(event.job.trigger)}${again})`)}`];
    }
    case "run":
      if (event.event.type === "waiting")
        return [`${paint.bold(event.job.lab)} waits: the lab is ${event.event.holder}`];
      return [];
    case "ended": {
      const { job, result } = event;
      const state = job.state === "queued" ? "put back" : job.state;
      const color = job.state === "queued" ? paint.yellow : paint[statusColor(job.state)];
      const again =
        job.state === "queued" && job.notBefore > new Date().toISOString() ? ` Again at ${clock(job.notBefore)}.` : "";
      return [
        `${paint.bold(job.lab)} ${color(state)} ${job.message ?? ""}${again}${timing(result, paint.dim)}`,
        ...(job.state === "failed" && job.run ? [paint.dim(`  details: labs logs ${job.run.slice(-7)}`)] : []),
      ];
    }
    case "problem":
      return problem(event.error, paint.red);
    case "note":
      return [paint.yellow(event.text)];
    case "stopping":
      return event.running > 0 ? [`Stopping: waiting for ${plural(event.running, "run")}.`] : [];
    case "stopped":
      return ["Stopped."];
  }
}

const clock = (iso: string) => formatClock(new Date(iso));
const timing = (result: LabRunResult | null, dim: (text: string) => string) =>
  result ? ` ${dim(formatDuration(result.seconds))}` : "";

const reasons: Record<string, string> = {
  schedule: "its time has come",
  files: "new files",
  publish: "a lab it follows was published",
  cli: "asked for",
  api: "asked for",
};
const why = (trigger: string) => reasons[trigger] ?? trigger;

function problem(error: ErrorJson, red: (text: string) => string): string[] {
  const place = error.place && [error.place.file, error.place.line, error.place.column].filter(Boolean).join(":");
  return [
    `${red(error.code)}: ${error.message}${place ? ` (${place})` : ""}`,
    ...(error.hint ? [`  fix: ${error.hint}`] : []),
  ];
}
