import { readdirSync, statSync } from "node:fs";
import { join, parse, relative, resolve } from "node:path";
import { isLabsError, LabsError } from "#errors/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { loadProject, type LoadOptions, readRawProject } from "./project-file.ts";
import { readText } from "./text-file.ts";
import type { Project, ReadWarning } from "./types.ts";
import { parseYaml } from "./yaml/index.ts";

export const lockFileName = "package-lock.yml";

/** package-lock.yml as data: `packages` and `sha1_hash`; undefined when there is none. */
export function readLock(root: string): PlainRecord | undefined {
  const file = join(root, lockFileName);
  const source = readText(file);
  if (source === undefined) return undefined;
  return (parseYaml(source, file).data as PlainRecord | null) ?? undefined;
}

/** Folders inside the packages folder, sorted by name; `__…` are skipped, links are followed. */
export function packageFolders(project: Pick<Project, "root" | "paths">): string[] {
  const folder = resolve(project.root, project.paths.packagesInstall);
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return [];
  }
  return names
    .filter((name) => !name.startsWith("__"))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/**
 * Every installed package, after dbt's checks: as many as declared, each with a valid project, no name twice.
 * Errors: READ-005. Source of behaviour: dbt-core config/runtime.py load_dependencies.
 */
export function loadInstalledPackages(
  root: Project,
  options: LoadOptions,
  warn: (warning: ReadWarning) => void,
): Project[] {
  const folders = packageFolders(root);
  const locked = readLock(root.root)?.packages;
  const lockedList = Array.isArray(locked) ? (locked as PlainRecord[]) : [];
  const declared = lockedList.length > 0 ? lockedList : root.declaredPackages;
  const installed = new Set(folders.map((folder) => parse(folder).name));
  if (declared.length !== installed.size) {
    const names = lockedList.map((entry) => entry.name).filter((name) => typeof name === "string");
    const missing = names.filter((name) => !installed.has(name));
    const following = missing.length > 0 ? `Following packages were not found: ${missing.join(", ")}. ` : "";
    throw readError("packages", {
      dbtType: "Compilation Error",
      message: `dbt expects ${declared.length} package(s) based on packages specified in ${root.packagesFile}, but found only ${installed.size} package(s) installed in ${root.paths.packagesInstall}. ${following}Run "dbt deps" to install package dependencies.`,
      place: { file: join(root.root, root.packagesFile) },
      hint:
        declared.length < installed.size
          ? `Declare every folder of ${root.paths.packagesInstall} in ${root.packagesFile}, or delete the ones that are not needed: ${[...installed].join(", ")}.`
          : "Run `labs dbt deps` in the folder of the project.",
      data: { missing },
    });
  }
  const seen = new Map([[root.name, root.root]]);
  return folders.map((folder) => {
    const project = loadPackage(folder, options, warn);
    const other = seen.get(project.name);
    if (other !== undefined) {
      throw readError("packages", {
        dbtType: "Compilation Error",
        message: `dbt found more than one package with the name "${project.name}" included in this project. Package names must be unique in a project. Please rename one of these packages.`,
        place: { file: project.file },
        hint: `The other one is ${relative(root.root, other) || "the project itself"}.`,
      });
    }
    seen.set(project.name, folder);
    return project;
  });
}

function loadPackage(folder: string, options: LoadOptions, warn: (warning: ReadWarning) => void): Project {
  try {
    // Options of the command line belong to the root project; a package sees none of its variables either.
    const { env, target, versionCheck } = options;
    return loadProject(readRawProject(folder), { env, target, versionCheck, vars: {} }, warn);
  } catch (error) {
    if (!isLabsError(error) || error.data?.dbtType !== "Runtime Error") throw error;
    const inner = `Runtime Error\n${error.message.replace(/^/gm, "  ")}`;
    throw new LabsError(
      { code: error.code, title: error.title, exit: error.exit, doc: "" },
      {
        message: `Failed to read package: ${inner}\n\nError encountered in ${folder}`,
        place: error.place,
        hint: error.hint,
        data: error.data,
        cause: error,
      },
    );
  }
}
