import { join, resolve } from "node:path";
import {
  acquireLabLock,
  describeHolder,
  findWorkspace,
  type Lab,
  labTarget,
  openRegistry,
  requireOwnProfile,
  type Workspace,
} from "#registry/index.ts";
import { labOf } from "../context.ts";
import { runDbt, type DbtContext, usesDatabase } from "../dbt/index.ts";
import type { Verb, VerbInput } from "../io.ts";

export const verb: Verb = {
  passThrough: true,
  arguments: [
    { name: "--lab <lab>", description: "The lab to work on; inside a lab's folder it is implied" },
    {
      name: "command",
      description: "Any dbt command with its options: run, test, build, compile, seed, show, ls …",
      variadic: true,
    },
  ],
  examples: [
    { command: "labs dbt build", does: "seed, run and test the lab of the current folder" },
    { command: "labs dbt --lab lab1 run --select tag:gold+", does: "run part of a lab from anywhere in the workspace" },
    { command: "labs dbt run --profiles-dir .", does: "run a dbt project that belongs to no workspace" },
    { command: "labs dbt run --help", does: "show the options of a dbt command" },
  ],
  exitNotes: "As in dbt: 1 when a model or a test failed, 2 when the command could not be carried out.",
  async run(input) {
    const { lab: name, words } = takeLab(input.args);
    const lab = await chosenLab(input, name, words);
    if (!lab) return runDbt(words, { io: input.io });
    const { workspace, entry } = lab;
    const own = labTarget(workspace, entry);
    const context: DbtContext = {
      io: input.io,
      lab: {
        projectDir: own.projectDir,
        guard: (path) => own.guard(path, { write: true }),
        target: async (settings) => {
          const { targetForDatabase } = await import("#engine/index.ts");
          const folders =
            settings.profilesDir === undefined ? own.profilesDirs : [settings.profilesDir, ...own.profilesDirs];
          const target = targetForDatabase({
            database: own.database,
            projectDir: settings.projectDir,
            profilesDirs: folders,
            fallbackName: own.lab,
            profile: settings.text("profile"),
            target: settings.text("target"),
            threads: settings.integer("threads"),
            vars: settings.record("vars"),
            env: input.io.env,
          });
          requireOwnProfile(workspace, entry, target.targetName, folders);
          if (entry.config.reads.length === 0) return target;
          const { readSnapshots, withSnapshots } = await import("#pipeline/index.ts");
          return withSnapshots(target, readSnapshots(workspace, entry));
        },
      },
    };
    if (!usesDatabase(words)) return runDbt(words, context);
    const lock = await acquireLabLock(entry, {
      command: `labs dbt ${words.join(" ")}`,
      signal: input.io.signal,
      onWait: (holder) => input.io.err(`Waiting for the lab ${entry.name}: ${describeHolder(holder)}\n`),
    });
    try {
      return await runDbt(words, context);
    } finally {
      lock.release();
    }
  },
};

/** Takes `--lab NAME` or `--lab=NAME` out of dbt's own words, wherever it stands; no option of dbt has that name. */
function takeLab(args: string[]): { lab: string | undefined; words: string[] } {
  const at = args.findIndex((word) => word === "--lab" || word.startsWith("--lab="));
  const word = args[at];
  if (word === undefined || args.slice(0, at).includes("--")) return { lab: undefined, words: args };
  const alone = word === "--lab";
  if (alone && args[at + 1] === undefined) return { lab: undefined, words: args };
  return { lab: alone ? args[at + 1] : word.slice("--lab=".length), words: args.toSpliced(at, alone ? 2 : 1) };
}

/** The lab that is meant, or undefined for a dbt project that belongs to none. */
async function chosenLab(
  input: VerbInput,
  name: string | undefined,
  words: string[],
): Promise<{ workspace: Workspace; entry: Lab } | undefined> {
  const { io, global } = input;
  const folder = resolve(io.cwd, global.workspace ?? ".");
  if (name !== undefined || global.workspace !== undefined) {
    const workspace = openRegistry(folder);
    return { workspace, entry: labOf(input, workspace, name, "--lab") };
  }
  const projectDir = resolve(io.cwd, projectDirOf(words) ?? ".");
  const root = findWorkspace(projectDir);
  if (root === undefined) return undefined;
  const workspace = openRegistry(root);
  const entry = workspace.labForPath(projectDir);
  if (entry) return { workspace, entry };
  // A dbt project beside the labs, or a question that needs no project.
  const { findProjectDir, pathKind } = await import("#engine/index.ts");
  if (pathKind(join(findProjectDir(projectDir), "dbt_project.yml")) === "file" || !namesCommand(words))
    return undefined;
  return { workspace, entry: labOf(input, workspace, undefined, "--lab") };
}

function projectDirOf(words: string[]): string | undefined {
  const at = words.findIndex((word) => word === "--project-dir" || word.startsWith("--project-dir="));
  const word = words[at];
  return word?.includes("=") ? word.slice("--project-dir=".length) : words[at + 1 || words.length];
}

const namesCommand = (words: string[]): boolean =>
  words.some((word) => !word.startsWith("-")) && !words.some((word) => ["--help", "-h", "--version"].includes(word));
