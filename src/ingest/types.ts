import type { ErrorJson } from "#errors/index.ts";
import type { DriftPolicy, LabPaths, SourceConfig } from "#registry/index.ts";
import type { FileScan } from "./csv/scan.ts";

/** What ingestion needs to know of a lab; the registry's `Lab` is one. */
export interface IngestLab {
  name: string;
  paths: Pick<LabPaths, "raw">;
  config: { sources: SourceConfig[] };
}

/** A file as the operating system describes it; any difference asks for a look at its content. */
export interface FileStat {
  bytes: number;
  /** Nanoseconds since 1970, as text: they do not fit a number. */
  mtime: string;
  /** Time of the last change of content, name or rights; a program cannot set it back. */
  ctime: string;
  inode: string;
}

/** Why a file is (not) loaded. */
export type ChangeReason =
  /** Never seen, neither under this name nor with this content. */
  | "new"
  | "unchanged"
  /** Longer, and what was there before is still its beginning. */
  | "appended"
  | "changed"
  /** Another content of exactly the same length. */
  | "same-length change"
  | "shrunk"
  /** Known content under another name; the old name is gone. */
  | "renamed"
  /** Known content under another name; the old name is still there. */
  | "duplicate"
  /** The file is gone; its rows stay. */
  | "removed"
  /** Still being written. */
  | "unsettled"
  /** Failed before; tried again. */
  | "unreadable";

export type ChangeAction =
  /** Load all of it. */
  | "load"
  /** Load what was added behind the part that is loaded. */
  | "append"
  /** Load all of it in place of the file's earlier rows. */
  | "replace"
  /** Nothing to load; the ledger is brought up to date. */
  | "record"
  /** Not now. */
  | "wait"
  /** It cannot be read: see `error`. */
  | "fail";

/** One file of a plan. */
export interface FileChange {
  source: string;
  table: string;
  /** Absolute. */
  path: string;
  /** Relative to the raw folder: the file's name in the ledger. */
  name: string;
  action: ChangeAction;
  reason: ChangeReason;
  /** One sentence for people. */
  explain: string;
  stat: FileStat;
  /** What the scan found; large new files are scanned while they load. */
  scan?: FileScan;
  /** The file's entry in the ledger, for anything but new files. */
  fileId?: number;
  /** Rows of the file, header not counted, when scanned. */
  totalRows?: number;
  /** Rows to load, when scanned. */
  newRows?: number;
  /** The name it had, for a rename; the file it repeats, for a duplicate. */
  otherName?: string;
  /** A repetition whose first file has another content now: loaded only when that one is, for else its old rows stay. */
  heirOf?: string;
  /** A file that is gone and had this content: its rows go when these come. */
  supersedes?: number;
  error?: ErrorJson;
}

/** What would be loaded and why. Plain data. */
export interface IngestPlan {
  lab: string;
  /** Files that need anything to be done, in the order in which they load. */
  changes: FileChange[];
  /** Files that are as they were, those included that were only touched (they stand among the changes, for the ledger). */
  unchanged: number;
  /** Files in the raw folder that no source claims. */
  unclaimed: string[];
  /** Nanoseconds since 1970 when the folder was read; what is recorded was seen no later. */
  checkedAt: string;
  /** Everything is loaded again: contracts and tables start anew. */
  fullRefresh: boolean;
  /** Sources of the plan by name, declared ones and those made from a file's name. */
  sources: SourceConfig[];
}

/** An expectation of lab.yml that a file does not meet. */
export interface ExpectationOutcome {
  name: string;
  severity: "quarantine" | "warn" | "fail";
  /** Rows that break it; 1 for an expectation about the whole file. */
  rows: number;
  /** One sentence for people. */
  text: string;
}

export type FileOutcome = "loaded" | "recorded" | "waiting" | "failed" | "cancelled";

export interface FileResult {
  /** Relative to the raw folder. */
  file: string;
  source: string;
  /** `raw.<table>` */
  table: string;
  outcome: FileOutcome;
  action: ChangeAction;
  reason: ChangeReason;
  rowsRead: number;
  rowsLoaded: number;
  rowsQuarantined: number;
  /** Rows of the file's earlier content that were taken out. */
  rowsReplaced: number;
  /** Of a poll: records that were in the table or in quarantine already; the rest were loaded or quarantined. */
  rowsRepeated?: number;
  seconds: number;
  /** Columns that the contract gained with this file. */
  addedColumns: string[];
  /** Columns whose type the contract widened for this file. */
  widenedColumns?: string[];
  /** Expectations of severity `warn` that are not met. */
  warnings?: ExpectationOutcome[];
  error?: ErrorJson;
}

export interface IngestResult {
  files: FileResult[];
  rowsLoaded: number;
  rowsQuarantined: number;
  failed: number;
  seconds: number;
  /** Sources whose contract came from their data, for the first time. */
  proposed: string[];
}

/** Progress of a load. */
export type IngestEvent =
  | {
      type: "file-start";
      file: string;
      source: string;
      table: string;
      action: ChangeAction;
      reason: ChangeReason;
      bytes: number;
    }
  | { type: "file-finish"; result: FileResult }
  | { type: "contract-proposed"; source: string; columns: { name: string; type: string }[] }
  | {
      type: "drift";
      source: string;
      file: string;
      added: string[];
      /** `qty (BIGINT → DOUBLE)` */
      widened?: string[];
      /** Columns that the contract does not know and does not get. */
      ignored?: string[];
      policy?: DriftPolicy;
    }
  /** Something about a file that was loaded, worth a look. */
  | { type: "note"; source: string; file: string; text: string }
  | { type: "expectation"; source: string; file: string; outcome: ExpectationOutcome };
