import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isUtf8 } from "node:buffer";
import { join, resolve } from "node:path";
import { didYouMean } from "#errors/index.ts";
import { registryErrors } from "../errors.ts";
import { fileError } from "../files.ts";
import { type Template, type TemplateFile, templates } from "./index.ts";

/** What a team's template may contain by accident: state of tools, data, databases. */
const leftOut = /^(\.git|node_modules|target|logs|dbt_packages|\.labs|\.DS_Store|.*\.duckdb(\.wal|\.journal)?)$/;

/**
 * A template by name (`csv`), by folder, or by the name of a folder under the workspace's `shared/templates/`.
 * Errors: REG-016.
 */
export function findTemplate(nameOrFolder: string, workspaceRoot: string, cwd: string): Template {
  const builtIn = Object.hasOwn(templates, nameOrFolder) ? templates[nameOrFolder] : undefined;
  if (builtIn) return builtIn;
  const folders = [resolve(cwd, nameOrFolder), join(workspaceRoot, "shared", "templates", nameOrFolder)];
  const folder = folders.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
  if (folder !== undefined) return { summary: `The folder ${folder}`, files: readFolder(folder, "") };
  const own = join(workspaceRoot, "shared", "templates");
  const names = [...Object.keys(templates), ...(existsSync(own) ? readdirSync(own) : [])];
  const meant = didYouMean(nameOrFolder, names);
  throw registryErrors.templateUnknown({
    message: `There is no template ${JSON.stringify(nameOrFolder)}.`,
    hint: meant ? `Did you mean \`${meant}\`?` : `Use one of ${names.join(", ")}, or the path of a folder.`,
  });
}

function readFolder(root: string, inner: string): TemplateFile[] {
  const folder = join(root, inner);
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw fileError(error, folder, "read");
  }
  return entries
    .filter((entry) => !leftOut.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): TemplateFile[] => {
      const path = inner === "" ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) return readFolder(root, path);
      // A link to a file is copied as that file; a link to a folder could lead in a circle.
      const file = join(root, path);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat?.isFile()) return [];
      try {
        const bytes = readFileSync(file);
        const text = isUtf8(bytes) && !bytes.includes(0);
        return [{ path, content: text ? bytes.toString("utf8") : bytes, mode: stat.mode & 0o777 }];
      } catch (error) {
        throw fileError(error, file, "read");
      }
    });
}
