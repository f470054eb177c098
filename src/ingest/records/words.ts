import { plural } from "#errors/index.ts";
import type { FileChange, FileResult } from "../types.ts";

/** Whether a name in plans and results is a poll's (`api:orders`, `step:orders`) and no file's. */
export const isPollName = (name: string): boolean => /^(api|step):/.test(name);

/** Files and polls of an outcome: `2 files and api:orders`; empty when there are none. */
export function filesInWords(files: Pick<FileResult, "file" | "outcome">[], outcome: FileResult["outcome"]): string {
  const names = files.filter((result) => result.outcome === outcome).map(({ file }) => file);
  const polls = names.filter(isPollName);
  const rest = names.length - polls.length;
  const all = [...(rest > 0 ? [plural(rest, "file")] : []), ...polls];
  return [all.slice(0, -1).join(", "), ...all.slice(-1)].filter(Boolean).join(" and ");
}

/** What a plan has to do: `2 of 3 files to look at, 1 source to poll`. Undefined: there is nothing at all. */
export function planInWords(changes: Pick<FileChange, "name" | "reason">[], unchanged: number): string | undefined {
  const polls = changes.filter(({ name }) => isPollName(name)).length;
  // Files that were only touched are among both.
  const looked = changes.filter(({ name, reason }) => !isPollName(name) && reason !== "unchanged").length;
  const files =
    looked > 0
      ? [`${looked} of ${plural(looked + unchanged, "file")} to look at`]
      : unchanged > 0
        ? [`${plural(unchanged, "file")} unchanged`]
        : [];
  const parts = [...files, ...(polls > 0 ? [`${plural(polls, "source")} to poll`] : [])];
  return parts.length > 0 ? parts.join(", ") : undefined;
}
