import { readDeclaredPackages } from "../declared-packages.ts";
import { readRawProject } from "../project-file.ts";
import { readError } from "../errors.ts";
import type { Declared, DepsContext } from "./types.ts";

/**
 * Refuses the name of a package that is no name of one folder: packages name themselves, and `../macros` would be put in the
 * place of the project's own. Errors: READ-005.
 */
export function requireFolderName(name: string): void {
  if (name !== "" && name !== "." && name !== ".." && !/[\\/\0]/.test(name)) return;
  throw readError("packages", {
    message: `The package name ${JSON.stringify(name)} is no name of a folder.`,
    hint: "A package's name has letters, digits and underscores; correct it where the package is declared, or leave the package out.",
    data: { name },
  });
}

/** Name, version and packages of a package's folder. */
export function packageMetadata(
  folder: string,
  context: DepsContext,
): { name: string; version: string; dependencies: Declared[] } {
  const raw = readRawProject(folder);
  const { name, version } = raw.data;
  if (typeof name !== "string" || name === "") {
    throw readError("packages", {
      message: "Package defined in dbt_project.yml must have a name!",
      place: { file: raw.file },
      hint: "Add `name:` to the dbt_project.yml of that package.",
    });
  }
  const declared = readDeclaredPackages(folder, context.scope, context.env);
  const dependencies = declared.packages.map((entry, i) => ({ entry, unrendered: declared.unrendered[i] ?? entry }));
  return { name, version: String(version ?? ""), dependencies };
}
