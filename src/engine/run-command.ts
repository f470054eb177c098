import { list } from "./commands/list.ts";
import { compileOrShow } from "./commands/compile-or-show.ts";
import { docs } from "./commands/docs.ts";
import { freshness } from "./commands/freshness.ts";
import { Invocation, type CommandOptions } from "./commands/invocation.ts";
import { operation } from "./commands/operation.ts";
import type { CommandResult } from "./commands/result.ts";
import { runSelected } from "./commands/run-selected.ts";
import { sampleWindow } from "./context/sample-window.ts";
import { takingTurns } from "./current-folder.ts";
import { engineError } from "./errors.ts";
import type { Flags } from "./flags.ts";
import { queryComment } from "./6-execute/query-comment.ts";
import { retryFlags } from "./6-execute/retry.ts";
import { raisingSink } from "./warn-errors.ts";

/**
 * Carries out one dbt command on a project.
 * Events go to the sink as they happen; artifacts go to the target folder.
 * Errors: everything that dbt would report under "Encountered an error" is thrown (ENG-…, READ-…, JIN-…, DBA-…).
 */
export async function runCommand(flags: Flags, options: CommandOptions): Promise<CommandResult> {
  if (flags.command === "retry") {
    const again = retryFlags(flags);
    // An operation that went well is not called once more.
    const done = again.command === "run-operation" && again.onlyIds?.length === 0;
    return done ? { success: true, exit: 0, results: [] } : runCommand(again, options);
  }
  return inProject(flags, options, async (invocation) => ({
    ...(await carryOut(invocation)),
    // A kept parse is read when somebody asks.
    get manifest() {
      return invocation.manifest;
    },
  }));
}

/** Reads, parses and links a project and does something with it in its folder. */
export async function inProject<T>(
  flags: Flags,
  options: CommandOptions,
  body: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  // A process has one current folder, and relative paths in SQL mean the project's: commands take turns.
  return takingTurns(() => runInProject(flags, options, body));
}

async function runInProject<T>(
  flags: Flags,
  options: CommandOptions,
  body: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  const invocation =
    options.ahead?.take(options) ?? new Invocation(flags, { ...options, sink: raisingSink(flags, options.sink) });
  const before = process.cwd();
  process.chdir(invocation.read.root.root);
  try {
    if (flags.sample !== undefined) sampleWindow(flags.sample, invocation.runtime.startedAt);
    // A comment that is wrong without a node, too, stops every command, as in dbt.
    await queryComment(invocation.runtime, undefined);
    return await body(invocation);
  } finally {
    await invocation.files.flush();
    process.chdir(before);
  }
}

async function carryOut(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  switch (flags.command) {
    case "parse":
      invocation.writeManifest();
      return { success: true, exit: 0, results: [] };
    case "list":
      return list(invocation);
    case "run-operation":
      return operation(invocation);
    case "run":
    case "build":
    case "test":
    case "seed":
    case "snapshot":
    case "clone":
      return runSelected(invocation);
    case "compile":
    case "show":
      return compileOrShow(invocation);
    case "docs generate":
      return docs(invocation);
    case "source freshness":
      return freshness(invocation);
    default:
      throw engineError("unsupported", {
        message: `The engine does not carry out '${flags.command}'.`,
        hint: "Use the command line, which does it by itself.",
      });
  }
}
