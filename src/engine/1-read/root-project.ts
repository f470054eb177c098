import { loadProject, readRawProject } from "./project-file.ts";
import type { PlainRecord } from "../manifest/types.ts";
import type { Project, ReadWarning } from "./types.ts";

/** What the commands that need no profile and no files of the project are told of it: clean, deps, docs serve. */
export interface RootProjectOptions {
  projectDir: string;
  vars: PlainRecord;
  env: NodeJS.ProcessEnv;
  versionCheck: boolean;
  targetPath?: string;
  packagesInstallPath?: string;
  warn(warning: ReadWarning): void;
}

/** Reads `dbt_project.yml` in a folder; vars that it asks for may be missing. Errors: those of {@link loadProject}. */
export function loadRootProject(folder: string, options: Omit<RootProjectOptions, "projectDir">): Project {
  const { env, vars, versionCheck, targetPath, packagesInstallPath, warn } = options;
  const load = { env, vars, versionCheck, targetPath, packagesInstallPath, lenientVars: true };
  return loadProject(readRawProject(folder), load, warn);
}
