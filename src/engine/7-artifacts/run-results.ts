import { join } from "node:path";
import type { PlainRecord, RunResult } from "../manifest/types.ts";
import { float, toJson } from "./json.ts";
import { artifactMetadata, type InvocationMetadata } from "./metadata.ts";
import { scrubSecrets } from "./secrets.ts";
import { writeAtomically } from "./write-file.ts";

export interface RunResultsInput {
  metadata: InvocationMetadata;
  results: readonly RunResult[];
  /** Seconds of the whole run. */
  elapsedTime: number;
  /** The invocation's flags, with `vars` and `invocation_command`. */
  args: PlainRecord;
  now?: Date;
}

/** A run_results.json v6 as plain data. Values of secret variables are replaced in `args`. */
export function runResults(input: RunResultsInput): PlainRecord {
  return {
    metadata: artifactMetadata("run-results/v6", input.metadata, input.now ?? new Date()),
    results: input.results.map((result) => ({
      status: result.status,
      timing: result.timing,
      thread_id: result.thread_id,
      execution_time: result.execution_time,
      adapter_response: result.adapter_response,
      message: result.message ?? null,
      failures: result.failures ?? null,
      unique_id: result.unique_id,
      // A seed has nothing to compile.
      compiled: result.unique_id.startsWith("seed.") ? null : (result.compiled ?? null),
      compiled_code: result.compiled_code ?? null,
      relation_name: result.relation_name ?? null,
      batch_results: result.batch_results ?? null,
      overload_results: (result as { overload_results?: unknown }).overload_results ?? null,
    })),
    elapsed_time: input.elapsedTime,
    args: scrubSecrets(input.args),
  };
}

/** Writes target/run_results.json and returns its path. */
export function writeRunResults(targetFolder: string, input: RunResultsInput): string {
  const file = join(targetFolder, "run_results.json");
  const artifact = runResults(input);
  const results = input.results.map((result, i) => ({
    ...(artifact.results as PlainRecord[])[i],
    // A node that never started has the integer 0.
    execution_time: result.execution_time === 0 ? 0 : float(result.execution_time),
  }));
  writeAtomically(file, toJson({ ...artifact, results, elapsed_time: float(input.elapsedTime) }));
  return file;
}
