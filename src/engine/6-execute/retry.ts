import { resolve } from "node:path";
import { loadRunResults } from "../7-artifacts/index.ts";
import { engineError } from "../errors.ts";
import type { Command, Flags } from "../flags.ts";

const retryable = new Set(["error", "fail", "skipped", "runtime error", "partial success"]);
const commands: Record<string, Command> = {
  build: "build",
  run: "run",
  test: "test",
  seed: "seed",
  snapshot: "snapshot",
  compile: "compile",
  clone: "clone",
  "run-operation": "run-operation",
  generate: "docs generate",
  freshness: "source freshness",
};

/** The flags of the last command with what did not succeed selected. Source: dbt-core task/retry.py. */
export function retryFlags(flags: Flags): Flags {
  const folder = flags.state ?? flags.targetPath ?? "target";
  const previous = loadRunResults(resolve(flags.projectDir, folder));
  // A run without results is none to dbt, either.
  if (!previous || previous.results.length === 0) {
    throw engineError("runtime", {
      message: `Could not find previous run in '${folder}' target directory`,
      hint: "Run a command first, or point --state at the folder with its run_results.json.",
    });
  }
  const { args } = previous;
  const command = commands[String(args.which)];
  if (!command)
    throw engineError("runtime", {
      message: `The previous command '${String(args.which)}' cannot be retried`,
      hint: "Run it again.",
    });
  const again = flags.warnError ? new Set([...retryable, "warn"]) : retryable;
  const missed = previous.results.filter((r) => again.has(r.status) && !r.unique_id.startsWith("operation."));
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    ...flags,
    command,
    select: [],
    exclude: [],
    onlyIds: missed.map((r) => r.unique_id),
    retryBatches: Object.fromEntries(missed.flatMap((r) => failedBatches(r))),
    fullRefresh: args.full_refresh === true || flags.fullRefresh,
    failFast: args.fail_fast === true || flags.failFast,
    empty: args.empty === true || flags.empty,
    defer: args.defer === true || flags.defer,
    favorState: args.favor_state === true || flags.favorState,
    ...text("sample", args.sample),
    ...text("eventTimeStart", args.event_time_start),
    ...text("eventTimeEnd", args.event_time_end),
    ...(args.store_failures === true ? { storeFailures: true } : {}),
    vars: {
      ...(typeof args.vars === "object" && args.vars !== null ? (args.vars as Flags["vars"]) : {}),
      ...flags.vars,
    },
    resourceTypes: list(args.resource_types),
    excludeResourceTypes: list(args.exclude_resource_types),
    ...(args.macro ? { macro: String(args.macro), macroArgs: args.args as Flags["macroArgs"] } : {}),
    ...text("deferState", args.defer_state ?? args.state),
    state: undefined,
    invocationArgs: { ...args, ...flags.invocationArgs, which: args.which },
  };
}

const text = (key: string, value: unknown): Record<string, string> =>
  typeof value === "string" ? { [key]: value } : {};

/** Batches to run again; none when no batch was done before, as then the whole model is. */
function failedBatches(result: { unique_id: string; batch_results?: unknown }): [string, [string, string][]][] {
  const batches = result.batch_results as { successful: unknown[]; failed: [string, string][] } | null | undefined;
  return batches && batches.successful.length > 0 && batches.failed.length > 0
    ? [[result.unique_id, batches.failed]]
    : [];
}
