import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** The hash of a file's bytes; undefined when it cannot be read. */
export function fileHash(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("base64url");
  } catch {
    return undefined;
  }
}

/**
 * Identifies the state of files that SQL reads: size and both times, of which the change time cannot be set back.
 * Relative paths mean `root`. Undefined when there are none, or one is gone.
 */
export function inputFilesFingerprint(root: string, files: readonly string[]): string | undefined {
  if (files.length === 0) return undefined;
  const parts: string[] = [];
  for (const file of files) {
    const about = statSync(resolve(root, file), { bigint: true, throwIfNoEntry: false });
    if (!about?.isFile()) return undefined;
    parts.push(`${file} ${about.size} ${about.mtimeNs} ${about.ctimeNs}`);
  }
  return parts.join("\n");
}
