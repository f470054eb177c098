import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { publishErrors } from "./errors.ts";
import type { KeptVersion, PublishedVersion } from "./types.ts";

/**
 * The folder `published` beside a lab's database. Readers open `<lab>.duckdb` in it; the versions behind it lie in
 * `versions`. Nothing but a whole, audited snapshot ever has that name: it is put there by one rename.
 */
export class VersionFolder {
  readonly folder: string;
  /** What readers open. Its stem is that of the live file, so that names with a catalog mean the same. */
  readonly current: string;
  readonly versions: string;
  readonly #held: string;

  constructor(database: string) {
    this.folder = join(dirname(database), "published");
    this.current = join(this.folder, basename(database));
    this.versions = join(this.folder, "versions");
    this.#held = join(this.folder, "held.json");
  }

  /** Makes the folder and removes what a killed publication left. The caller holds the lab's lock. Errors: PUB-003. */
  prepare(): void {
    this.#writing(() => {
      mkdirSync(this.versions, { recursive: true });
      for (const name of readdirSync(this.folder))
        if (name.startsWith(".new-")) rmSync(join(this.folder, name), { force: true });
      const versions = readdirSync(this.versions);
      for (const name of versions) {
        // A snapshot gets its description before readers get it; without one nobody has ever seen it.
        const unfinished = name.endsWith(".duckdb") && !versions.includes(name.replace(/\.duckdb$/, ".json"));
        if (name.endsWith(".tmp") || unfinished) rmSync(join(this.versions, name), { force: true });
      }
    });
  }

  /** The name wanted, with a number behind it when there is such a version: two publications within a second. */
  free(version: string): string {
    let name = version;
    for (let n = 2; identityOf(this.#file(name)) !== undefined; n++) name = `${version}-${n}`;
    return name;
  }

  /** A name for a snapshot that is being written. */
  temporary(): string {
    return join(this.folder, `.new-${process.pid}-${randomBytes(4).toString("hex")}.duckdb`);
  }

  /** Every version that is kept, the newest first. */
  list(): KeptVersion[] {
    let names: string[];
    try {
      names = readdirSync(this.versions);
    } catch {
      return [];
    }
    const now = identityOf(this.current);
    return names
      .flatMap((name) => (name.endsWith(".json") ? (this.#read(name.slice(0, -".json".length)) ?? []) : []))
      .flatMap((about) => {
        const file = identityOf(this.#file(about.version));
        return file ? { ...about, current: now !== undefined && sameFile(now, file) } : [];
      })
      .sort((a, b) => order(b, a));
  }

  /** What readers see; undefined when nothing is published. */
  now(): KeptVersion | undefined {
    return this.list().find(({ current }) => current);
  }

  /** The file of a version, or of the current one; undefined when it is not there. */
  fileOf(version?: string): string | undefined {
    // A name that is a path would leave the folder.
    if (version !== undefined && !/^[\w-]+$/.test(version)) return undefined;
    const file = version === undefined ? this.current : this.#file(version);
    return identityOf(file) === undefined ? undefined : file;
  }

  /** Makes a finished snapshot a version and gives it to readers, in one step for them. Errors: PUB-003. */
  add(snapshot: string, about: Omit<PublishedVersion, "bytes">): PublishedVersion {
    return this.#writing(() => {
      const whole = { ...about, bytes: statSync(snapshot).size };
      syncFile(snapshot);
      // In this order a version that is listed can be opened, at whatever point this ends.
      linkOrCopy(snapshot, this.#file(about.version));
      const json = join(this.versions, `${about.version}.json`);
      writeFileSync(`${json}.tmp`, `${JSON.stringify(whole, null, 2)}\n`);
      syncFile(`${json}.tmp`);
      renameSync(`${json}.tmp`, json);
      syncFile(this.versions);
      renameSync(snapshot, this.current);
      syncFile(this.folder);
      return whole;
    });
  }

  /** Removes what was written of a snapshot that failed; gives the error, as PUB-003 when the disk refused it. */
  discard(snapshot: string, error: unknown): unknown {
    for (const file of [snapshot, `${snapshot}.wal`]) rmSync(file, { force: true });
    const refused = error instanceof Error && /No space left|Could not write|Permission denied/i.test(error.message);
    return refused && !(error as { code?: string }).code?.startsWith("PUB-") ? this.#notWritable(error) : error;
  }

  /** Gives readers an older version back. Errors: PUB-002 for one that is not kept, PUB-003. */
  restore(version: string): KeptVersion {
    const all = this.list();
    const wanted = all.find((v) => v.version === version);
    if (!wanted || identityOf(this.#file(version)) === undefined)
      throw publishErrors.versionUnknown({
        message: `There is no published version ${version}.`,
        hint: `Kept are: ${all.map((v) => v.version).join(", ") || "none"}.`,
      });
    return this.#writing(() => {
      const from = all.find(({ current }) => current);
      if (wanted.current) return wanted;
      // The next run must not publish again what somebody has just taken back. Noted first: nothing has changed yet if this
      // ends here, since what readers have is not published again either.
      const back = from !== undefined && order(from, wanted) > 0;
      if (back && from.basis !== null) writeFileSync(this.#held, JSON.stringify({ basis: from.basis }));
      else rmSync(this.#held, { force: true });
      const temporary = this.temporary();
      linkOrCopy(this.#file(version), temporary);
      renameSync(temporary, this.current);
      syncFile(this.folder);
      return { ...wanted, current: true };
    });
  }

  /** The basis that was taken back by hand and is not published again. */
  get held(): string | undefined {
    try {
      return String((JSON.parse(readFileSync(this.#held, "utf8")) as { basis: unknown }).basis);
    } catch {
      return undefined;
    }
  }

  /** Removes the oldest versions beyond `keep`; never the current one. */
  prune(keep: number): void {
    for (const { version, current } of this.list().slice(Math.max(1, keep))) {
      if (current) continue;
      rmSync(join(this.versions, `${version}.json`), { force: true });
      rmSync(this.#file(version), { force: true });
    }
  }

  #file(version: string): string {
    return join(this.versions, `${version}.duckdb`);
  }

  #read(version: string): PublishedVersion | undefined {
    try {
      return JSON.parse(readFileSync(join(this.versions, `${version}.json`), "utf8")) as PublishedVersion;
    } catch {
      return undefined;
    }
  }

  #writing<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code === undefined) throw error;
      throw this.#notWritable(error);
    }
  }

  #notWritable(error: Error) {
    return publishErrors.notWritable({
      message: `The snapshot cannot be written to ${this.folder}: ${error.message}.`,
      place: { file: this.folder },
      hint: "Give yourself the right to write there, or make room. Readers keep the version they have.",
      cause: error,
    });
  }
}

/** By time; names alone say no more than the second. */
const order = (a: PublishedVersion, b: PublishedVersion): number =>
  a.publishedAt < b.publishedAt || (a.publishedAt === b.publishedAt && a.version < b.version) ? -1 : 1;

interface Identity {
  inode: bigint;
  bytes: bigint;
  time: bigint;
}

function identityOf(file: string): Identity | undefined {
  const about = statSync(file, { bigint: true, throwIfNoEntry: false });
  return about && { inode: about.ino, bytes: about.size, time: about.mtimeMs };
}

/** One file under two names, or a copy where the file system has no hard links. */
const sameFile = (a: Identity, b: Identity | undefined): boolean =>
  b !== undefined && (a.inode === b.inode || (a.bytes === b.bytes && a.time === b.time));

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, `${to}.tmp`);
    const { atime, mtime } = statSync(from);
    utimesSync(`${to}.tmp`, atime, mtime);
    renameSync(`${to}.tmp`, to);
  }
}

/** Makes a file, or the names in a folder, survive a power cut. */
function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
