import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isLabsError, type LabsError } from "#errors/index.ts";
import { type Database, openSqlite, type Options } from "#sqlite/index.ts";
import { ledgerErrors } from "./errors.ts";
import { migrate, schemaVersion, versionOf } from "./migrations.ts";

type Open = (file: string | Buffer, options?: Options) => Database;

/** How long one attempt waits for another process's write; short, because it blocks this process. */
const busyMilliseconds = 250;
/** How long opening and finishing keep trying in all. */
export const patienceMilliseconds = 10_000;

/** Opens for writing, creating file and folder. Errors: LED-001 to LED-004. */
export async function connectForWriting(path: string, patience?: number): Promise<Database> {
  const open = await driver();
  return explained(path, () =>
    patiently(() => {
      mkdirSync(dirname(path), { recursive: true });
      return prepared(open(path, { timeout: busyMilliseconds }), path);
    }, patience),
  );
}

/**
 * Opens for looking: writes nothing where nothing is. A missing ledger is an empty one; in a folder that cannot be
 * written, where SQLite cannot make its shared memory, a copy in memory is read. Errors: LED-001 to LED-004.
 */
export async function connectForReading(path: string, patience?: number): Promise<Database> {
  const open = await driver();
  if (!existsSync(path)) return memory(open);
  return explained(path, async () => {
    try {
      const attempt = () => prepared(open(path, { timeout: busyMilliseconds, fileMustExist: true }), path);
      return await patiently(attempt, patience);
    } catch (error) {
      if (!/^SQLITE_(CANTOPEN|READONLY)/.test(sqliteCode(error))) throw error;
      return copyInMemory(open, path);
    }
  });
}

/** A ledger that is forgotten with the process. */
export async function connectInMemory(): Promise<Database> {
  return memory(await driver());
}

async function driver(): Promise<Open> {
  return openSqlite;
}

function memory(open: Open): Database {
  const db = open(":memory:");
  migrate(db);
  return db;
}

function prepared(db: Database, path: string): Database {
  try {
    const version = versionOf(db);
    if (version > schemaVersion) throw tooNew(path, version);
    if (db.pragma("journal_mode", { simple: true }) !== "wal") db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function copyInMemory(open: Open, path: string): Database {
  const bytes = readFileSync(path);
  // Bytes 18 and 19 say "WAL"; a database in memory has none and would refuse to open.
  bytes[18] = 1;
  bytes[19] = 1;
  const db = open(bytes);
  const version = versionOf(db);
  if (version > schemaVersion) throw tooNew(path, version);
  migrate(db);
  return db;
}

const tooNew = (path: string, version: number) =>
  ledgerErrors.tooNew({
    message: `${path} has schema version ${version}; this version knows up to ${schemaVersion}.`,
    hint: "Update buildcpg-labs to the version the others in this workspace use.",
  });

/** Tries again while another process holds the lock: SQLite does not wait by itself in every case. */
export async function patiently<T>(attempt: () => T, patience: number = patienceMilliseconds): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= end) throw error;
      await sleep(10 + Math.random() * 40);
    }
  }
}

export const sqliteCode = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? "");
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error));

async function explained<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(path, error, "open");
  }
}

/** What SQLite or the system said, as an error for people. */
export function explain(path: string, error: unknown, doing: "open" | "write"): LabsError {
  if (isLabsError(error)) return error;
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (isBusy(error)) {
    return ledgerErrors.locked({
      message: `The ledger ${path} is locked by another process.`,
      hint: "Close the program that keeps it open in a transaction (a database browser, a backup), then try again.",
      cause: error,
    });
  }
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) {
    return ledgerErrors.damaged({
      message: `The ledger ${path} is damaged: ${message}.`,
      hint: `Move it away: \`mv ${path} ${path}.damaged\`. It holds only the history of runs; the next run begins a new one.`,
      cause: error,
    });
  }
  return (doing === "open" ? ledgerErrors.openFailed : ledgerErrors.writeFailed)({
    message: `The ledger ${path} cannot be ${doing === "open" ? "opened" : "written"}: ${message}.`,
    hint: "Check that its folder can be written and that the disk has room. Labs run without it; only their history is not kept.",
    cause: error,
  });
}
