import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Lab, type OwnStep, type Workspace, writeAtomic } from "#registry/index.ts";
import { contentHash, filesOf, stampOf } from "./files.ts";

/** What a step with inputs and outputs was made of when it last went well. */
interface Known {
  version: 1;
  definition: string;
  /** By name: how the file was found, and its content. */
  inputs: Record<string, { stamp: string; hash: string }>;
}

export interface StepState {
  /** Why the step need not run; undefined when it must. */
  unchanged: string | undefined;
  /** Patterns of `inputs` that mean no file: such a step is never skipped. */
  without: string[];
  /** Notes that the step went well with these inputs. */
  keep(): void;
  /** It begins: until it has ended well nothing is known. */
  forget(): void;
}

/**
 * Compares a step that has `inputs` and `outputs` with its last good run: its definition, the script or SQL file it runs,
 * the inputs' content, and that its outputs are there. Of what a script imports and of the values of variables nothing is
 * known. Undefined for a step without either.
 */
export async function stepState(workspace: Workspace, lab: Lab, step: OwnStep): Promise<StepState | undefined> {
  if (step.inputs.length === 0 || step.outputs.length === 0) return undefined;
  const file = join(workspace.state, "steps", lab.name, `${step.name}.json`);
  const { root } = lab.paths;
  const known = readKnown(file);
  const definition = await definitionOf(root, step);
  const inputs: Known["inputs"] = {};
  const without: string[] = [];
  const live = liveFiles(lab);
  for (const pattern of step.inputs) {
    const names = filesOf(root, pattern).filter((name) => !live.has(inodeOf(resolve(root, name)) ?? ""));
    if (names.length === 0) without.push(pattern);
    for (const name of names) {
      const stamp = stampOf(resolve(root, name));
      if (stamp === undefined || name in inputs) continue;
      const before = known?.inputs[name];
      const hash = before?.stamp === stamp ? before.hash : await contentHash(resolve(root, name));
      inputs[name] = { stamp, hash };
    }
  }
  const missing = missingOutputs(lab, step);
  const same =
    known !== undefined && without.length === 0 && known.definition === definition && sameContent(known.inputs, inputs);
  const count = Object.keys(inputs).length;
  return {
    unchanged:
      same && missing.length === 0
        ? `its ${count === 1 ? "input is" : `${count} inputs are`} as before, and its outputs are there`
        : undefined,
    without,
    keep: () => {
      mkdirSync(dirname(file), { recursive: true });
      writeAtomic(file, JSON.stringify({ version: 1, definition, inputs } satisfies Known));
    },
    forget: () => rmSync(file, { force: true }),
  };
}

/** Patterns of `outputs` that mean no file. */
export const missingOutputs = (lab: Lab, step: OwnStep): string[] =>
  step.outputs.filter((pattern) => filesOf(lab.paths.root, pattern).length === 0);

/** The lab's database may be open here, and closing another descriptor on it would drop DuckDB's lock. */
const liveFiles = ({ paths: { database } }: Lab) =>
  new Set([database, `${database}.wal`].flatMap((path) => inodeOf(path) ?? []));

function inodeOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

function readKnown(file: string): Known | undefined {
  try {
    const known = JSON.parse(readFileSync(file, "utf8")) as Known;
    return known.version === 1 ? known : undefined;
  } catch {
    return undefined;
  }
}

async function definitionOf(root: string, { action, inputs, outputs, env }: OwnStep): Promise<string> {
  const path = "file" in action ? resolve(root, action.file) : undefined;
  const code = path !== undefined && stampOf(path) !== undefined ? await contentHash(path) : null;
  return createHash("sha256")
    .update(JSON.stringify([action, code, inputs, outputs, env]))
    .digest("hex");
}

function sameContent(before: Known["inputs"], now: Known["inputs"]): boolean {
  const names = Object.keys(now);
  return names.length === Object.keys(before).length && names.every((name) => before[name]?.hash === now[name]?.hash);
}
