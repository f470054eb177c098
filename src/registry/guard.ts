import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Place } from "#errors/index.ts";
import { requireSoundDependencies } from "./dependencies.ts";
import { registryErrors } from "./errors.ts";
import type { Lab } from "./lab.ts";
import { KnownFiles } from "./real-path.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Asked before a database or file is opened: throws REG-013 when `path` is another lab's database and `write` is true.
 * Relative paths mean the lab's dbt project, as they do in its SQL. `place` is where the path is written and `use`
 * what a profile has it for, for the message.
 */
export type Guard = (path: string, access: { write: boolean; place?: Place; use?: "target" | "attach" }) => void;

/** What an engine needs to run a lab's project on the lab's own database. */
export interface LabTarget {
  lab: string;
  /** Absolute; wins over whatever path a profile gives. */
  database: string;
  /** Folder of dbt_project.yml. */
  projectDir: string;
  /** Folders that hold a profiles.yml, in the order they are asked; may be empty. */
  profilesDirs: string[];
  guard: Guard;
}

/** The part of an ATTACH or a profile's `path` that names a local file, or undefined (memory, MotherDuck, a URL). */
export function localFile(path: string): string | undefined {
  const bare = path
    .trim()
    .replace(/^(duckdb|sqlite|file):(\/\/(?=\/))?/i, "")
    .replace(/\?.*$/, "");
  if (bare === "" || bare.startsWith(":memory:")) return undefined;
  // A single letter before the colon is a Windows drive, not a protocol.
  return /^[a-z][a-z0-9+.-]+:/i.test(bare) ? undefined : bare;
}

/**
 * The lab (other than `lab`) whose database `path` is, through links too; a write-ahead log counts as its database.
 * `files`: for many questions at one time.
 */
export function ownerOf(workspace: Workspace, path: string, lab: Lab, files = new KnownFiles()): Lab | undefined {
  const database = path.replace(/\.wal$/i, "");
  return workspace.labs.find((other) => other.name !== lab.name && files.same(database, other.paths.database));
}

/** The guard of a lab: its own database and files that belong to no lab are free, another lab's can only be read. */
export function guardFor(workspace: Workspace, lab: Lab): Guard {
  return (path, { write, place, use }) => {
    if (!write) return;
    const file = localFile(path);
    if (file === undefined) return;
    const absolute = resolve(lab.paths.dbtProject, file);
    const owner = ownerOf(workspace, absolute, lab);
    if (!owner) return;
    throw registryErrors.otherLabsDatabase({
      message: `The lab ${lab.name} would write to the database of the lab ${owner.name}: ${absolute}.`,
      ...(place && { place }),
      hint:
        use === "target"
          ? `Make \`path\` the lab's own database, ${lab.paths.database}, or remove it: no profile has to be edited when you switch labs, the database comes from the registry.`
          : `Attach it with \`read_only: true\` (ATTACH '…' (READ_ONLY)), or remove the path: ${lab.name} writes to ${lab.paths.database} without any setting.`,
      data: { lab: lab.name, other: owner.name, path: absolute },
    });
  };
}

/**
 * What the engine needs to run a lab. Errors: REG-009 and REG-017 without folder or project,
 * REG-019 when two labs of the registry share the database, REG-022 and REG-023 for labs that it reads or waits for.
 */
export function labTarget(workspace: Workspace, lab: Lab): LabTarget {
  const projectDir = lab.requireProject();
  requireOwnDatabase(workspace, lab);
  requireSoundDependencies(workspace, lab);
  return {
    lab: lab.name,
    database: lab.paths.database,
    projectDir,
    profilesDirs: lab.paths.profiles.filter((folder) => existsSync(join(folder, "profiles.yml"))),
    guard: guardFor(workspace, lab),
  };
}

/** Throws REG-019 when another entry of the registry names the same database file. */
export function requireOwnDatabase(workspace: Workspace, lab: Lab): void {
  const other = ownerOf(workspace, lab.paths.database, lab);
  if (!other) return;
  throw registryErrors.databaseShared({
    message: `The labs ${lab.name} and ${other.name} have the same database: ${lab.paths.database}.`,
    place: lab.place,
    hint: `Give one of them another \`db_path\` in ${workspace.display(workspace.file)}.`,
    data: { lab: lab.name, other: other.name, path: lab.paths.database },
  });
}
