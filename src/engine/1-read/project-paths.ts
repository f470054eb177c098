import type { PlainRecord } from "../manifest/types.ts";
import type { ProjectPaths } from "./types.ts";

const withoutSlash = (path: string): string => path.replace(/\/+$/, "");

/** Folders of all source paths, each once; properties files are looked for in them. */
export function allSourcePaths(
  paths: Pick<ProjectPaths, "model" | "seed" | "snapshot" | "analysis" | "macro" | "test" | "function">,
): string[] {
  const { model, seed, snapshot, analysis, macro, test } = paths;
  const all = [...model, ...seed, ...snapshot, ...analysis, ...macro, ...test, ...paths.function];
  return [...new Set(all.map(withoutSlash))];
}

/** Folders of a rendered dbt_project.yml with dbt's defaults; options of the command line come first. */
export function projectPaths(
  data: PlainRecord,
  options: { targetPath?: string; logPath?: string; packagesInstallPath?: string },
): ProjectPaths {
  const list = (key: string, fallback: string[]): string[] => (data[key] as string[] | null | undefined) ?? fallback;
  const text = (key: string, fallback: string): string => (data[key] as string | null | undefined) ?? fallback;
  const sources = {
    model: Object.hasOwn(data, "model-paths") ? list("model-paths", ["models"]) : list("source-paths", ["models"]),
    seed: Object.hasOwn(data, "seed-paths") ? list("seed-paths", ["seeds"]) : list("data-paths", ["seeds"]),
    test: list("test-paths", ["tests"]),
    analysis: list("analysis-paths", ["analyses"]),
    macro: list("macro-paths", ["macros"]),
    snapshot: list("snapshot-paths", ["snapshots"]),
    function: list("function-paths", ["functions"]),
    osi: list("osi-paths", ["osi", "OSI"]),
  };
  const target = options.targetPath ?? text("target-path", "target");
  return {
    ...sources,
    docs: list("docs-paths", allSourcePaths(sources)),
    asset: list("asset-paths", []),
    target,
    log: options.logPath ?? text("log-path", "logs"),
    packagesInstall: options.packagesInstallPath ?? text("packages-install-path", "dbt_packages"),
    clean: list("clean-targets", [target]),
  };
}
