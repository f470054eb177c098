import { isLabsError } from "#errors/index.ts";
import { isRecord } from "../context/data.ts";
import type { NodeExecution } from "../context/execution.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { materialize } from "./materialize.ts";

/** The overloads of a function by the names of their files. */
export interface OverloadResults {
  successful: string[];
  failed: string[];
}

/**
 * Creates a function once more for each of its overloads: same name, other arguments and body. One that fails does not keep
 * the others from being made. Source: dbt-core task/function.py FunctionRunner.execute.
 */
export async function runOverloads(execution: NodeExecution): Promise<OverloadResults> {
  const { node, runtime } = execution;
  const results: OverloadResults = { successful: [], failed: [] };
  const overloads = Array.isArray(node.overloads) ? (node.overloads as unknown[]).filter(isRecord) : [];
  for (const [i, overload] of overloads.entries()) {
    const name = String(overload.defined_in);
    const label = `Overload ${i + 1} of ${overloads.length}`;
    const text = `function ${node.name} overload ${name}`;
    const say = (words: string, level: "info" | "error", event: string, code: string) =>
      runtime.emit({ type: "message", level, text: `${label} ${words}`, name: event, code, uniqueId: node.unique_id });
    say(`START ${text}`, "info", "LogStartOverload", "Q048");
    try {
      await materialize({ ...execution, node: overloaded(node, overload) });
      results.successful.push(name);
      say(`OK created ${text}`, "info", "LogOverloadResult", "Q049");
    } catch (error) {
      if (!isLabsError(error) || execution.session.signal.aborted) throw error;
      await execution.session.rollbackIfOpen();
      results.failed.push(name);
      say(`ERROR creating ${text}: ${error.message}`, "error", "LogOverloadResult", "Q049");
    }
  }
  return results;
}

const overloaded = (node: GraphNode, overload: PlainRecord): GraphNode => ({
  ...node,
  arguments: overload.arguments ?? [],
  returns: overload.returns ?? node.returns ?? null,
  compiled_code: String(overload.compiled_body ?? ""),
});
