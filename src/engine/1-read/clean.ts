import { realpathSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readError } from "./errors.ts";
import { allSourcePaths } from "./project-paths.ts";
import { pythonText } from "./python-text.ts";
import { loadRootProject, type RootProjectOptions } from "./root-project.ts";

export interface CleanOptions extends RootProjectOptions {
  /** `--no-clean-project-files-only` makes it false. */
  projectFilesOnly: boolean;
  /** Told before and after each folder. */
  report(step: "checking" | "cleaned", path: string): void;
}

/** Deletes the folders of `clean-targets`; source folders and folders outside the project are refused before anything goes. Errors: READ-010. */
export function cleanProject(options: CleanOptions): void {
  const root = real(resolve(options.projectDir));
  const project = loadRootProject(root, options);
  const absolute = (path: string): string => real(resolve(root, path));
  const targets = new Set(project.paths.clean.map(absolute));
  const sources = new Set(allSourcePaths(project.paths).map(absolute));
  const protectedPaths = [...targets].filter((path) => sources.has(path));
  if (protectedPaths.length > 0) {
    throw readError("file", {
      message: `dbt will not clean the following source paths: ${pythonText(protectedPaths)}`,
      place: { file: project.file },
      hint: "Take them out of clean-targets.",
    });
  }
  const outside = [...targets].filter((path) => !path.startsWith(`${root}/`));
  if (outside.length > 0 && options.projectFilesOnly) {
    throw readError("file", {
      message: `dbt will not clean the following directories outside the project: ${pythonText(outside)}`,
      place: { file: project.file },
      hint: "Take them out of clean-targets, or pass --no-clean-project-files-only.",
    });
  }
  const { clean, packagesInstall } = project.paths;
  if (clean.includes("dbt_modules") && !clean.includes(packagesInstall)) {
    options.warn({
      name: "PackageInstallPathDeprecation",
      code: "D002",
      text: "The default package install path has changed from `dbt_modules` to `dbt_packages`. Please update `clean-targets` in `dbt_project.yml` and check `.gitignore` as well. Or, set `packages-install-path: dbt_modules` if you'd like to keep the current value.",
    });
  }
  for (const path of targets) {
    options.report("checking", path);
    // The project itself, or a folder that holds it, is never meant.
    if (path !== root && !root.startsWith(`${path}/`)) rmSync(path, { recursive: true, force: true });
    options.report("cleaned", path);
  }
}

/** A path with its links followed, as far as it exists. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : resolve(real(parent), path.slice(parent.length + (parent.endsWith("/") ? 0 : 1)));
  }
}
