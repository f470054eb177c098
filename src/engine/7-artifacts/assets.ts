import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Copies the folders of `asset-paths` into the target folder, for the images of the documentation. Source: dbt-core task/docs/generate.py. */
export function copyAssets(projectFolder: string, targetFolder: string, paths: readonly string[]): void {
  for (const path of paths) {
    const [from, to] = [join(projectFolder, path), join(targetFolder, path)];
    rmSync(to, { recursive: true, force: true });
    if (existsSync(from)) cpSync(from, to, { recursive: true });
  }
}
