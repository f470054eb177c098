import { readlinkSync, realpathSync, statSync } from "node:fs";
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
  readonly #inodes = new Map<string, string | null>();
  readonly #canonical = new Map<string, string>();

  /** As {@link sameFile}. */
  same(a: string, b: string): boolean {
    const [first, second] = [this.#inodeOf(a), this.#inodeOf(b)];
    // What exists is known by its inode, and is nothing that does not exist.
    if (first === null ? second !== null : second === null) return false;
    if (first && second) return first === second;
    const [left, right] = [this.#canonicalOf(a), this.#canonicalOf(b)];
    return left === right || (foldCase && left.toLowerCase() === right.toLowerCase());
  }

  /** Null when there is nothing, empty when it cannot be known: file systems without inodes, folders that may not be entered. */
  #inodeOf(path: string): string | null {
    let inode = this.#inodes.get(path);
    if (inode === undefined) {
      inode = inodeOf(path);
      this.#inodes.set(path, inode);
    }
    return inode;
  }

  #canonicalOf(path: string): string {
    let canonical = this.#canonical.get(path);
    if (canonical === undefined) {
      canonical = canonicalPath(path);
      this.#canonical.set(path, canonical);
    }
    return canonical;
  }
}

function inodeOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return ino === 0n ? "" : `${dev}:${ino}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? null : "";
  }
}
