import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FoundFile } from "./sources.ts";
import { fileStat } from "./sources.ts";

/** Nanoseconds since 1970. */
export const nowNs = (clock: () => number): bigint => BigInt(Math.round(clock() * 1e6));

/** A file to be watched before it is taken. */
export interface Watched {
  file: FoundFile;
  /** How long it must stand still. */
  windowMs: number;
  /** It is text in lines, whose last one may be half written. */
  lines: boolean;
}

/** A file without an end to its last line must stand still this many times longer: its writer may be in the middle of it. */
const patience = 4;

/** A rename, or a time set by the copying program, moves ctime past mtime: the writer was done with it. */
const renamedAfterWriting = (file: FoundFile): boolean =>
  BigInt(file.stat.ctime) - BigInt(file.stat.mtime) > 20_000_000n;

/**
 * Splits files into those that stand still and those still being written. Only files touched within their window cost
 * time: they are looked at again once, after the window, and once more when their last line has no end.
 * `clock` gives milliseconds since 1970.
 */
export async function settle(
  files: Watched[],
  clock: () => number,
  signal?: AbortSignal,
): Promise<{ unsettled: Set<FoundFile> }> {
  const unsettled = new Set<FoundFile>();
  const standing = await stillAfter(files, 1, clock, unsettled, signal);
  await stillAfter(
    standing.filter(({ file, lines }) => lines && !endsWithLineEnd(file.path)),
    patience,
    clock,
    unsettled,
    signal,
  );
  return { unsettled };
}

/** Waits until every young file is `times` windows old. Returns those that stood still, and notes the others. */
async function stillAfter(
  files: Watched[],
  times: number,
  clock: () => number,
  unsettled: Set<FoundFile>,
  signal: AbortSignal | undefined,
): Promise<Watched[]> {
  const now = nowNs(clock);
  const windowOf = ({ windowMs }: Watched) => BigInt(Math.round(windowMs * times * 1e6));
  const young = files.filter(
    (watched) => now - BigInt(watched.file.stat.mtime) < windowOf(watched) && !renamedAfterWriting(watched.file),
  );
  if (young.length === 0) return [];
  // A time in the future says nothing about age: such a file is watched for the whole window.
  const wait = young.reduce((longest, watched) => {
    const age = now - BigInt(watched.file.stat.mtime);
    const left = age < 0n ? windowOf(watched) : windowOf(watched) - age;
    return left > longest ? left : longest;
  }, 0n);
  await sleep(Math.ceil(Number(wait) / 1e6), undefined, { signal });
  return young.filter(({ file }) => {
    const again = fileStat(file.path);
    const same = again?.bytes === file.stat.bytes && again.mtime === file.stat.mtime && again.inode === file.stat.inode;
    if (!same) unsettled.add(file);
    return same;
  });
}

/** Whether the last byte (of UTF-16 the last two) ends a line; also for an empty file and one that cannot be read. */
function endsWithLineEnd(path: string): boolean {
  try {
    const descriptor = openSync(path, "r");
    try {
      const { bytes = 0 } = fileStat(path) ?? {};
      const end = Buffer.alloc(2);
      const read = readSync(descriptor, end, 0, 2, Math.max(0, bytes - 2));
      return read === 0 || end.subarray(0, read).some((byte) => byte === 10 || byte === 13);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return true;
  }
}
