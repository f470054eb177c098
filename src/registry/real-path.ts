import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * A path with all symbolic links resolved, also when its last parts do not exist yet or a link leads nowhere yet.
 * Never opens the file: closing a descriptor on a live database would drop its owner's lock.
 */
export function canonicalPath(path: string, links = 0): string {
  const absolute = resolve(path);
  try {
    return realpathSync.native(absolute);
  } catch {
    const parent = dirname(absolute);
    if (parent === absolute) return absolute;
    const target = links < 40 ? linkTarget(absolute) : undefined;
    if (target !== undefined) return canonicalPath(resolve(canonicalPath(parent), target), links + 1);
    return join(canonicalPath(parent, links), basename(absolute));
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** File systems of macOS and Windows take two spellings for one file. */
const foldCase = process.platform === "darwin" || process.platform === "win32";

/** Whether two paths are one file: same resolved path, or same inode (hard link, other case, other mount). */
export const sameFile = (a: string, b: string): boolean => new KnownFiles().same(a, b);

/** Compares many paths with each other: what was found out of one is kept, so make a new one for every question. */
export class KnownFiles {
  readonly #inodeOf = keeping(inodeOf);
  readonly #canonicalOf = keeping((path) => canonicalPath(path));
  readonly #isFree = keeping((path) => lstatSync(path, { throwIfNoEntry: false }) === undefined);

  /** As {@link sameFile}. */
  same(a: string, b: string): boolean {
    const [first, second] = [this.#inodeOf(a), this.#inodeOf(b)];
    // What exists is known by its inode, and is nothing that does not exist.
    if (first === null ? second !== null : second === null) return false;
    if (first && second) return first === second;
    if (first === null && this.#areOther(a, b)) return false;
    const [left, right] = [this.#canonicalOf(a), this.#canonicalOf(b)];
    return left === right || (foldCase && left.toLowerCase() === right.toLowerCase());
  }

  /** What is not there, and is no link that leads nowhere, can be one file only under one name; cheap, for a thousand labs. */
  #areOther(a: string, b: string): boolean {
    return !foldCase && basename(a) !== basename(b) && this.#isFree(a) && this.#isFree(b);
  }
}

/** Asks once for each path. */
function keeping<T>(find: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    if (!known.has(path)) known.set(path, find(path));
    return known.get(path) as T;
  };
}

/** Null when there is nothing, empty when it cannot be known: file systems without inodes, folders that may not be entered. */
function inodeOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return ino === 0n ? "" : `${dev}:${ino}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? null : "";
  }
}
