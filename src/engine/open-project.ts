import type { Database } from "#duck/index.ts";
import { defaultFlags } from "./default-flags.ts";
import type { EventSink } from "./events.ts";
import type { Command, Flags } from "./flags.ts";
import type { ManifestLineageOptions } from "./lineage/of-project.ts";
import { type LineageGraph, traceLineage, type TraceOptions } from "./lineage/trace.ts";
import type { ProjectLineage } from "./lineage/types.ts";
import type { CommandOptions } from "./commands/invocation.ts";
import type { CommandResult } from "./commands/result.ts";
import { runCommand } from "./run-command.ts";
import type { Target } from "./1-read/types.ts";

export interface OpenProjectOptions {
  /** Folder of profiles.yml; by default dbt's own rules. */
  profilesDir?: string;
  /** Replaces the profile. */
  target?: Target;
  onEvent?: EventSink;
  database?: Database;
  env?: NodeJS.ProcessEnv;
}

/** A dbt project to run commands on, without a workspace. */
export interface OpenedProject {
  readonly folder: string;
  /**
   * Runs a command with dbt's flags under their long names. Failed nodes are in the results (`success: false`);
   * what stops the whole command is thrown as a LabsError.
   */
  run(
    command: Command,
    flags?: Partial<Flags>,
    options?: { signal?: AbortSignal; onEvent?: EventSink },
  ): Promise<CommandResult>;
  /**
   * Where the columns of the project come from, by DuckDB's own parser; or, with `of`, the part around a model or a
   * column (`stores`, `stores.orders`). The project is compiled, nothing is written.
   * Errors: ENG-010 for an unknown model or column, and those of reading the project.
   */
  lineage(options?: TraceOptions & { flags?: Partial<Flags> }): Promise<LineageGraph>;
}

/** Opens the dbt project in a folder. Nothing is read until a command runs. */
export function openProject(folder: string, options: OpenProjectOptions = {}): OpenedProject {
  const { profilesDir, target, database, env, onEvent } = options;
  const usual = profilesDir === undefined ? {} : { profilesDir };
  return {
    folder,
    lineage: async ({ flags, ...trace } = {}) => {
      const lineage = await columnLineage(defaultFlags("compile", folder, { ...usual, ...flags }), {
        sink: onEvent ?? (() => {}),
        ...(target ? { target } : {}),
        ...(database ? { database } : {}),
        ...(env ? { env } : {}),
      });
      return traceLineage(lineage, trace);
    },
    run: (command, given = {}, more = {}) =>
      runCommand(defaultFlags(command, folder, { ...usual, ...given }), {
        sink: more.onEvent ?? onEvent ?? (() => {}),
        ...(more.signal ? { signal: more.signal } : {}),
        ...(target ? { target } : {}),
        ...(database ? { database } : {}),
        ...(env ? { env } : {}),
      }),
  };
}

/**
 * Compiles a project and reads where its columns come from: all of it, for {@link traceLineage}. Nothing is written; where
 * there is no database yet, an empty one in memory takes its place. A node that cannot be compiled or read is in the
 * result with its reason. Errors: those of reading and parsing a project, DUCK-002 when another process holds the database.
 */
export async function columnLineage(flags: Flags, options: CommandOptions): Promise<ProjectLineage> {
  // Loaded only when used: no dbt command waits for it.
  const { compiledLineage } = await import("./lineage-command.ts");
  return compiledLineage(flags, options);
}

/**
 * The lineage of a project as its last run left it, from the text of its manifest.json. Nothing is rendered, so no code of
 * the project runs. Errors: SyntaxError of a text that is no JSON.
 */
export async function manifestLineage(text: string, options: ManifestLineageOptions): Promise<ProjectLineage> {
  const { lineageOfManifest } = await import("./lineage/of-project.ts");
  return lineageOfManifest(text, options);
}
