import type { SourceConfig } from "#registry/index.ts";
import { fileStat } from "../detect/sources.ts";
import { ingestErrors } from "../errors.ts";
import type { FileChange } from "../types.ts";
import type { Counts } from "./context.ts";

/** Errors: ING-006. */
export function requireFewRejects(source: SourceConfig, change: FileChange, counts: Counts): void {
  const limit = source.maxRejects;
  if (!limit || counts.quarantined === 0) return;
  const most = "count" in limit ? limit.count : limit.share * counts.read;
  if (counts.quarantined <= most) return;
  const allowed = "count" in limit ? `${limit.count}` : `${+(limit.share * 100).toFixed(6)}%`;
  throw ingestErrors.tooManyRejects({
    message: `${counts.quarantined} of the ${counts.read} rows of ${change.name} do not fit the contract of ${source.name}; max_rejects allows ${allowed}.`,
    place: { file: change.path },
    hint: "Correct the file, or raise `max_rejects` in lab.yml to quarantine these rows and load the others.",
    data: { rows: counts.read, rejected: counts.quarantined },
  });
}

/** Errors: ING-009. */
export function requireUntouched(change: FileChange): void {
  const now = statNow(change.path);
  const same =
    now &&
    now.bytes === change.stat.bytes &&
    now.mtime === change.stat.mtime &&
    now.inode === change.stat.inode &&
    now.ctime === change.stat.ctime;
  if (same) return;
  throw ingestErrors.changedWhileRead({
    message: `${change.name} was ${now ? "written to" : "removed"} while it was read.`,
    place: { file: change.path },
    hint: "Run again when it stands still.",
  });
}

function statNow(path: string) {
  try {
    return fileStat(path);
  } catch {
    // A link that leads back to itself, a folder that was closed: the file is not there any more.
    return undefined;
  }
}

/** ING-008. */
export function doesNotAddUp(change: FileChange, counts: Counts, expected: number) {
  return ingestErrors.unbalanced({
    message: `${change.name} has ${expected} rows, but ${counts.loaded} were loaded and ${counts.quarantined} quarantined.`,
    place: { file: change.path },
    hint: "Nothing was loaded. Report this with the file.",
    data: { expected, ...counts },
  });
}
