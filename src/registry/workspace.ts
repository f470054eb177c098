import { existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { didYouMean } from "#errors/index.ts";
import { registryErrors } from "./errors.ts";
import { Lab } from "./lab.ts";
import { canonicalPath } from "./real-path.ts";
import { type WorkspaceConfig, workspaceSchema } from "./schemas/workspace.ts";
import { readYaml, requireValid } from "./yaml-file.ts";

/** Where the registry lies in a workspace. */
export const registryPath = join("shared", "config", "labs_config.yaml");

/** A workspace: the labs of one `labs_config.yaml`. A snapshot of the file at the time of {@link openRegistry}. */
export class Workspace {
  /** Absolute folder. */
  readonly root: string;
  /** `shared/config/labs_config.yaml`. */
  readonly file: string;
  /** `.labs/`: locks, ledger and whatever else is ours; created by whoever writes first. */
  readonly state: string;
  /** In the order of the file. */
  readonly labs: readonly Lab[];

  constructor(root: string, labs: readonly Lab[]) {
    this.root = root;
    this.file = join(root, registryPath);
    this.state = join(root, ".labs");
    this.labs = labs;
  }

  /** Labs that `run --all` and schedules work on: neither paused nor archived. */
  get active(): Lab[] {
    return this.labs.filter((lab) => lab.status === "active");
  }

  /** A lab by name. Errors: REG-002, with the nearest name. */
  lab(name: string): Lab {
    const lab = this.labs.find((candidate) => candidate.name === name);
    if (lab) return lab;
    const names = this.labs.map((candidate) => candidate.name);
    const meant = didYouMean(name, names);
    throw registryErrors.labUnknown({
      message: `There is no lab named ${name}.`,
      place: { file: this.file },
      hint: meant
        ? `Did you mean \`${meant}\`?`
        : names.length > 0
          ? `The labs are ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}.`
          : `There are no labs yet; create one with \`labs new ${name}\`.`,
      data: { lab: name, ...(meant && { didYouMean: meant }) },
    });
  }

  /** The lab whose folder or dbt project holds `path` (the innermost one), or undefined. */
  labForPath(path: string): Lab | undefined {
    const wanted = canonicalPath(path);
    let best: { lab: Lab; depth: number } | undefined;
    for (const lab of this.labs) {
      for (const folder of new Set([lab.paths.root, lab.paths.dbtProject])) {
        const real = canonicalPath(folder);
        const inside = wanted === real || wanted.startsWith(real.endsWith(sep) ? real : real + sep);
        if (inside && (!best || real.length > best.depth)) best = { lab, depth: real.length };
      }
    }
    return best?.lab;
  }

  /** Whether something lies at a path, for those who must not touch files themselves. */
  exists(path: string): boolean {
    return existsSync(path);
  }

  /** A path as people read it: relative to the workspace when inside, else as it is. */
  display(path: string): string {
    const short = relative(this.root, path);
    return short === "" ? "." : short.startsWith("..") ? path : short;
  }
}

/** The nearest folder, from `start` upwards, that holds `shared/config/labs_config.yaml`. */
export function findWorkspace(start: string): string | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (existsSync(join(folder, registryPath))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Opens the workspace that `folder` belongs to: the folder itself or one above it.
 * Errors: REG-001 none found, REG-003/004/005 for the file, each with line and column.
 */
export function openRegistry(folder: string): Workspace {
  const root = findWorkspace(folder);
  if (root === undefined) {
    throw registryErrors.noWorkspace({
      message: `Neither ${resolve(folder)} nor a folder above it is a workspace.`,
      hint: "Change into a workspace, pass `--workspace <folder>`, or create one with `labs init`.",
      data: { folder: resolve(folder), looked_for: registryPath },
    });
  }
  const yaml = readYaml(join(root, registryPath));
  requireValid(yaml, workspaceSchema);
  const entries = Object.entries((yaml.data as WorkspaceConfig).labs ?? {});
  const folders = { root, state: join(root, ".labs") };
  return new Workspace(
    root,
    entries.map(([name, entry]) => new Lab(name, entry ?? {}, folders, yaml.place(["labs", name]))),
  );
}
