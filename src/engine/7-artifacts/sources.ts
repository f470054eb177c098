import type { PlainRecord, RunResult } from "../manifest/types.ts";
import { float, toJson } from "./json.ts";
import { artifactMetadata, type InvocationMetadata } from "./metadata.ts";
import { writeAtomically } from "./write-file.ts";

/** Freshness of one source. Times are ISO 8601 in UTC, ages seconds. */
export type FreshnessResult =
  | {
      unique_id: string;
      status: "pass" | "warn" | "error";
      max_loaded_at: string;
      snapshotted_at: string;
      max_loaded_at_time_ago_in_s: number;
      /** The source's `freshness`: warn_after, error_after, filter. */
      criteria: PlainRecord;
      adapter_response: PlainRecord;
      timing: RunResult["timing"];
      thread_id: string;
      execution_time: number;
    }
  | { unique_id: string; status: "runtime error"; error: string | null };

export interface SourcesInput {
  metadata: InvocationMetadata;
  results: readonly FreshnessResult[];
  elapsedTime: number;
  now?: Date;
}

/** A sources.json v3 as plain data. A source that could not be read is left out, as in dbt: the run's results tell of it. */
export function sourcesArtifact(input: SourcesInput): PlainRecord {
  return {
    metadata: artifactMetadata("sources/v3", input.metadata, input.now ?? new Date()),
    results: input.results
      .filter((result) => result.status !== "runtime error")
      .map((result) => ({
        unique_id: result.unique_id,
        max_loaded_at: result.max_loaded_at,
        snapshotted_at: result.snapshotted_at,
        max_loaded_at_time_ago_in_s: result.max_loaded_at_time_ago_in_s,
        status: result.status,
        criteria: result.criteria,
        adapter_response: result.adapter_response,
        timing: result.timing,
        thread_id: result.thread_id,
        execution_time: result.execution_time,
      })),
    elapsed_time: input.elapsedTime,
  };
}

/** Writes a sources.json to `file` (target/sources.json unless the user gave another) and returns its path. */
export function writeSources(file: string, input: SourcesInput): string {
  const artifact = sourcesArtifact(input);
  const results = (artifact.results as PlainRecord[]).map((result) => {
    const { max_loaded_at_time_ago_in_s: age, execution_time: time } = result;
    if (typeof age !== "number" || typeof time !== "number") return result;
    return { ...result, max_loaded_at_time_ago_in_s: float(age), execution_time: float(time) };
  });
  writeAtomically(file, toJson({ ...artifact, results, elapsed_time: float(input.elapsedTime) }));
  return file;
}
