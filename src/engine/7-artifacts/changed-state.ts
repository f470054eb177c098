import { existsSync, readFileSync } from "node:fs";
import { writeAtomically } from "./write-file.ts";

/** What a node was built from. */
export interface BuiltNode {
  /** Hash of the compiled SQL; of a seed its file's. */
  sql: string;
  /** Hash of what else decides about the result. */
  config: string;
  /** The journal's number of the write that built its relation; 0 for tests. */
  own: number;
  /** Last writes to the relations that it read, by the journal's keys. */
  parents: Record<string, number>;
  /** Files that it read, by pattern. */
  files: Record<string, string>;
  /** Hashes of the user's SQL macros that it calls. */
  macros: Record<string, string>;
  /** Why it has to run each time; null when it need not. */
  doubt: string | null;
}

export interface ChangedState {
  version: 1;
  /** The chain of the database's journal that the numbers belong to. */
  chain: string;
  /** Hash of profile, hooks and versions. */
  environment: string;
  nodes: Record<string, BuiltNode>;
}

export const hasState = (file: string): boolean => existsSync(file);

/** What earlier runs were built from, or undefined when that is not known: then everything is built. */
export function readState(file: string): ChangedState | undefined {
  try {
    const state = JSON.parse(textOf(file) ?? "null") as ChangedState;
    return state?.version === 1 && typeof state.nodes === "object" ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a state, unless the file says the same already: replacing a file makes the disk wait. */
export function writeState(file: string, state: ChangedState): void {
  const text = JSON.stringify(state);
  if (textOf(file) !== text) writeAtomically(file, text);
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
