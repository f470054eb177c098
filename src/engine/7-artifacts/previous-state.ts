import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PreviousState, SelectionMessage, SourceFreshnessState } from "../4-select/index.ts";
import { engineError } from "../errors.ts";
import type { Manifest, PlainRecord, RunResult } from "../manifest/types.ts";
import { parsePythonJson } from "./json.ts";
import { upgradeManifest } from "./upgrade.ts";

/** A run_results.json as far as retry and `result:` need it. */
export interface RunResultsFile {
  metadata: PlainRecord;
  results: RunResult[];
  elapsed_time: number;
  args: PlainRecord;
}

export interface LoadedState extends PreviousState {
  /** The whole run_results.json; `results` are its entries. */
  runResults?: RunResultsFile;
  /** Warnings about the folder itself. */
  messages: SelectionMessage[];
}

/**
 * What an earlier invocation (ours or dbt-core's) left in a folder: manifest.json, run_results.json, sources.json,
 * each only when it is there. Relative folders belong to the project's root. `targetFolder` is the present one: its
 * sources.json is what `source_status:` compares with.
 * Throws ENG-005 for a file that is no JSON or of a version that cannot be read.
 */
export function loadPreviousState(folder: string, at: { projectRoot: string; targetFolder: string }): LoadedState {
  const where = resolve(at.projectRoot, folder);
  const target = resolve(at.projectRoot, at.targetFolder);
  const manifest = readArtifact(join(where, "manifest.json"), "manifest", [4, 12]);
  const runResults = loadRunResults(where);
  const sources = readArtifact(join(where, "sources.json"), "sources", [3, 3]);
  const current = readArtifact(join(target, "sources.json"), "sources", [3, 3]);
  return {
    folder: where,
    messages: where === target ? [sameFolder(folder)] : [],
    ...(manifest ? { manifest: upgradeManifest(manifest) as unknown as Manifest } : {}),
    ...(runResults ? { runResults, results: runResults.results } : {}),
    ...(sources ? { sources: sources.results as SourceFreshnessState[] } : {}),
    ...(current ? { sourcesCurrent: current.results as SourceFreshnessState[] } : {}),
  };
}

/** The run_results.json of a folder, undefined when there is none. */
export function loadRunResults(folder: string): RunResultsFile | undefined {
  return readArtifact(join(folder, "run_results.json"), "run-results", [4, 6]) as RunResultsFile | undefined;
}

function sameFolder(folder: string): SelectionMessage {
  return {
    level: "warn",
    name: "WarnStateTargetEqual",
    code: "I072",
    text: `The state and target directories are the same: '${folder}'. This could lead to missing changes due to overwritten state including non-idempotent retries.`,
  };
}

/** An artifact of one kind within a range of versions; undefined when the file is not there. */
function readArtifact(file: string, kind: string, [oldest, newest]: [number, number]): PlainRecord | undefined {
  if (!existsSync(file) || !statSync(file).isFile()) return undefined;
  let data: unknown;
  try {
    data = parsePythonJson(readFileSync(file, "utf8"));
  } catch (error) {
    throw engineError("runtime", {
      message: `Could not read ${file} as JSON: ${error instanceof Error ? error.message : String(error)}`,
      place: { file },
      hint: "The file is damaged or was not written by a dbt invocation: run the command that makes it again.",
      cause: error,
    });
  }
  const found = ((data as PlainRecord | null)?.metadata as PlainRecord | undefined)?.dbt_schema_version;
  const match = new RegExp(`/${kind}/v(\\d+)\\.json$`).exec(String(found));
  const version = Number(match?.[1]);
  if (match && version >= oldest && version <= newest) return data as PlainRecord;
  throw engineError("runtime", {
    message: `Expected a schema version of "https://schemas.getdbt.com/dbt/${kind}/v${newest}.json" in ${file}, but found "${String(found)}". Are you running with a different version of dbt?`,
    place: { file },
    hint: `Versions ${oldest} to ${newest} can be read: make the file again with a version that writes one of them.`,
  });
}
