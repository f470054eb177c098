import type { Connection } from "#duck/index.ts";
import type { Contract } from "../contract/types.ts";
import type { FileStat } from "../types.ts";
import { hasLedger } from "./tables.ts";

/** `loaded`: its rows are in the table. `duplicate`: another file has the same content. `failed`: nothing of it is loaded. `removed`: gone, its rows stay. */
export type FileState = "loaded" | "duplicate" | "failed" | "removed";

/** What is known of one file of a source. */
export interface KnownFile extends FileStat {
  fileId: number;
  source: string;
  /** Relative to the raw folder. */
  file: string;
  state: FileState;
  sha256: string;
  /** Data rows of the content that is loaded. */
  rows: number;
  /** The loaded content ended with a line end. */
  complete: boolean;
  /** Nanoseconds since 1970 when `sha256` was taken. */
  checkedAt: string;
  /** For a duplicate: the file that has the content. */
  ofFile: number | null;
  error: string | null;
}

/** Everything the ledger knows, read in one go. Changes are written by the load itself, in its transaction. */
export interface LedgerSnapshot {
  files: KnownFile[];
  /** Newest version by source. */
  contracts: Map<string, Contract>;
}

/** The ledger as it stands; empty when the database has none yet. */
export async function readLedger(connection: Connection): Promise<LedgerSnapshot> {
  if (!(await hasLedger(connection))) return { files: [], contracts: new Map() };
  const { rows } = await connection.query(
    `SELECT file_id, source, file, state, sha256, bytes::DOUBLE, rows::DOUBLE, complete, mtime, ctime, inode,
      epoch_ns(checked_at)::VARCHAR, of_file, error FROM _labs.files ORDER BY file_id`,
  );
  const text = (value: unknown) => (value === null ? null : String(value));
  const files = rows.map((row) => ({
    fileId: Number(row[0]),
    source: String(row[1]),
    file: String(row[2]),
    state: String(row[3]) as FileState,
    sha256: text(row[4]) ?? "",
    bytes: Number(row[5]),
    rows: Number(row[6] ?? 0),
    complete: row[7] === true,
    mtime: text(row[8]) ?? "",
    ctime: text(row[9]) ?? "",
    inode: text(row[10]) ?? "",
    checkedAt: text(row[11]) ?? "0",
    ofFile: row[12] === null ? null : Number(row[12]),
    error: text(row[13]),
  }));
  const contracts = new Map<string, Contract>();
  const agreed = await connection.query("SELECT source, contract FROM _labs.contracts ORDER BY source, version");
  for (const [source, contract] of agreed.rows) contracts.set(String(source), JSON.parse(String(contract)) as Contract);
  return { files, contracts };
}
