import { dirname, resolve } from "node:path";
import { writeAtomic } from "#registry/index.ts";
import { airflowFile, airflowPools, prefectFile } from "#orchestrate/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { VerbInput } from "../io.ts";

/** `labs export airflow` and `labs export prefect`: the workspace's labs for another scheduler, as one Python file. */
export function exportOrchestrator(input: VerbInput, kind: "airflow" | "prefect"): number {
  const { io, global, args, options } = input;
  const [, extra] = args;
  const wrong = (message: string, hint: string) => cliErrors.usage({ message, hint });
  if (extra !== undefined)
    throw wrong(`\`labs export ${kind}\` writes all labs, and takes no name.`, `Leave ${extra} out.`);
  if (options["at"] !== undefined) throw wrong("`--at` is about published tables.", "Leave it out.");
  const prefix = String(options["prefix"] ?? "labs");
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(prefix))
    throw wrong(`\`--prefix ${prefix}\` cannot begin a name.`, "Use letters, digits, `_` and `-`, a letter first.");
  const pools = options["pools"] === true;
  if (pools && kind !== "airflow") throw wrong("`--pools` is for Airflow.", "Leave it out.");
  const workspace = workspaceOf(input);
  const text = pools
    ? airflowPools(workspace, { prefix })
    : kind === "airflow"
      ? airflowFile(workspace, { prefix, start: new Date() })
      : prefectFile(workspace, { prefix });
  const file = options["to"] === undefined ? undefined : resolve(io.cwd, String(options["to"]));
  if (file !== undefined) writeAtomic(file, text);
  if (global.output === "json") writeJson(input, { file: file ?? null, ...(file === undefined && { text }) });
  else if (file === undefined) io.out(text);
  else io.err(`Written to ${file}.${kind === "airflow" && !pools ? poolsHint(dirname(file)) : ""}\n`);
  return 0;
}

const poolsHint = (folder: string): string =>
  ` Once for its pools: labs export airflow --pools --to ${folder}/pools.json && airflow pools import ${folder}/pools.json`;
