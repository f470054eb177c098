import type { Manifest } from "../manifest/types.ts";

/** One entry of a sources.json: the freshness of one source when it was asked. */
export interface SourceFreshnessState {
  unique_id: string;
  status: string;
  max_loaded_at?: string;
}

/** What an earlier invocation left behind, for `state:`, `result:`, `source_status:`, deferral and retry. */
export interface PreviousState {
  /** The folder, for messages. */
  folder: string;
  manifest?: Manifest;
  /** run_results.json: unique id and status of each node. */
  results?: readonly { unique_id: string; status: string }[];
  /** sources.json of the earlier invocation. */
  sources?: readonly SourceFreshnessState[];
  /** sources.json of the present target folder. */
  sourcesCurrent?: readonly SourceFreshnessState[];
}
