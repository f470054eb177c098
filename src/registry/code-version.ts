import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Lab } from "./lab.ts";

/**
 * The commit that the git checkout around a folder is at, without starting git; undefined where there is none. Says nothing
 * of what was changed since.
 */
export function commitOf(folder: string): string | undefined {
  try {
    const git = gitFolder(folder);
    if (git === undefined) return undefined;
    const head = readFileSync(join(git, "HEAD"), "utf8").trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    if (ref === undefined) return commit(head);
    // Worktrees keep their branches in the main checkout.
    const commonFile = join(git, "commondir");
    const common = existsSync(commonFile) ? resolve(git, readFileSync(commonFile, "utf8").trim()) : git;
    const loose = join(common, ref);
    if (existsSync(loose)) return commit(readFileSync(loose, "utf8").trim());
    const packed = readFileSync(join(common, "packed-refs"), "utf8").split("\n");
    return commit(packed.find((line) => line.endsWith(` ${ref}`))?.split(" ")[0] ?? "");
  } catch {
    // No rights, or a format of the future: what is not known is not told.
    return undefined;
  }
}

const commit = (text: string): string | undefined => (/^[0-9a-f]{40,64}$/.test(text) ? text : undefined);

function gitFolder(start: string): string | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    const path = join(folder, ".git");
    if (existsSync(path)) {
      if (statSync(path).isDirectory()) return path;
      const link = /^gitdir: (.+)$/m.exec(readFileSync(path, "utf8"))?.[1];
      return link === undefined ? undefined : resolve(folder, link);
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** A short text that changes when a lab's entry in the registry or its lab.yml does. */
export function configHash(lab: Lab): string {
  const { root, database, dbtProject, raw } = lab.paths;
  const file = existsSync(lab.paths.config) ? readFileSync(lab.paths.config, "utf8") : "";
  return createHash("sha256")
    .update(JSON.stringify([root, database, dbtProject, raw, lab.status, file]))
    .digest("hex")
    .slice(0, 12);
}
