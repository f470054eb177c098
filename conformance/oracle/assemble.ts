import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { CorpusEntry } from "./corpus-list.ts";

/** A checkout below a folder: as `owner+name`, `owner/name` or `name`. */
export function checkout(folder: string, name: string): string | undefined {
  return [name.replace("/", "+"), name, basename(name)].map((n) => join(folder, n)).find((path) => existsSync(path));
}

/** Repositories that a project needs and that have no checkout. */
export function absentOf(folder: string, entry: CorpusEntry): string[] {
  const needed = [entry.repository, ...Object.values(entry.packages).filter((name) => name !== "itself")];
  return needed.filter((name) => checkout(folder, name) === undefined);
}

/** A copy of a project with its packages in place, since there is no network to install them from. */
export function assemble(entry: CorpusEntry, folder: string, project: string): string {
  const root = checkout(folder, entry.repository) as string;
  mkdirSync(project, { recursive: true });
  cpSync(join(root, entry.folder), project, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => ![".git", ".commit", "target"].includes(basename(path)),
  });
  if (Object.keys(entry.packages).length === 0) return project;
  for (const name of ["packages.yml", "dependencies.yml", "package-lock.yml"])
    rmSync(join(project, name), { force: true });
  const lines = ["packages:"];
  for (const [name, from] of Object.entries(entry.packages)) {
    const source = from === "itself" ? root : (checkout(folder, from) as string);
    const skip = new Set([
      ".git",
      ".commit",
      "target",
      "integration_tests",
      "integration_tests_2",
      ...(from === "itself" ? [entry.folder] : []),
    ]);
    cpSync(source, join(project, "dbt_packages", name), {
      recursive: true,
      filter: (path) => !skip.has(basename(path)),
    });
    lines.push(`  - local: dbt_packages/${name}`);
  }
  writeFileSync(join(project, "packages.yml"), `${lines.join("\n")}\n`);
  return project;
}
