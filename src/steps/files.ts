import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { isPattern, patternToRegExp } from "#ingest/index.ts";

/** Folders that hold no data of anybody, and often very much of it. */
const skipped = new Set([".git", "node_modules", "__pycache__", ".venv"]);

/** Files that a pattern means, relative to a folder, with `/`, sorted. A folder means everything in it. */
export function filesOf(root: string, pattern: string): string[] {
  const given = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
  if (!isPattern(given)) {
    const stat = statSync(resolve(root, given), { throwIfNoEntry: false });
    if (!stat) return [];
    return stat.isDirectory() ? filesBelow(root, resolve(root, given)) : [given];
  }
  const parts = given.split("/");
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => isPattern(part)),
  );
  const base = resolve(root, fixed.join("/"));
  const wanted = patternToRegExp(given);
  return existsSync(base) ? filesBelow(root, base).filter((name) => wanted.test(name)) : [];
}

function filesBelow(root: string, base: string): string[] {
  const names: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) walk(path);
      } else names.push(relative(root, path).split(sep).join("/"));
    }
  };
  walk(base);
  return names.sort();
}

/** What tells a file that was not touched from one that was. */
export function stampOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.dev}:${stat.ino}` : undefined;
}

export async function contentHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
