import { setTimeout as sleep } from "node:timers/promises";
import type { FoundFile } from "./sources.ts";
import { fileStat } from "./sources.ts";

/** Nanoseconds since 1970. */
export const nowNs = (clock: () => number): bigint => BigInt(Math.round(clock() * 1e6));

/** A rename, or a time set by the copying program, moves ctime past mtime: the writer was done with it. */
const renamedAfterWriting = (file: FoundFile): boolean =>
  BigInt(file.stat.ctime) - BigInt(file.stat.mtime) > 20_000_000n;

/**
 * Splits files into those that stand still and those still being written. Only files touched within the window cost
 * time: they are looked at again once, after the window. `clock` gives milliseconds since 1970.
 */
export async function settle(
  files: FoundFile[],
  windowMs: number,
  clock: () => number,
  signal?: AbortSignal,
): Promise<{ unsettled: Set<FoundFile> }> {
  const window = BigInt(Math.round(windowMs * 1e6));
  const now = nowNs(clock);
  const young = files.filter((file) => now - BigInt(file.stat.mtime) < window && !renamedAfterWriting(file));
  const unsettled = new Set<FoundFile>();
  if (young.length === 0) return { unsettled };
  // A time in the future says nothing about age: such a file is watched for the whole window.
  const wait = young.reduce((longest, file) => {
    const age = now - BigInt(file.stat.mtime);
    const left = age < 0n ? window : window - age;
    return left > longest ? left : longest;
  }, 0n);
  await sleep(Math.ceil(Number(wait) / 1e6), undefined, { signal });
  for (const file of young) {
    const again = fileStat(file.path);
    if (
      !again ||
      again.bytes !== file.stat.bytes ||
      again.mtime !== file.stat.mtime ||
      again.inode !== file.stat.inode
    ) {
      unsettled.add(file);
    }
  }
  return { unsettled };
}
