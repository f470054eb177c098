import { isLabsError } from "#errors/index.ts";
import type { DbtContext } from "./context.ts";
import { shareVariables } from "./environment.ts";
import { helpText, usageErrorText } from "./help.ts";
import { type CommandLine, parseCommandLine } from "./parse.ts";

/** Commands that never open the database. */
const withoutDatabase = new Set(["deps", "clean", "init", "parse", "docs serve"]);

/** Whether a command line opens the project's database; false also for help, versions and command lines that are wrong. */
export function usesDatabase(words: string[]): boolean {
  try {
    const { command, help, version } = parseCommandLine(words);
    return command !== undefined && !help && !version && !withoutDatabase.has(command);
  } catch {
    return false;
  }
}

/**
 * Runs one dbt command as dbt would, with its options, log lines and exit codes: 0 all went well, 1 a node or a test
 * failed, 2 the command could not be carried out.
 */
export async function runDbt(words: string[], context: DbtContext): Promise<number> {
  const { io } = context;
  let line: CommandLine;
  try {
    line = parseCommandLine(words);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    io.err(usageErrorText(error.message, (error.data?.command as string | null) ?? undefined, error.hint));
    return 2;
  }
  if (line.version) {
    const { versionText } = await import("./versions.ts");
    io.out(versionText());
    return 0;
  }
  if (line.help) {
    io.out(helpText(line.command, line.group));
    return 0;
  }
  // The engine is loaded only when there is something to do.
  const { runSession } = await import("./session.ts");
  const { loadDotEnv } = await import("#engine/index.ts");
  loadDotEnv(io.cwd, io.env);
  shareVariables(io.env);
  return runSession(line, words, context);
}
