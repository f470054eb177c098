import { isLabsError } from "#errors/index.ts";
import type { OpenTarget } from "../adapter/index.ts";
import type { Execution } from "../context/execution.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, RunResult } from "../manifest/types.ts";
import { operationNode } from "../6-execute/operation-node.ts";
import type { Invocation } from "./invocation.ts";

/** `run-operation --sql`. */
export async function runStatement(
  { flags, parsed, runtime }: Invocation,
  execution: Execution,
  open: OpenTarget,
  sql: string,
): Promise<RunResult> {
  if (flags.macro)
    throw engineError("runtime", {
      message: "Cannot specify both a macro name and --sql for run-operation",
      hint: "Leave one of the two out.",
    });
  if (Object.keys(flags.macroArgs).length > 0)
    throw engineError("runtime", {
      message: "--args cannot be used with --sql; pass arguments directly in the SQL",
      hint: "Leave --args out.",
    });
  const { parseInline } = await import("../2-parse/inline.ts");
  const { runInlineSql } = await import("../6-execute/run-inline-sql.ts");
  const node = operationNode(runtime, "inline_query", sql, "sql_operation");
  return runInlineSql(execution, open, node, (own) => parseInline(parsed, own));
}

/** SQL from the command line as a node of the root project that may refer to everything. */
export async function inlineNode(invocation: Invocation, sql: string): Promise<GraphNode> {
  const node = operationNode(invocation.runtime, "inline_query", sql, "sql_operation");
  const { parseInline } = await import("../2-parse/inline.ts");
  try {
    parseInline(invocation.parsed, node);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    invocation.options.sink({
      type: "message",
      level: "error",
      text: error.message,
      name: "ParseInlineNodeError",
      code: "I069",
    });
    throw engineError("runtime", {
      message: "Error parsing inline query",
      hint: error.hint ?? "Correct the query.",
      cause: error,
    });
  }
  invocation.manifest.nodes[node.unique_id] = node;
  return node;
}
