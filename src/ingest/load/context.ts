import type { Connection } from "#duck/index.ts";
import type { HeaderMatch } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import type { TextForm } from "../csv/encoding.ts";
import type { FileScan } from "../csv/scan.ts";
import type { FileChange, IngestEvent } from "../types.ts";
import type { Input } from "./input.ts";

/** What the loads of one call share. */
export interface LoadContext {
  connection: Connection;
  runId: string;
  /** The newest contract of each source; a load that agrees on a new one puts it here. */
  contracts: Map<string, Contract>;
  /** Sources whose table is made anew by the next load. */
  startAnew: Set<string>;
  /** Files that are loaded after this one, read as it is and with its header: what types are proposed from as well. */
  alike(change: FileChange): { path: string; bytes: number }[];
  /** Sources of which nothing more is loaded: there was no room for a file of theirs, and order counts. */
  blocked: Set<string>;
  checkedAt: string;
  clock: () => number;
  signal?: AbortSignal;
  onEvent: (event: IngestEvent) => void;
}

/** What became of a file's rows. */
export interface Counts {
  read: number;
  loaded: number;
  quarantined: number;
}

/** One way to load one file: everything a transaction needs. */
export interface Attempt {
  contract: Contract;
  match: HeaderMatch;
  input: Input;
  scanning: Promise<FileScan>;
  /** The scan was there before the load, and passed. */
  checked: boolean;
  isNew: boolean;
  why: string;
  /** Columns whose type this file widened. */
  widened?: string[];
  /** False: it was asked already whether types must become wider. */
  mayWiden?: boolean;
  started: number;
  at: number;
  form: TextForm;
}

/** Where the loaded part of a file that grew ends. */
export async function loadedPart({ connection }: LoadContext, change: FileChange) {
  const { rows } = await connection.query(
    `SELECT bytes::DOUBLE, rows::DOUBLE FROM _labs.files WHERE file_id = ${change.fileId ?? -1}`,
  );
  return { fromByte: Number(rows[0]?.[0] ?? 0), rowsBefore: Number(rows[0]?.[1] ?? 0) };
}
