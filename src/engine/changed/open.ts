import { join } from "node:path";
import { DatabaseJournal, duckdbVersion } from "#duck/index.ts";
import type { Execution } from "../context/execution.ts";
import { dbtVersion } from "../context/runtime.ts";
import { hasState } from "../7-artifacts/changed-state.ts";
import type { Flags } from "../flags.ts";
import type { Target } from "../1-read/types.ts";
import { hashOf } from "./fingerprint.ts";
import { ChangeTracker } from "./tracker.ts";

/** The file with what the relations of a target were built from. */
const stateFile = (targetFolder: string, target: Target): string =>
  join(targetFolder, `changed.${hashOf(target.targetName, target.path, target.schema)}.json`);

/** Commands whose writes are known node by node. */
const tracked = new Set(["run", "build", "test", "seed", "snapshot"]);

interface Command {
  flags: Flags;
  target: Target;
  targetFolder: string;
  /** When the caller has the database open already: its journal, or undefined to track nothing. */
  database?: unknown;
  journal?: DatabaseJournal;
}

/**
 * The journal of the command's database when changes are to be tracked: with `--changed`, and without it as soon as there
 * is a state of earlier runs, which would be worth nothing after a write that was not noted. Before the database is opened.
 */
export function openJournal({ flags, target, targetFolder, database, journal }: Command): DatabaseJournal | undefined {
  if (!tracked.has(flags.command)) return undefined;
  // Who brings a journal seals it, and relies on what is noted in it.
  if (database !== undefined) return journal;
  return flags.changed || hasState(stateFile(targetFolder, target)) ? DatabaseJournal.open(target.path) : undefined;
}

/** A tracker for a command that is about to run. */
export function trackChanges(execution: Execution, targetFolder: string, journal: DatabaseJournal): ChangeTracker {
  const { flags, target } = execution.runtime;
  const partial = flags.empty || flags.sample !== undefined || flags.eventTimeStart !== undefined || flags.defer;
  return new ChangeTracker(execution, {
    journal,
    file: stateFile(targetFolder, target),
    mode: partial ? "forget" : flags.changed ? "decide" : "record",
    versions: [dbtVersion, duckdbVersion()],
  });
}
