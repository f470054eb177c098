import type { ErrorJson } from "#errors/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { FileScan } from "../csv/scan.ts";
import type { KnownFile } from "../ledger/file-ledger.ts";
import type { ChangeAction, ChangeReason, FileChange } from "../types.ts";
import { partitionOf } from "./pattern.ts";
import type { FoundFile } from "./sources.ts";

/** What was seen of one file. `plain`: uncompressed UTF-8, of which a tail can be read alone. */
export type Look = { file: FoundFile; known: KnownFile | undefined } & (
  | { state: "same stat" }
  | { state: "unsettled" }
  | { state: "new, not scanned" }
  | { state: "scanned"; scan: FileScan; plain: boolean }
  | { state: "unreadable"; error: ErrorJson }
);

/** Data rows; undefined for a format whose rows only its reader counts. */
const rowsOf = ({ format, dialect }: SourceConfig, scan: FileScan): number | undefined =>
  format === "csv" ? Math.max(0, scan.records - ((dialect.header ?? true) ? 1 : 0)) : undefined;

/**
 * What a file holds: its bytes and, where folders are named as in `region=EU/year=2025`, what they say. Equal files of two
 * such folders are no repetition.
 */
const contentOf = (sha256: string, name: string): string => `${partitionOf(name)} ${sha256}`;

/** Turns what was seen of one source's files into what is to be done with them. Pure. */
export function classify(
  source: SourceConfig,
  looks: Look[],
  vanished: KnownFile[],
): { changes: FileChange[]; unchanged: number } {
  const changes: FileChange[] = [];
  let unchanged = 0;
  /** Content that will be in the table after this plan, by {@link contentOf}. */
  const holders = new Map<string, { name: string; fileId?: number }>();
  const gone = new Set(vanished);
  for (const look of looks) {
    const { known } = look;
    const sameContent = look.state === "same stat" || (look.state === "scanned" && look.scan.sha256 === known?.sha256);
    const keeps =
      known?.state === "loaded" && (sameContent || look.state === "unsettled" || look.state === "unreadable");
    if (known && keeps) holders.set(contentOf(known.sha256, known.file), { name: known.file, fileId: known.fileId });
  }

  for (const look of looks) {
    const { file, known } = look;
    const add = (action: ChangeAction, reason: ChangeReason, explain: string, more: Partial<FileChange> = {}) => {
      if (reason === "unchanged") unchanged++;
      changes.push({
        source: source.name,
        table: source.table,
        path: file.path,
        name: file.name,
        action,
        reason,
        explain,
        stat: file.stat,
        ...(known && { fileId: known.fileId }),
        ...more,
      });
    };
    if (look.state === "unsettled") {
      add("wait", "unsettled", `${file.name} is still being written.`);
      continue;
    }
    if (look.state === "unreadable") {
      add("fail", "unreadable", look.error.message, { error: look.error });
      continue;
    }
    if (look.state === "new, not scanned") {
      add("load", "new", `${file.name} is new.`);
      continue;
    }
    const repeated = known?.state === "duplicate" && (look.state === "same stat" || look.scan.sha256 === known.sha256);
    if (repeated && !holders.has(contentOf(known.sha256, file.name))) {
      // The file that it repeats is gone, and its rows stay: from now on they are this one's.
      const left = [...gone].find(
        (entry) => isKept(entry) && contentOf(entry.sha256, entry.file) === contentOf(known.sha256, file.name),
      );
      if (left) {
        gone.delete(left);
        holders.set(contentOf(known.sha256, file.name), { name: file.name, fileId: left.fileId });
        add("record", "renamed", `${left.file} is gone; ${file.name} has the same content.`, {
          fileId: left.fileId,
          otherName: left.file,
          newRows: 0,
        });
        continue;
      }
      holders.set(contentOf(known.sha256, file.name), { name: file.name });
      const first = looks.find((other) => other.known?.fileId === known.ofFile);
      add("load", "new", `${file.name} repeated a file whose content has changed since.`, {
        ...(look.state === "scanned" && { scan: look.scan }),
        ...(first && { heirOf: first.file.name }),
      });
      continue;
    }
    if (look.state === "same stat") {
      unchanged++;
      continue;
    }
    const { scan } = look;
    const totalRows = rowsOf(source, scan);
    const seen = { scan, ...(totalRows !== undefined && { totalRows }) };
    const all = totalRows === undefined ? {} : { newRows: totalRows };
    const holder = holders.get(contentOf(scan.sha256, file.name));
    const isLoaded = known !== undefined && (known.state === "loaded" || known.state === "removed");

    if (isLoaded && known.sha256 === scan.sha256) {
      const back = known.state === "removed";
      holders.set(contentOf(scan.sha256, file.name), { name: file.name, fileId: known.fileId });
      add(
        "record",
        "unchanged",
        back ? `${file.name} is back.` : `${file.name} was touched; its content is the same.`,
        {
          ...seen,
          newRows: 0,
        },
      );
      continue;
    }
    // In a snapshot the same content under a new name says that nothing has changed since: a delivery like any other.
    if (holder && holder.name !== file.name && source.mode !== "snapshot") {
      const already = known?.state === "duplicate" && known.sha256 === scan.sha256;
      add("record", already ? "unchanged" : "duplicate", `${file.name} has the same content as ${holder.name}.`, {
        ...seen,
        newRows: 0,
        otherName: holder.name,
      });
      continue;
    }
    if (isLoaded) {
      const { action, reason, explain, newRows } =
        source.mode === "snapshot"
          ? delivery(file.name, known, scan, totalRows)
          : compare(file.name, known, scan, totalRows, look.plain);
      // Moved over another file: the content had a name of its own, whose rows would stay beside these.
      const moved = source.mode === "snapshot" || action === "append" ? undefined : origin(gone, scan);
      if (moved) gone.delete(moved);
      holders.set(contentOf(scan.sha256, file.name), { name: file.name, fileId: known.fileId });
      const more = moved?.sha256 === scan.sha256 ? "" : " and more";
      add(
        action,
        reason,
        moved ? `${file.name} has the content of ${moved.file}${more} now, which is gone.` : explain,
        {
          ...seen,
          ...(newRows !== undefined && { newRows }),
          ...(moved && { supersedes: moved.fileId }),
        },
      );
      continue;
    }
    // A new name: the content may be that of a file that has lost its name.
    const grown = origin(gone, scan);
    holders.set(contentOf(scan.sha256, file.name), { name: file.name, ...(grown && { fileId: grown.fileId }) });
    if (grown) {
      gone.delete(grown);
      const more = { ...seen, fileId: grown.fileId, otherName: grown.file };
      if (grown.sha256 === scan.sha256) {
        add("record", "renamed", `${file.name} is ${grown.file} under a new name.`, { ...more, newRows: 0 });
      } else {
        const grew = (source.mode === "snapshot" ? delivery : compare)(file.name, grown, scan, totalRows, look.plain);
        add(grew.action, "appended", `${file.name} is ${grown.file} under a new name, with more rows.`, {
          ...more,
          ...(grew.newRows !== undefined && { newRows: grew.newRows }),
        });
      }
      continue;
    }
    add("load", "new", `${file.name} is new.`, { ...seen, ...all });
  }

  for (const entry of gone) {
    if (entry.state === "removed") continue;
    changes.push({
      source: source.name,
      table: source.table,
      path: entry.file,
      name: entry.file,
      action: "record",
      reason: "removed",
      explain: entry.state === "loaded" ? `${entry.file} is gone; its rows stay.` : `${entry.file} is gone.`,
      stat: { bytes: entry.bytes, mtime: entry.mtime, ctime: entry.ctime, inode: entry.inode },
      fileId: entry.fileId,
      newRows: 0,
    });
  }
  return { changes, unchanged };
}

/** The file that has lost its name to this one: of the same content, else the longest that this one begins with. */
function origin(gone: Set<KnownFile>, scan: FileScan): KnownFile | undefined {
  const kept = [...gone].filter(isKept);
  const begins = kept.filter((entry) => scan.prefixes.get(entry.bytes) === entry.sha256);
  return kept.find((entry) => entry.sha256 === scan.sha256) ?? begins.sort((a, b) => b.bytes - a.bytes)[0];
}

const isKept = (entry: KnownFile): boolean => entry.state === "loaded" || entry.state === "removed";

/** In a snapshot every content that a file had is a delivery, loaded as a whole beside the ones before. */
function delivery(name: string, known: KnownFile, scan: FileScan, totalRows: number | undefined, _plain?: boolean) {
  const { reason } = compare(name, known, scan, totalRows, false);
  return { action: "load" as const, reason, explain: `${name} was delivered anew.`, newRows: totalRows };
}

/** How a loaded file differs from its recorded content. */
function compare(name: string, known: KnownFile, scan: FileScan, totalRows: number | undefined, plain: boolean) {
  const change = (action: ChangeAction, reason: ChangeReason, explain: string, newRows = totalRows) => ({
    action,
    reason,
    explain,
    newRows,
  });
  if (scan.bytes > known.bytes && scan.prefixes.get(known.bytes) === known.sha256) {
    const added = totalRows === undefined ? undefined : totalRows - known.rows;
    // Without a line end at the old end, the old last row may have been cut short.
    if (plain && known.complete && known.state === "loaded") {
      return change(
        "append",
        "appended",
        `${name} has ${added === undefined ? "" : `${added} `}more rows at its end.`,
        added,
      );
    }
    const why = plain ? "its last row was incomplete, so it is loaded again" : "such a file is loaded again as a whole";
    return change("replace", "appended", `${name} grew; ${why}.`);
  }
  if (scan.bytes === known.bytes) {
    return change("replace", "same-length change", `${name} changed without changing its length.`);
  }
  if (scan.bytes < known.bytes) return change("replace", "shrunk", `${name} became shorter.`);
  return change("replace", "changed", `${name} changed.`);
}
