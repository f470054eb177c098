import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { strip } from "#jinja/index.ts";
import { ignoreSpec } from "./ignore.ts";
import { allSourcePaths } from "./project-paths.ts";
import { readError } from "./errors.ts";
import { readText } from "./text-file.ts";
import type { Project, ProjectFiles, SourceFile } from "./types.ts";

/** One file as found, before its text is needed. */
interface Found {
  relativePath: string;
  /** Its name in lower case: dbt compares endings without case. */
  name: string;
}

/**
 * Every file of a project by kind: folders in the order of dbt_project.yml, files sorted by path.
 * Hidden files, editors' leftovers (`#x`, `~x`) and what `.dbtignore` names are left out; linked folders are not entered.
 * Source of behaviour: dbt-core parser/read_files.py.
 */
export function readFiles(project: Project): ProjectFiles {
  const { root, paths } = project;
  const ignore = ignoreSpec(readText(join(root, ".dbtignore")) ?? "");
  const walked = new Map<string, Found[]>();
  const texts = new Map<string, Pick<SourceFile, "contents" | "leadingLines">>();
  const jinja = project.flags.allow_jinja_file_extensions === true ? ["", ".j2", ".jinja2", ".jinja"] : [""];
  const variants = (ending: string): string[] => jinja.map((extra) => ending + extra);

  const filesIn = (searchPath: string): Found[] => {
    let found = walked.get(searchPath);
    if (!found)
      walked.set(
        searchPath,
        (found = walk(resolve(root, searchPath), (path) => ignore?.(join(searchPath, path)) ?? false)),
      );
    return found;
  };
  const load = (searchPath: string, relativePath: string): SourceFile => {
    const path = relative(root, resolve(root, searchPath, relativePath));
    let text = texts.get(path);
    if (!text) texts.set(path, (text = readSource(join(root, path))));
    return { path, searchPath, relativePath, ...text };
  };
  const collect = (folders: string[], endings: string[], keep?: (relativePath: string) => boolean): SourceFile[] =>
    endings.flatMap((ending) =>
      folders.flatMap((folder) =>
        filesIn(folder)
          .filter(({ name, relativePath }) => name.endsWith(ending) && (!keep || keep(relativePath)))
          .map(({ relativePath }) => load(folder, relativePath)),
      ),
    );
  const within = (folder: string): string[] => paths.test.map((path) => join(path, folder));
  const sql = variants(".sql");
  return {
    project,
    macros: collect(paths.macro, sql),
    models: collect(paths.model, [".py", ...sql]),
    snapshots: collect(paths.snapshot, sql),
    analyses: collect(paths.analysis, sql),
    singularTests: collect(paths.test, sql, (path) => !/^(?:generic|fixtures)\//.test(path)),
    genericTests: collect(within("generic"), sql),
    seeds: paths.seed.flatMap((folder) =>
      filesIn(folder)
        .filter(({ name }) => name.endsWith(".csv"))
        .map(({ relativePath }) => ({
          path: join(folder, relativePath),
          searchPath: folder,
          relativePath,
          contents: "",
        })),
    ),
    fixtures: collect(within("fixtures"), [".csv", ...sql]),
    docs: collect(paths.docs, variants(".md")),
    functions: collect(paths.function, [".py", ".js", ...sql]),
    osi: collect(paths.osi, [".json"]),
    properties: collect(allSourcePaths(paths), [".yml", ".yaml"]),
  };
}

/** Files below a folder, sorted by path; an absent folder has none. */
function walk(folder: string, ignored: (relativePath: string) => boolean): Found[] {
  const found: Found[] = [];
  const enter = (path: string, prefix: string): void => {
    let entries: import("node:fs").Dirent[];
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT" || code === "ENOTDIR") return;
      throw readError("file", {
        message: `The folder ${path} cannot be read: ${(error as Error).message}`,
        place: { file: path },
        hint: "Check that you may read it.",
        cause: error,
      });
    }
    for (const entry of entries) {
      const relativePath = prefix + entry.name;
      if (entry.isDirectory()) {
        enter(`${path}/${entry.name}`, `${relativePath}/`);
        continue;
      }
      const first = entry.name.charCodeAt(0);
      // `.`, `#` and `~` in front mark files that are no part of a project.
      if (first === 46 || first === 35 || first === 126) continue;
      if (entry.isSymbolicLink() && !statSync(`${path}/${entry.name}`, { throwIfNoEntry: false })?.isFile()) continue;
      if (!ignored(relativePath)) found.push({ relativePath, name: entry.name.toLowerCase() });
    }
  };
  enter(folder, "");
  return found.sort((a, b) => (a.relativePath < b.relativePath ? -1 : a.relativePath > b.relativePath ? 1 : 0));
}

function readSource(path: string): Pick<SourceFile, "contents" | "leadingLines"> {
  const text = readText(path) ?? "";
  const contents = strip(text);
  if (contents.length === text.length || text.startsWith(contents)) return { contents };
  return { contents, leadingLines: text.slice(0, text.indexOf(contents)).split("\n").length - 1 };
}
