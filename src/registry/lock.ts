import { existsSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "better-sqlite3";
import { registryErrors } from "./errors.ts";
import { makeFolder, readText, writeAtomic } from "./files.ts";
import type { Lab } from "./lab.ts";
import { lockFile } from "./sqlite.ts";

/** Who holds a lab. */
export interface LockHolder {
  pid: number;
  user: string;
  host: string;
  /** `labs run lab1 --full-refresh` */
  command: string;
  /** ISO time. */
  since: string;
}

export interface LockOptions {
  /** What to tell others; default: this process's own command line. */
  command?: string;
  /** false: throw REG-014 at once when somebody holds the lab (`--no-wait`). Default true. */
  wait?: boolean;
  /** Called once when waiting starts, and again when the holder changes. */
  onWait?: (holder: LockHolder | undefined) => void;
  /** Stops waiting with REG-015. */
  signal?: AbortSignal;
}

export interface LabLock {
  holder: LockHolder;
  /** Frees the lab; a second call does nothing. The kernel does the same when the process dies. */
  release(): void;
}

/**
 * Takes the lab's lock: one owner process per lab. It is the exclusive lock of a SQLite file, which the kernel frees
 * when the process ends in any way, so a killed process leaves nothing that blocks. The JSON beside it only says who it is.
 * Errors: REG-014 with `wait: false`, REG-015 when cancelled, REG-010/011 when the state folder cannot be written.
 */
export async function acquireLabLock(lab: Lab, options: LockOptions = {}): Promise<LabLock> {
  const { wait = true, onWait, signal } = options;
  const { lock: file, holder: holderFile } = lab.paths;
  makeFolder(dirname(file));
  let told: string | undefined;
  for (let attempt = 0; ; attempt++) {
    const database = lockFile(file, 0);
    if (database) {
      const holder = thisProcess(options.command);
      try {
        writeAtomic(holderFile, `${JSON.stringify(holder)}\n`);
      } catch (error) {
        database.close();
        throw error;
      }
      return { holder, release: releaser(database, holderFile) };
    }
    const holder = readHolder(holderFile);
    // A look from `labHolder` takes the lock for a blink: the first refusals may be that.
    if (!wait && attempt >= 3) throw busy(lab, holder);
    const identity = holder ? `${holder.host}:${holder.pid}:${holder.since}` : "unknown";
    if (wait && attempt >= 3 && told !== identity) {
      told = identity;
      onWait?.(holder);
    }
    try {
      await sleep(attempt < 5 ? 15 : 100, undefined, { ...(signal && { signal }) });
    } catch (error) {
      throw registryErrors.waitCancelled({
        message: `Stopped while waiting for the lab ${lab.name}, ${describeHolder(holder)}.`,
        cause: error,
        data: { lab: lab.name, ...(holder && { holder }) },
      });
    }
  }
}

/** Who holds the lab now, or undefined when nobody does. Takes nothing away from anybody. */
export function labHolder(lab: Lab): LockHolder | "unknown" | undefined {
  if (!existsSync(lab.paths.lock)) return undefined;
  try {
    const database = lockFile(lab.paths.lock, 0);
    if (database) {
      database.close();
      return undefined;
    }
  } catch {
    // Somebody else's file, or a read-only folder: what is written beside it is all there is to know.
    return readHolder(lab.paths.holder);
  }
  return readHolder(lab.paths.holder) ?? "unknown";
}

/** What a killed process left behind: the side file of a lock that nobody holds. It blocks nothing. */
export function leftoverHolder(lab: Lab): LockHolder | undefined {
  const holder = readHolder(lab.paths.holder);
  return holder && labHolder(lab) === undefined ? holder : undefined;
}

/** "held by pid 12 (ann on host) since 10:02:11: labs run lab1" */
export function describeHolder(holder: LockHolder | "unknown" | undefined): string {
  if (!holder || holder === "unknown") return "held by another process";
  return `held by pid ${holder.pid} (${holder.user} on ${holder.host}) since ${holder.since}: ${holder.command}`;
}

function releaser(database: Database, holderFile: string): () => void {
  return () => {
    if (!database.open) return;
    // Before the lock is freed, or it would remove the next holder's.
    rmSync(holderFile, { force: true });
    database.close();
  };
}

function readHolder(file: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readText(file)) as Partial<LockHolder> | null;
    return value && typeof value.pid === "number" ? (value as LockHolder) : undefined;
  } catch {
    // Missing or being replaced: the holder is simply not known.
    return undefined;
  }
}

function thisProcess(command: string | undefined): LockHolder {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A container's user may have no name.
  }
  return {
    pid: process.pid,
    user,
    host: hostname(),
    command: command ?? ["labs", ...process.argv.slice(2)].join(" "),
    since: new Date().toISOString(),
  };
}

function busy(lab: Lab, holder: LockHolder | undefined) {
  return registryErrors.labBusy({
    message: `The lab ${lab.name} is ${describeHolder(holder)}.`,
    hint: "Wait until it is done, leave out `--no-wait` to wait here, or stop that process.",
    data: { lab: lab.name, ...(holder && { holder }) },
  });
}
