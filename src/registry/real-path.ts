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
export function sameFile(a: string, b: string): boolean {
  const [left, right] = [canonicalPath(a), canonicalPath(b)];
  if (left === right || (foldCase && left.toLowerCase() === right.toLowerCase())) return true;
  const first = identity(left);
  return first !== undefined && first === identity(right);
}

function identity(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && stat.ino !== 0n ? `${stat.dev}:${stat.ino}` : undefined;
}
