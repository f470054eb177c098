import { existsSync } from "node:fs";
import { join } from "node:path";

/** Tells whether a path relative to a project's folder exists: what `path:` asks about files of packages. */
export function projectPathExists(projectRoot: string): (path: string) => boolean {
  return (path) => existsSync(join(projectRoot, path));
}
