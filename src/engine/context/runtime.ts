import type { EventSink } from "../events.ts";
import type { Flags } from "../flags.ts";
import type { Manifest } from "../manifest/types.ts";
import type { Project, ReadProject, Target } from "../1-read/types.ts";
import type { MacroTable } from "./macro-table.ts";
import type { ParseNotes } from "./parse-notes.ts";

/** What one invocation of the engine carries through its phases. */
export interface Runtime {
  read: ReadProject;
  /** Root project and packages by name. */
  projects: Map<string, Project>;
  target: Target;
  flags: Flags;
  macros: MacroTable;
  manifest: Manifest;
  emit: EventSink;
  env: NodeJS.ProcessEnv;
  invocationId: string;
  startedAt: Date;
  /** While the project is parsed: what its templates reach for. */
  notes?: ParseNotes | undefined;
}

export const dbtVersion = "1.12.3";

/** Says something to the user as a warning; with `--warn-error` it becomes an error at the end of the phase. */
export function warn(
  runtime: Runtime,
  text: string,
  extra: { name?: string; code?: string; data?: Record<string, unknown> } = {},
): void {
  runtime.emit({ type: "message", level: "warn", text, ...extra });
}
