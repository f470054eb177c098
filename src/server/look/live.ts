import { Readable } from "node:stream";
import type { Database } from "#duck/index.ts";
import { type ErrorJson, isLabsError } from "#errors/index.ts";
import {
  exportColumns,
  exportQuarantine,
  openForLoading,
  openForReading,
  quarantinedRows,
  quarantineSummary,
  type QuarantineFilter,
  readLedger,
  replayQuarantine,
  sourcesOf,
} from "#ingest/index.ts";
import {
  acquireLabLock,
  type Lab,
  registryErrors,
  requireOwnDatabase,
  temporaryFile,
  type Workspace,
} from "#registry/index.ts";
import type { FileList, Quarantine, Replayed } from "../types.ts";

/** What this server does with labs' databases, one thing after the other for each: its own pages are not in each other's way. */
const turns = new Map<string, Promise<unknown>>();

/**
 * What only a lab's working database knows. It is open for this moment only, under the lab's lock, and not at all while
 * somebody else works on the lab. Errors: REG-014 when the lab is busy.
 */
export async function withLab<T>(
  lab: Lab,
  open: (lab: Lab) => Promise<Database | undefined>,
  action: (database: Database) => Promise<T>,
  nothing: T,
): Promise<T> {
  const { database: key } = lab.paths;
  const turn = (turns.get(key) ?? Promise.resolve()).then(() => locked(lab, open, action, nothing));
  const done = turn.catch(() => {});
  turns.set(key, done);
  try {
    return await turn;
  } finally {
    if (turns.get(key) === done) turns.delete(key);
  }
}

async function locked<T>(
  lab: Lab,
  open: (lab: Lab) => Promise<Database | undefined>,
  action: (database: Database) => Promise<T>,
  nothing: T,
): Promise<T> {
  const lock = await acquireLabLock(lab, { command: `labs serve (page of ${lab.name})`, wait: false }).catch(
    (error: unknown) => {
      if (!isLabsError(error) || error.code !== "REG-014") throw error;
      // What the command line would do about it is no help here.
      const { message, data } = error;
      throw registryErrors.labBusy({
        message,
        hint: "Try again when it is done.",
        ...(data && { data }),
        cause: error,
      });
    },
  );
  try {
    const database = await open(lab);
    if (!database) return nothing;
    try {
      return await action(database);
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

export function quarantineOf(lab: Lab, filter: QuarantineFilter, limit: number): Promise<Quarantine> {
  return withLab(
    lab,
    openForReading,
    async (database) => {
      const connection = await database.connect();
      const groups = await quarantineSummary(connection, filter);
      const rows = await quarantinedRows(connection, filter, limit);
      return { groups, rows };
    },
    { groups: [], rows: [] },
  );
}

/**
 * All rows that a filter means as CSV, as `labs quarantine export` writes them: into a file first, so that nobody who reads
 * slowly keeps the lab from running. Errors: REG-014.
 */
export async function quarantineCsv(lab: Lab, filter: QuarantineFilter): Promise<Readable> {
  const file = temporaryFile("quarantine.csv");
  try {
    const write = async (database: Database) => exportQuarantine(await database.connect(), filter, file.path);
    const rows = await withLab(lab, openForReading, write, undefined);
    if (rows !== undefined) return file.read();
  } catch (error) {
    file.remove();
    throw error;
  }
  file.remove();
  return Readable.from([`${exportColumns.join(",")}\n`]);
}

/** A file of the lab's own ledger. */
export const fileJson = (file: FileRow): FileList["files"][number] => ({
  file: file.file,
  source: file.source,
  state: file.state,
  rows: file.rows,
  bytes: file.bytes,
  seenAt: new Date(Number(BigInt(file.checkedAt) / 1_000_000n)).toISOString(),
  error: file.error === null ? null : (JSON.parse(file.error) as ErrorJson),
});

type FileRow = Awaited<ReturnType<typeof readLedger>>["files"][number];

export function filesOf(lab: Lab): Promise<FileList> {
  return withLab(
    lab,
    openForReading,
    async (database) => {
      const { files } = await readLedger(await database.connect());
      return {
        files: files.map(fileJson),
      };
    },
    { files: [] },
  );
}

/** Loads corrected rows; those that still do not fit stay. Errors: REG-014, ING-010, ING-017, ING-018, ING-020. */
export function replay(
  workspace: Workspace,
  lab: Lab,
  rows: { table: string; load: number; record: number; row: string }[],
): Promise<Replayed> {
  lab.requireRunnable();
  requireOwnDatabase(workspace, lab);
  return withLab(
    lab,
    (own) => openForLoading(own),
    async (database) => {
      const filter = { tables: [...new Set(rows.map(({ table }) => table))] };
      const results = await replayQuarantine(await database.connect(), {
        sources: sourcesOf(lab),
        filter,
        fixes: rows,
      });
      return {
        results: results.map(({ table, file, load, tried, loaded, refused }) => ({
          table,
          file,
          load,
          tried,
          loaded,
          refused: refused.map(({ record, reason }) => ({ record, reason })),
        })),
      };
    },
    { results: [] },
  );
}
