import { engineError } from "../../errors.ts";
import { globMatcher, hasWildcard } from "../fnmatch.ts";
import { type AnyNode, allNodes, type SelectionMethod, where } from "../population.ts";

/**
 * `path:models/gold`, `path:models/staging/stg_o*.sql`: nodes whose file, folder or properties file matches.
 * dbt looks the pattern up on disk below the root project, so a path of a package counts only where the root has it too.
 */
export const path: SelectionMethod = ({ manifest, population, pathExists }, { value }) => {
  const matches = pathMatcher(String(value));
  const root = manifest.metadata.project_name;
  const known = new Map<string, boolean>();
  const hit = (own: boolean, candidate: string, folder: boolean): boolean => {
    const key = `${own ? 1 : 0}${folder ? 1 : 0}${candidate}`;
    let answer = known.get(key);
    if (answer === undefined) {
      answer = matches(candidate, folder) && (own || pathExists(candidate));
      known.set(key, answer);
    }
    return answer;
  };
  return where(allNodes(population), (node) => {
    const own = node.package_name === root;
    const patch = patchOf(node);
    // Hooks are recorded as ./dbt_project.yml.
    const file = node.original_file_path.replace(/^\.\//, "");
    return (
      hit(own, file, false) ||
      (patch !== undefined && hit(patch.package === root, patch.file, false)) ||
      folders(file).some((folder) => hit(own, folder, true))
    );
  });
};

function patchOf(node: AnyNode): { package: string; file: string } | undefined {
  const patch = "patch_path" in node ? node.patch_path : undefined;
  if (typeof patch !== "string" || patch === "") return undefined;
  const [name = "", file = ""] = patch.split("://");
  return { package: name, file };
}

/** Every folder above a file, the root (an empty path) last. */
export function folders(file: string): string[] {
  const parts = file.split("/");
  const result: string[] = [];
  for (let i = parts.length - 1; i >= 0; i--) result.push(parts.slice(0, i).join("/"));
  return result;
}

/** Python's `Path.glob` as a test of one relative path; `**` stands for folders only, a slash at the end too. */
export function pathMatcher(pattern: string): (candidate: string, folder: boolean) => boolean {
  if (pattern === "") throw unusable(pattern, "it is empty");
  if (pattern.startsWith("/")) throw unusable(pattern, "absolute paths are not supported");
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const foldersOnly = pattern.endsWith("/") || parts.at(-1) === "**";
  const tests = parts.map((part) => {
    if (part === "**") return part;
    if (part.includes("**")) throw unusable(pattern, "'**' can only be an entire path component");
    return hasWildcard(part) ? globMatcher(part) : (name: string) => name === part;
  });
  const match = (names: readonly string[], n: number, t: number): boolean => {
    for (; t < tests.length; t++) {
      const test = tests[t];
      if (test === "**") {
        for (let skip = n; skip <= names.length; skip++) if (match(names, skip, t + 1)) return true;
        return false;
      }
      const name = names[n++];
      if (name === undefined || typeof test !== "function" || !test(name)) return false;
    }
    return n === names.length;
  };
  return (candidate, folder) => (folder || !foldersOnly) && match(candidate === "" ? [] : candidate.split("/"), 0, 0);
}

function unusable(pattern: string, why: string) {
  return engineError("runtime", {
    message: `Invalid path selector "${pattern}": ${why}`,
    hint: "Write a path relative to the project's folder, such as path:models/staging.",
  });
}
