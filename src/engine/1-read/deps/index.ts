import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { PlainRecord } from "../../manifest/types.ts";
import { readDeclaredPackages } from "../declared-packages.ts";
import { readError } from "../errors.ts";
import { lockFileName, packageFolders, readLock } from "../installed-packages.ts";
import { renderTree } from "../render.ts";
import { configScope } from "../scope.ts";
import { loadRootProject, type RootProjectOptions } from "../root-project.ts";
import type { Project } from "../types.ts";
import { addPackage, type NewPackage } from "./add-package.ts";
import { lockText, packagesHash } from "./lock-file.ts";
import { pinLocked, resolvePackages } from "./resolve.ts";
import type { Declared, DepsContext, DepsEvent } from "./types.ts";

export type { DepsEvent } from "./types.ts";
export type { NewPackage } from "./add-package.ts";

export interface DepsOptions extends RootProjectOptions {
  /** Resolve anew although the lock file belongs to packages.yml. */
  upgrade: boolean;
  /** Write the lock file only. */
  lockOnly: boolean;
  add?: NewPackage;
  report(event: DepsEvent): void;
  fetch?: typeof fetch;
}

/** Installs the packages of a project, as `dbt deps`. Errors: READ-001 … READ-008. */
export async function installPackages(options: DepsOptions): Promise<void> {
  const root = resolve(options.projectDir);
  const { env, report } = options;
  const scope = configScope({ env, vars: options.vars, secrets: true });
  const project = loadRootProject(root, options);
  if (options.add) addPackage(root, project.packagesFile, options.add, report);
  const { packages, unrendered } = readDeclaredPackages(root, scope, env);
  const declared = packages.map((entry, i) => ({ entry, unrendered: unrendered[i] ?? entry }));
  const downloads = env.DBT_DOWNLOADS_DIR
    ? resolve(env.DBT_DOWNLOADS_DIR)
    : mkdtempSync(join(tmpdir(), "labs-downloads-"));
  mkdirSync(downloads, { recursive: true });
  const installed = new Map(packageFolders(project).map((folder) => [folder.split("/").at(-1) ?? "", folder]));
  const context: DepsContext = {
    root,
    env,
    scope,
    versionCheck: options.versionCheck,
    downloads,
    installed,
    report,
    fetch: options.fetch ?? globalThis.fetch,
  };
  try {
    const hash = packagesHash(declared);
    if (options.upgrade || readLock(root)?.sha1_hash !== hash) await writeLock(root, declared, hash, project, context);
    if (!options.lockOnly) await installLocked(root, project, context);
  } finally {
    if (!env.DBT_DOWNLOADS_DIR) rmSync(downloads, { recursive: true, force: true });
  }
}

function nothingFound(report: (event: DepsEvent) => void): void {
  report({
    name: "DepsNoPackagesFound",
    code: "M013",
    level: "info",
    text: "Warning: No packages were found in packages.yml",
  });
}

async function writeLock(
  root: string,
  declared: Declared[],
  hash: string,
  project: Project,
  context: DepsContext,
): Promise<void> {
  if (declared.length === 0) {
    nothingFound(context.report);
    return;
  }
  const pinned = await resolvePackages(declared, project.name, context);
  const file = join(root, lockFileName);
  writeFileSync(file, lockText(pinned, hash));
  context.report({
    name: "DepsLockUpdating",
    code: "M031",
    level: "info",
    text: `Updating lock file in file path: ${file}`,
    data: { lock_filepath: file },
  });
}

async function installLocked(root: string, project: Project, context: DepsContext): Promise<void> {
  const folder = resolve(root, project.paths.packagesInstall);
  if (folder === root || root.startsWith(`${folder}/`)) {
    throw readError("project", {
      message: `packages-install-path of ${project.file} names the project's own folder or one above it.`,
      place: { file: project.file },
      hint: "Name a folder below the project, such as dbt_packages.",
    });
  }
  const lock = readLock(root);
  const locked = Array.isArray(lock?.packages) ? (lock.packages as PlainRecord[]) : [];
  const rendered = (
    renderTree(
      { packages: locked },
      { file: join(root, lockFileName), scope: context.scope, secrets: context.env },
    ) as { packages: PlainRecord[] }
  ).packages;
  // Everything is fetched before the old folder goes: a failure leaves the project as it was.
  const pinned = await pinLocked(
    rendered.map((entry, i) => ({ entry, unrendered: locked[i] ?? entry })),
    context,
  );
  const staging = join(context.downloads, "staging");
  const fetched = new Map<string, () => Promise<void>>();
  for (const item of pinned) {
    if (item.kind !== "hub") continue;
    const stage = join(staging, item.projectName);
    await item.install(stage);
    fetched.set(item.projectName, async () => copyFolder(stage, join(folder, item.projectName)));
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (pinned.length === 0) {
    nothingFound(context.report);
    return;
  }
  const outdated: string[] = [];
  for (const item of pinned) {
    context.report({
      name: "DepsStartPackageInstall",
      code: "M014",
      level: "info",
      text: `Installing ${item.label}`,
      data: { package_name: item.label },
    });
    await (fetched.get(item.projectName) ?? (() => item.install(join(folder, item.projectName))))();
    context.report({
      name: "DepsInstallInfo",
      code: "M015",
      level: "info",
      text: `Installed from ${item.source}`,
      data: { version_name: item.source },
    });
    if (item.kind === "hub" && item.latest !== undefined) {
      if (item.latest === item.version)
        context.report({ name: "DepsUpToDate", code: "M017", level: "info", text: "Up to date!" });
      else {
        outdated.push(item.label);
        context.report({
          name: "DepsUpdateAvailable",
          code: "M016",
          level: "info",
          text: `Updated version available: ${item.latest}`,
        });
      }
    }
    if (item.subdirectory)
      context.report({
        name: "DepsListSubdirectory",
        code: "M018",
        level: "info",
        text: `and subdirectory ${item.subdirectory}`,
      });
  }
  if (outdated.length > 0) {
    context.report({ name: "Formatting", code: "Z017", level: "info", text: "" });
    context.report({
      name: "DepsNotifyUpdatesAvailable",
      code: "M019",
      level: "info",
      text: `Updates available for packages: [${outdated.map((name) => `'${name}'`).join(", ")}]                 \nUpdate your versions in packages.yml, then run dbt deps`,
    });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  const { cpSync } = await import("node:fs");
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}
