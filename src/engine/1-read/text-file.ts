import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { strip } from "#jinja/index.ts";
import { readError } from "./errors.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a file, undefined when there is none. Errors: READ-010 when it cannot be read or is not UTF-8. */
export function readText(path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw readError("file", {
      message: `${path} cannot be read: ${(error as Error).message}`,
      place: { file: path },
      hint: "Check that it is a file and that you may read it.",
      cause: error,
    });
  }
  // Plain UTF-8 is decoded natively; only a replacement character makes a strict second look necessary.
  const text = bytes.toString("utf8");
  if (!text.includes("\ufffd")) return text;
  try {
    return decoder.decode(bytes);
  } catch {
    throw readError("file", {
      message: `${path} is not UTF-8 text.`,
      place: { file: path },
      hint: "Save the file as UTF-8.",
    });
  }
}

/** The text of a seed, without a byte order mark. Errors: READ-010 when there is no such file. */
export function readSeedText(root: string, path: string): string {
  const file = join(root, path);
  const text = readText(file);
  if (text === undefined) {
    throw readError("file", {
      message: `The seed ${file} does not exist.`,
      place: { file },
      hint: "Check that the file was not moved while the command runs.",
    });
  }
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** What lies at a path, links followed; undefined when there is nothing. */
export function pathKind(path: string): "file" | "folder" | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : stat.isDirectory() ? "folder" : "file";
}

/**
 * Hash of a seed for state comparison; files above the limit (MiB, 0 is none) are known by their path only.
 * Source: dbt-core parser/read_files.py load_seed_source_file.
 */
export function seedChecksum(root: string, path: string, limit: number): { name: string; checksum: string } {
  const file = join(root, path);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (limit > 0 && size > limit * 1024 * 1024) return { name: "path", checksum: path };
  const text = strip((readText(file) ?? "").replaceAll(/\r\n?/g, "\n"));
  return { name: "sha256", checksum: createHash("sha256").update(text).digest("hex") };
}
