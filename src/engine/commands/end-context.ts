import type { RunResult } from "../manifest/types.ts";
import { toValue } from "../context/data.ts";
import { nodeOf } from "../6-execute/run-nodes.ts";
import { RunResultValue } from "../6-execute/run-result-value.ts";
import { PyTuple } from "#jinja/index.ts";
import type { Invocation } from "./invocation.ts";

/** `results`, `schemas` and `database_schemas` of on-run-end. Source: dbt-core task/run.py after_run. */
export function endContext(invocation: Invocation, results: RunResult[]) {
  const good = results.filter((r) => !["error", "fail", "skipped"].includes(r.status));
  const pairs = new Map<string, [string | null, string]>();
  for (const { unique_id } of good) {
    const node = invocation.manifest.nodes[unique_id];
    if (node && node.relation_name !== null) pairs.set(`${node.database}.${node.schema}`, [node.database, node.schema]);
  }
  const shown = results.filter((r) => r.thread_id !== "main" || r.status === "error");
  return {
    results: () => shown.map((r) => new RunResultValue(r, nodeOf(invocation.manifest, r.unique_id))),
    schemas: () => [...new Set([...pairs.values()].map(([, schema]) => schema))],
    database_schemas: () => [...pairs.values()].map((pair) => new PyTuple(pair.map((p) => toValue(p)))),
  };
}
