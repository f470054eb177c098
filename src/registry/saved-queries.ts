import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, readText, removeFile, writeAtomic } from "./files.ts";
import { modifiedAt } from "./disk.ts";

/** A query that people keep: `shared/queries/<name>.sql`, so that it is versioned and reviewed with the workspace. */
export interface SavedQuery {
  name: string;
  /** The lab it asks; null when its file names none. */
  lab: string | null;
  sql: string;
  /** ISO 8601. */
  savedAt: string;
}

const folderOf = (root: string): string => join(root, "shared", "queries");
const fileOf = (root: string, name: string): string => join(folderOf(root), `${name}.sql`);
/** The first line of a file that was saved here; any other .sql file is a query without a lab. */
const labLine = /^--\s*lab:\s*(\S+)[^\n]*\n/;

/** Names are file names on every system: letters, digits, spaces, `_`, `-` and `.`, beginning with a letter or digit. */
export const isQueryName = (name: string): boolean =>
  /^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,79}$/u.test(name) && !/[ .]$/.test(name);

/** By name; files whose names are none of ours are left out. Errors: REG-012. */
export function savedQueries(root: string): SavedQuery[] {
  if (!existsSync(folderOf(root))) return [];
  return readdirSync(folderOf(root))
    .filter((file) => file.endsWith(".sql") && isQueryName(file.slice(0, -4)))
    .sort((a, b) => a.localeCompare(b, "en"))
    .map((file) => {
      const path = join(folderOf(root), file);
      const text = readText(path);
      return {
        name: file.slice(0, -4),
        lab: labLine.exec(text)?.[1] ?? null,
        sql: text.replace(labLine, "").replace(/\n$/, ""),
        savedAt: (modifiedAt(path) ?? new Date(0)).toISOString(),
      };
    });
}

export const queryExists = (root: string, name: string): boolean => existsSync(fileOf(root, name));

/** Writes a query, over one of the same name. Errors: REG-010, REG-011. */
export function saveQuery(root: string, { name, lab, sql }: { name: string; lab: string; sql: string }): void {
  makeFolder(folderOf(root));
  writeAtomic(fileOf(root, name), `-- lab: ${lab}\n${sql.replace(/\s+$/, "")}\n`);
}

export function removeQuery(root: string, name: string): void {
  removeFile(fileOf(root, name));
}
