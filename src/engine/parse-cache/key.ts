import { hash } from "node:crypto";
import { seedChecksum } from "../1-read/index.ts";
import type { Project, ProjectFiles, ReadProject, SourceFile } from "../1-read/types.ts";
import type { Flags } from "../flags.ts";
import { exactJson } from "../manifest/exact.ts";

/**
 * Everything that decides what a parse gives, as one sha256 in hex: settings, target, vars, and every file by name and
 * text. Environment variables are not in it: which of them count is known after a parse. Undefined when a setting holds
 * a value that has no text. The checksums of seeds are left in `files`, so that nobody reads the seeds again.
 */
export function parseKey(read: ReadProject, files: ProjectFiles[], flags: Flags, program: string): string | undefined {
  const settings = exactJson([
    program,
    read.root,
    read.packages,
    read.target,
    read.cliVars,
    read.selectors?.document.data ?? null,
    flags.storeFailures ?? null,
    flags.debug,
    // Dates without a zone are local time.
    new Date().getTimezoneOffset(),
  ]);
  if (settings === undefined) return undefined;
  const limit = Number(read.root.flags.maximum_seed_size_mib ?? 1);
  const parts = [settings];
  for (const own of files) {
    parts.push(own.project.name);
    for (const [kind, list] of Object.entries(own) as [string, Project | SourceFile[]][]) {
      if (!Array.isArray(list)) continue;
      parts.push(kind, String(list.length));
      for (const file of list) {
        if (kind === "seeds") file.checksum ??= seedChecksum(own.project.root, file.path, limit);
        const { path, searchPath, relativePath, contents, leadingLines = 0, checksum } = file;
        // Lengths first, so that no text can pass for the end of another.
        const head = [path, searchPath, relativePath, leadingLines, checksum?.checksum ?? "", contents.length];
        parts.push(head.join("\0"), contents);
      }
    }
  }
  return hash("sha256", parts.join("\n"));
}
