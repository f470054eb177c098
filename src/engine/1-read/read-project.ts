import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { strip } from "#jinja/index.ts";
import type { Flags } from "../flags.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { checkCatalogs } from "./catalogs.ts";
import { loadInstalledPackages } from "./installed-packages.ts";
import { defaultProfilesDir, readTarget } from "./profiles.ts";
import { type LoadOptions, loadProject, projectFileName, readRawProject } from "./project-file.ts";
import { renderTree } from "./render.ts";
import { configScope } from "./scope.ts";
import { readText } from "./text-file.ts";
import type { ReadProject, ReadWarning, Target } from "./types.ts";
import { readVarsFile } from "./vars-file.ts";
import { parseYaml } from "./yaml/index.ts";

export interface ReadOptions {
  /** Used in place of profiles.yml, which then is not read at all. */
  target?: Target;
  env?: NodeJS.ProcessEnv;
  /** Where the command was given: profiles.yml is looked for there first. */
  cwd?: string;
  /** false: installed packages are neither read nor checked. */
  packages?: boolean;
}

/** The nearest folder at or above `cwd` with a dbt_project.yml, else `cwd` itself. */
export function findProjectDir(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, projectFileName))) return folder;
    if (folder === dirname(folder)) return resolve(cwd);
  }
}

/** Reads a project with its profile, its variables and its packages; nothing is parsed yet. Errors: READ-001 … READ-007. */
export function readProject(flags: Flags, options: ReadOptions = {}): ReadProject {
  const env = options.env ?? process.env;
  const rootFolder = resolve(flags.projectDir);
  const warnings: ReadWarning[] = [];
  const warn = (warning: ReadWarning): void => void warnings.push(warning);
  const raw = readRawProject(rootFolder);
  for (const { key, line, column } of raw.document.duplicates ?? []) {
    warn({
      name: "DuplicateYAMLKeysDeprecation",
      code: "D024",
      text: `Duplicate key '${key}' in "<unicode string>", line ${line}, column ${column} in file \`${raw.file}\``,
      place: { file: raw.file, line, column, source: raw.source },
    });
  }
  const target =
    options.target ??
    readTarget({
      profilesDir: flags.profilesDir ?? defaultProfilesDir(options.cwd ?? process.cwd(), options.env ?? process.env),
      projectDir: rootFolder,
      profile: flags.profile,
      projectProfile: raw.data.profile,
      target: flags.target,
      threads: flags.threads,
      cliVars: flags.vars,
      env,
    });
  const load: LoadOptions = {
    env,
    vars: flags.vars,
    target,
    versionCheck: flags.versionCheck,
    targetPath: flags.targetPath,
    logPath: flags.logPath,
    packagesInstallPath: flags.packagesInstallPath,
  };
  const root = loadProject(raw, load, warn);
  const packages = options.packages === false ? [] : loadInstalledPackages(root, load, warn);
  checkCatalogs(rootFolder, { env, vars: flags.vars, target }, root.flags.use_catalogs_v2 === true);
  const selectors = readSelectors(rootFolder, target, flags.vars, env);
  return { root, packages, target, cliVars: flags.vars, warnings, ...(selectors && { selectors }) };
}

/** selectors.yml, rendered; positions are those of the file. */
function readSelectors(
  root: string,
  target: Target,
  cliVars: PlainRecord,
  env: NodeJS.ProcessEnv,
): ReadProject["selectors"] {
  const file = join(root, "selectors.yml");
  const text = readText(file);
  if (text === undefined) return undefined;
  const source = strip(text);
  const document = parseYaml(source, file);
  if (document.data === null) return undefined;
  const scope = configScope({ env, vars: { ...readVarsFile(root), ...cliVars }, target });
  const data = renderTree(document.data, { file, scope, document, source });
  return { file, document: { ...document, data } };
}
