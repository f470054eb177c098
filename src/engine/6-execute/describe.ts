import type { Runtime } from "../context/runtime.ts";
import type { AnyNode } from "../events.ts";
import type { GraphNode } from "../manifest/types.ts";

/** `main.orders`: a node's relation without quotes, and without the database when it is the target's. */
export function representation(runtime: Runtime, node: GraphNode): string {
  const other = node.database !== null && node.database !== runtime.target.database;
  return [other ? node.database : null, node.schema, node.alias].filter((part) => part).join(".");
}

/** What dbt calls a node in its log lines: `sql table model main.orders`, `seed file main.raw`, `test not_null_x`. */
export function describe(runtime: Runtime, node: AnyNode): string {
  const graphNode = node as GraphNode;
  switch (node.resource_type) {
    case "model":
      if (graphNode.config.materialized === "incremental" && graphNode.config.incremental_strategy === "microbatch")
        return `${graphNode.language} microbatch model ${representation(runtime, graphNode)}`;
      return `${graphNode.language} ${String(graphNode.config.materialized)} model ${representation(runtime, graphNode)}`;
    case "function":
      return `function ${representation(runtime, graphNode)}`;
    case "seed":
      return `seed file ${representation(runtime, graphNode)}`;
    case "snapshot":
      return `snapshot ${representation(runtime, graphNode)}`;
    case "test":
      return `test ${node.name}`;
    case "unit_test":
      return `unit_test ${String((node as { model?: unknown }).model ?? "")}::${node.name}`;
    case "source":
      return `freshness of ${String((node as { source_name?: unknown }).source_name ?? "")}.${node.name}`;
    case "exposure":
      return `exposure ${node.name}`;
    case "saved_query":
      return `saved query ${node.name}`;
    default:
      return `${node.resource_type} ${node.name}`;
  }
}
