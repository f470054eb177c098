import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathKind } from "./text-file.ts";
import { readError } from "./errors.ts";
import { loadRootProject, type RootProjectOptions } from "./root-project.ts";

/** What `docs generate` leaves for readers; nothing else of the target folder is given away. */
const offered = new Set([
  "index.html",
  "static_index.html",
  "manifest.json",
  "catalog.json",
  "column_lineage.json",
  "graph_summary.json",
  "run_results.json",
  "semantic_manifest.json",
  "sources.json",
]);

/**
 * The documentation that `docs generate` left in a project's target folder. The function gives the bytes of one of its files,
 * undefined for names that are not there. Errors: READ-002, READ-010 when there is no documentation.
 */
export function openDocsSite(options: RootProjectOptions): (name: string) => Buffer | undefined {
  const root = resolve(options.projectDir);
  const folder = resolve(root, loadRootProject(root, options).paths.target);
  if (pathKind(join(folder, "index.html")) !== "file")
    throw readError("file", {
      message: `There is no documentation in ${folder}.`,
      hint: "Make it first: `labs dbt docs generate`.",
    });
  return (name) => {
    if (!offered.has(name)) return undefined;
    try {
      return readFileSync(join(folder, name));
    } catch {
      return undefined;
    }
  };
}
