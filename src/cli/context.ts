import { resolve } from "node:path";
import { type Lab, openRegistry, registryErrors, type Workspace } from "#registry/index.ts";
import type { VerbInput } from "./io.ts";

type Input = Pick<VerbInput, "io" | "global">;

/** The workspace of a command: `--workspace`, else the one around the current folder. Errors: REG-001 and those of the file. */
export function workspaceOf({ io, global }: Input): Workspace {
  return openRegistry(resolve(io.cwd, global.workspace ?? "."));
}

/**
 * The named lab, or the one that is meant without a name. `option`: how the command takes the name, where not as a word.
 * Errors: REG-002, REG-018.
 */
export function labOf(input: Input, workspace: Workspace, name?: string, option?: string): Lab {
  if (name !== undefined) return workspace.lab(name);
  const lab = meantLab(input, workspace);
  if (lab) return lab;
  const names = workspace.labs.map((candidate) => candidate.name);
  const some = `${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}`;
  throw registryErrors.labNotChosen({
    message: "No lab is named, and the current folder is not inside one.",
    hint:
      names.length > 0
        ? `Name one of ${some}${option === undefined ? "" : ` with \`${option} ${names[0]}\``}, or change into its folder.`
        : "There are no labs yet; create one with `labs new <lab>`.",
  });
}

/** The lab that needs no name: the one of the current folder, else the only active one of the workspace. */
export function meantLab(input: Input, workspace: Workspace): Lab | undefined {
  const implied = impliedLab(input, workspace);
  if (implied) return implied;
  const [only, ...others] = workspace.active;
  return others.length === 0 ? only : undefined;
}

/** The lab that the current folder belongs to, if any. */
export function impliedLab({ io }: Input, workspace: Workspace): Lab | undefined {
  return workspace.labForPath(io.cwd);
}

/** Ends a verb with one JSON document. */
export function writeJson({ io }: Input, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** A lab's paths under the names that `-o json` uses. */
export function pathsJson(lab: Lab): Record<string, string | string[]> {
  const { root, config, database, dbtProject, raw, profiles, lock, holder } = lab.paths;
  return { root, config, database, dbt_project: dbtProject, raw, lock, holder, profiles };
}
