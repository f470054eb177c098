import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Place } from "#errors/index.ts";
import { guardFor, localFile } from "./guard.ts";
import type { Lab } from "./lab.ts";
import type { Workspace } from "./workspace.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

/** A database that a profile names, with what it would do to it. */
export interface ProfileDatabase {
  /** Name of the profile's output. */
  target: string;
  /** Absolute. */
  path: string;
  use: "target" | "attach";
  write: boolean;
  place: Place;
}

type Output = { type?: unknown; path?: unknown; attach?: unknown };

/** Whether there is any profiles.yml where a lab's profile is looked for. */
export const hasProfiles = (lab: Pick<Lab, "paths">): boolean =>
  lab.paths.profiles.some((folder) => existsSync(join(folder, "profiles.yml")));

/**
 * The databases that a lab's profiles.yml would write to or attach, for checks only: the engine reads profiles itself.
 * Jinja beyond `env_var` is left alone, and so is a file that is no YAML. `folders` defaults to where the lab's may lie.
 */
export function profileDatabases(lab: Lab, folders = lab.paths.profiles): ProfileDatabase[] {
  // As in a run: the first folder that has a profiles.yml is the one that counts.
  const folder = folders.find((candidate) => existsSync(join(candidate, "profiles.yml")));
  if (folder === undefined) return [];
  let yaml: YamlFile;
  let profile: string | undefined;
  try {
    yaml = readYaml(join(folder, "profiles.yml"));
    profile = projectProfile(lab);
  } catch {
    return [];
  }
  const profiles = yaml.data as Record<string, { outputs?: Record<string, Output | null> | null } | null> | null;
  if (profile === undefined || profiles === null || typeof profiles !== "object") return [];
  const found: ProfileDatabase[] = [];
  const add = (target: string, value: unknown, use: ProfileDatabase["use"], write: boolean, place: Place) => {
    const text = typeof value === "string" ? environment(value) : undefined;
    const file = text === undefined ? undefined : localFile(text);
    if (file !== undefined) found.push({ target, path: resolve(lab.paths.dbtProject, file), use, write, place });
  };
  for (const [name, output] of Object.entries(profiles[profile]?.outputs ?? {})) {
    if (!output || output.type !== "duckdb") continue;
    const at = [profile, "outputs", name];
    add(name, output.path, "target", true, yaml.place([...at, "path"]));
    const attached: unknown[] = Array.isArray(output.attach) ? output.attach : [];
    for (const [i, item] of attached.entries()) {
      const entry = item as { path?: unknown; read_only?: unknown } | null;
      add(name, entry?.path, "attach", entry?.read_only !== true, yaml.place([...at, "attach", i]));
    }
  }
  return found;
}

/**
 * Refuses a profile whose target would write to another lab's database, or attach it for writing: asked before a run
 * touches anything. `folders` are those that the run looks for a profile in. Errors: REG-013 with the profile's line.
 */
export function requireOwnProfile(workspace: Workspace, lab: Lab, target: string, folders?: string[]): void {
  const guard = guardFor(workspace, lab);
  for (const database of profileDatabases(lab, folders)) if (database.target === target) guard(database.path, database);
}

function projectProfile(lab: Lab): string | undefined {
  if (!lab.hasProject) return undefined;
  const project = readYaml(join(lab.paths.dbtProject, "dbt_project.yml")).data as { profile?: unknown } | null;
  return typeof project?.profile === "string" ? project.profile : undefined;
}

/** The text with `{{ env_var('X', 'default') }}` filled in; undefined when other Jinja remains. */
function environment(text: string): string | undefined {
  const filled = text.replace(
    /\{\{-?\s*env_var\(\s*(['"])(.*?)\1\s*(?:,\s*(['"])(.*?)\3\s*)?\)\s*-?\}\}/g,
    (whole, _q1, name: string, _q2, fallback: string | undefined) => process.env[name] ?? fallback ?? whole,
  );
  return /\{[{%]/.test(filled) ? undefined : filled;
}
