import { type ErrorJson } from "#errors/index.ts";
import { type ServerEvent, serve } from "#orchestrate/index.ts";
import type { LabRunResult } from "#pipeline/index.ts";
import { milliseconds } from "#registry/index.ts";
import { workspaceOf } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { formatClock, formatDuration, palette, plural, statusColor } from "../render/index.ts";
import { positive } from "../run/numbers.ts";
import { startPages } from "../look/pages.ts";

export const verb: Verb = {
  options: [
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
    {
      flags: "--port <n>",
      description: "Port of the page and the API; default: 4400, or a free one when that is taken",
    },
    { flags: "--host <address>", description: "Offer them to other machines, to those who have a token" },
    { flags: "--allow-host <name...>", description: "Further names that the page is called by, as behind a proxy" },
    { flags: "--no-ui", description: "Without the page and the API" },
  ],
  examples: [
    {
      command: "labs serve",
      does: "Run every lab by the `schedule` of its lab.yml, until ctrl-C, with a page to look at",
    },
    { command: "labs serve -j 4 --memory 8000", does: "Four labs side by side with two gigabytes each" },
    { command: "labs serve -o json", does: "What happens as lines of JSON, for a log" },
  ],
  exitNotes:
    "0 after ctrl-C or SIGTERM; a second one stops at once, and what was running goes on with the next server.",
  endsBySignal: true,
  async run(input) {
    const { io, options, global } = input;
    const workspace = workspaceOf(input);
    const { jobs, memory } = options;
    const stop = new AbortController();
    let pages: ReturnType<typeof startPages> | undefined;
    let failure: unknown;
    const tell = (event: ServerEvent | { type: "ui"; url: string }) => {
      if (global.output === "json")
        io.out(`${JSON.stringify({ at: new Date().toISOString(), ...plainEvent(event) })}\n`);
      else for (const line of lines(event, input)) io.out(`${formatClock(new Date())} ${line}\n`);
    };
    const begin = () => {
      // Only the one server of a workspace has a page: it is started once that is certain.
      pages = startPages(input, workspace.root);
      pages.then(
        ({ url }) => tell({ type: "ui", url }),
        (error: unknown) => {
          failure = error;
          stop.abort();
        },
      );
    };
    await serve({
      workspace: workspace.root,
      script: process.argv[1] ?? "",
      ...(jobs !== undefined && { jobs: positive(jobs, "--jobs") }),
      ...(memory !== undefined && { memoryMb: positive(memory, "--memory") }),
      graceMs: timeOf(options["grace"], "--grace"),
      leaseMs: Math.max(1_000, timeOf(options["lease"], "--lease")),
      signal: AbortSignal.any([io.signal, stop.signal]),
      onEvent: (event) => {
        tell(event);
        if (event.type === "started" && options["ui"] !== false) begin();
        else void pages?.then(({ onServerEvent }) => onServerEvent(event)).catch(() => {});
      },
    }).finally(async () => {
      const server = await pages?.catch(() => undefined);
      await server?.close();
    });
    if (failure !== undefined) throw failure;
    return 0;
  },
};

function timeOf(value: unknown, flag: string): number {
  const text = String(value);
  if (/^\d+ ?(s|seconds?|m|min|minutes?|h|hours?)$/.test(text)) return milliseconds(text);
  throw cliErrors.usage({ message: `${flag} takes a time such as \`30 s\` or \`5 minutes\`, not ${text}.` });
}

/** Runs are recorded in full in the ledger; a log needs their ends. */
function plainEvent(event: ServerEvent | { type: "ui"; url: string }): object {
  if (event.type === "run") return { type: "run", job: event.job.id, lab: event.job.lab, event: event.event };
  if (event.type !== "ended") return event;
  const { nodes: _nodes, ...result } = event.result ?? {};
  return { ...event, result: event.result && result };
}

function lines(event: ServerEvent | { type: "ui"; url: string }, { io, global }: VerbInput): string[] {
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
