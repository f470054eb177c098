import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { registryErrors } from "./errors.ts";
import { fileError, makeFolder } from "./files.ts";
import type { Lab } from "./lab.ts";
import { requireFreeName } from "./names.ts";
import { canonicalPath } from "./real-path.ts";
import { addEntry, withRegistryLock } from "./registry-file.ts";
import type { LabEntry } from "./schemas/workspace.ts";
import { fill, type TemplateValues } from "./templates/index.ts";
import { findTemplate } from "./templates/folder.ts";
import { openRegistry, type Workspace } from "./workspace.ts";

export interface NewLab {
  name: string;
  /** empty, csv, api, or a folder. Default: csv. */
  template?: string;
  maintainer?: string;
  description?: string;
  /** What relative template folders are relative to. Default: the workspace. */
  cwd?: string;
}

export interface CreatedLab {
  lab: Lab;
  workspace: Workspace;
  /** Absolute paths of the new files. */
  files: string[];
}

/**
 * Creates a lab's folder from a template and registers it. The folder appears whole or not at all.
 * Errors: REG-006 to REG-008 for the name, REG-016 for the template, REG-010/011 when it cannot be written.
 */
export function createLab(workspace: Workspace, wanted: NewLab): CreatedLab {
  const template = findTemplate(wanted.template ?? "csv", workspace.root, wanted.cwd ?? workspace.root);
  return withRegistryLock(workspace, () => {
    const current = openRegistry(workspace.root);
    requireFreeName(current, wanted.name);
    const root = join(current.root, wanted.name);
    requireNoFolder(root);
    const maintainer = wanted.maintainer ?? userName();
    const description = wanted.description ?? "";
    const values: TemplateValues = {
      lab: wanted.name,
      title: titleOf(wanted.name),
      maintainer,
      description,
      date: today(),
      lab_schema: slashes(relative(root, join(current.root, "shared", "config", "lab.schema.json"))),
    };
    const files = template.files.map((file) => ({
      path: fill(file.path, values),
      content: typeof file.content === "string" ? fill(file.content, values) : file.content,
      ...(file.mode !== undefined && { mode: file.mode }),
    }));
    writeFolder(root, files);
    try {
      addEntry(current, wanted.name, {
        path: wanted.name,
        db_path: `${wanted.name}/data/${wanted.name}.duckdb`,
        dbt_path: files.some((file) => file.path === "dbt_project.yml") ? wanted.name : `${wanted.name}/dbt`,
        raw_data_path: `${wanted.name}/data/raw`,
        maintainer,
        status: "active",
        description,
        created_date: values.date,
      });
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw error;
    }
    const after = openRegistry(current.root);
    return { lab: after.lab(wanted.name), workspace: after, files: files.map((file) => join(root, file.path)) };
  });
}

export interface Registration {
  folder: string;
  /** Default: the folder's name. */
  name?: string;
  maintainer?: string;
  description?: string;
}

/**
 * Registers a folder that exists, as it is: nothing in it is changed.
 * Errors: REG-009 no such folder, REG-006/007 for the name, REG-007 also when the folder is registered already.
 */
export function registerLab(workspace: Workspace, wanted: Registration): { lab: Lab; workspace: Workspace } {
  const root = resolve(wanted.folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw registryErrors.folderMissing({
      message: `There is no folder ${root}.`,
      hint: "Check the path, or create a lab with `labs new <lab>`.",
    });
  }
  return withRegistryLock(workspace, () => {
    const current = openRegistry(workspace.root);
    const same = current.labs.find((lab) => canonicalPath(lab.paths.root) === canonicalPath(root));
    if (same) {
      throw registryErrors.nameTaken({
        message: `${root} is registered already, as ${same.name}.`,
        place: same.place,
        hint: `Use it: \`labs run ${same.name}\`.`,
      });
    }
    const name = wanted.name ?? basename(root);
    requireFreeName(current, name);
    const shown = (path: string) => shownPath(current.root, path);
    addEntry(current, name, {
      path: shown(root),
      db_path: shown(databaseIn(root) ?? join(root, "data", `${name}.duckdb`)),
      dbt_path: shown(existsSync(join(root, "dbt", "dbt_project.yml")) ? join(root, "dbt") : projectIn(root)),
      raw_data_path: shown(join(root, "data", "raw")),
      maintainer: wanted.maintainer ?? userName(),
      status: "active",
      description: wanted.description ?? "",
      created_date: today(),
    } satisfies LabEntry);
    const after = openRegistry(current.root);
    return { lab: after.lab(name), workspace: after };
  });
}

const projectIn = (root: string): string => (existsSync(join(root, "dbt_project.yml")) ? root : join(root, "dbt"));

/** The one database under `data/` or in the folder itself; undefined when there is none or more than one. */
function databaseIn(root: string): string | undefined {
  for (const folder of [join(root, "data"), root]) {
    if (!existsSync(folder)) continue;
    const found = readdirSync(folder).filter((name) => name.endsWith(".duckdb"));
    if (found.length === 1) return join(folder, found[0] ?? "");
  }
  return undefined;
}

function requireNoFolder(root: string): void {
  const stat = statSync(root, { throwIfNoEntry: false });
  if (!stat || (stat.isDirectory() && readdirSync(root).length === 0)) return;
  throw registryErrors.folderTaken({
    message: `${root} exists already.`,
    hint: `Choose another name, or register it as it is: \`labs add ${basename(root)}\`.`,
  });
}

/** Written beside its place and renamed, so that a full disk leaves no half lab. */
function writeFolder(root: string, files: { path: string; content: string | Buffer; mode?: number }[]): void {
  makeFolder(dirname(root));
  let staging: string | undefined;
  try {
    staging = mkdtempSync(join(dirname(root), ".new-lab-"));
    for (const file of files) {
      const target = join(staging, file.path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, file.content, { ...(file.mode !== undefined && { mode: file.mode }) });
    }
    mkdirSync(join(staging, "data", "raw"), { recursive: true });
    // A staging folder is private; the lab's is not.
    chmodSync(staging, 0o777 & ~process.umask());
    renameSync(staging, root);
  } catch (error) {
    if (staging) rmSync(staging, { recursive: true, force: true });
    throw fileError(error, root, "write");
  }
}

const slashes = (path: string): string => (sep === "/" ? path : path.replaceAll(sep, "/"));

/** Inside the workspace relative, elsewhere absolute. */
function shownPath(workspaceRoot: string, path: string): string {
  const short = relative(canonicalPath(workspaceRoot), canonicalPath(path));
  return short.startsWith("..") || isAbsolute(short) ? path : slashes(short) || ".";
}

const titleOf = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const today = (): string => new Date().toISOString().slice(0, 10);

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}
