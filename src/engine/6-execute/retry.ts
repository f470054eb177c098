import { join, resolve } from "node:path";
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
  const folder = resolve(flags.projectDir, flags.state ?? flags.targetPath ?? "target");
  const previous = loadRunResults(folder);
  if (!previous) {
    throw engineError("runtime", { message: `Could not find previous run in '${join(folder, "run_results.json")}' target directory`, hint: "Run a command first, or point --state at the folder with its run_results.json." });
  }
  const { args } = previous;
  const command = commands[String(args.which)];
  if (!command) throw engineError("runtime", { message: `The previous command '${String(args.which)}' cannot be retried`, hint: "Run it again." });
  const ids = previous.results.filter((r) => retryable.has(r.status) && !r.unique_id.startsWith("operation.")).map((r) => r.unique_id);
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    ...flags,
    command,
    select: [],
    exclude: [],
    onlyIds: ids,
    fullRefresh: args.full_refresh === true || flags.fullRefresh,
    vars: { ...(typeof args.vars === "object" && args.vars !== null ? (args.vars as Flags["vars"]) : {}), ...flags.vars },
    resourceTypes: list(args.resource_types),
    excludeResourceTypes: list(args.exclude_resource_types),
    ...(args.macro ? { macro: String(args.macro), macroArgs: args.args as Flags["macroArgs"] } : {}),
    state: undefined,
    invocationArgs: { ...args, ...flags.invocationArgs, which: args.which },
  };
}
