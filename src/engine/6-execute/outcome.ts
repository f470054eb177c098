import { isLabsError } from "#errors/index.ts";
import type { GraphNode, OtherNode, RunResult, RunStatus } from "../manifest/types.ts";

/** Collects the times of one node's compile and execute step. */
export class Timing {
  readonly #entries: RunResult["timing"] = [];

  async measure<T>(name: "compile" | "execute", body: () => Promise<T>): Promise<T> {
    const entry = { name, started_at: new Date().toISOString(), completed_at: null as string | null };
    this.#entries.push(entry);
    try {
      return await body();
    } finally {
      entry.completed_at = new Date().toISOString();
    }
  }

  get entries(): RunResult["timing"] {
    return this.#entries;
  }
}

/** A run result with everything that is the same for all kinds of nodes. */
export function resultOf(
  node: Pick<GraphNode | OtherNode, "unique_id"> & Partial<Pick<GraphNode, "compiled" | "compiled_code" | "relation_name">>,
  fields: { status: RunStatus; message?: string | null; failures?: number | null; adapterResponse?: Record<string, unknown>; seconds?: number; timing?: RunResult["timing"]; threadId: string; batchResults?: RunResult["batch_results"] },
): RunResult {
  return {
    unique_id: node.unique_id,
    status: fields.status,
    timing: fields.timing ?? [],
    thread_id: fields.threadId,
    execution_time: fields.seconds ?? 0,
    adapter_response: fields.adapterResponse ?? {},
    message: fields.message ?? null,
    failures: fields.failures ?? null,
    compiled: node.compiled ?? null,
    compiled_code: node.compiled_code ?? null,
    relation_name: node.relation_name ?? null,
    batch_results: fields.batchResults ?? null,
  };
}

/** An error's text as dbt stores it in a result: headline, node, message, place. */
export function errorText(error: unknown, node: { resource_type: string; name: string; original_file_path: string }, compiledPath?: string | null): string {
  if (!isLabsError(error)) return error instanceof Error ? error.message : String(error);
  const headline = `${String(error.data?.dbtType ?? "Runtime Error")} in ${node.resource_type} ${node.name} (${node.original_file_path})`;
  const lines = error.message.split("\n");
  const place = error.place?.line === undefined ? [] : [`  at ${error.place.file}:${error.place.line}:${error.place.column ?? 1}`];
  for (const caller of error.place?.stack ?? []) place.push(`  called from ${[caller.file, caller.line, caller.column].filter((x) => x !== undefined).join(":")}`);
  const code = compiledPath ? [`  compiled code at ${compiledPath}`] : [];
  const hint = error.hint ? [`  fix: ${error.hint}`] : [];
  return [headline, ...lines.map((l) => `  ${l}`), ...place, ...code, ...hint].join("\n");
}
