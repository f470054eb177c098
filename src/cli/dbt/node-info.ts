import type { AnyNode, RunResult } from "#engine/index.ts";

/** `node_info` of dbt's structured events. */
export function nodeInfo(
  node: AnyNode,
  state: { status: string; startedAt?: string; finishedAt?: string },
): Record<string, unknown> {
  const own = node as AnyNode & Record<string, unknown>;
  const config = (own.config ?? {}) as Record<string, unknown>;
  const meta = own.meta ?? {};
  return {
    materialized: String(config.materialized ?? ""),
    meta,
    node_checksum: (own.checksum as { checksum?: string } | undefined)?.checksum ?? "",
    node_finished_at: state.finishedAt ?? "",
    node_name: node.name,
    node_path: node.path,
    node_relation: {
      alias: own.alias ?? "",
      database: own.database ?? "",
      relation_name: own.relation_name ?? "",
      schema: own.schema ?? "",
    },
    node_started_at: state.startedAt ?? "",
    node_status: state.status,
    resource_type: node.resource_type,
    unique_id: node.unique_id,
  };
}

/** A result as dbt's events carry it. */
export function resultMessage(result: RunResult): Record<string, unknown> {
  return {
    status: result.status,
    message: result.message ?? "",
    timing_info: result.timing,
    thread: result.thread_id,
    execution_time: result.execution_time,
    num_failures: result.failures ?? 0,
    adapter_response: result.adapter_response,
  };
}
