import { hasJinja } from "#jinja/index.ts";
import type { OpenTarget } from "../adapter/index.ts";
import { compileNode } from "../5-compile/index.ts";
import type { Execution } from "../context/execution.ts";
import type { GraphNode, PlainRecord, RunResult } from "../manifest/types.ts";
import { errorText, resultOf, Timing } from "./outcome.ts";
import { queryComment } from "./query-comment.ts";

/**
 * `run-operation --sql`: one statement, rendered when it has Jinja. Like what a macro's statements open, its transaction is
 * rolled back at the end unless the statement commits. Source: dbt-core task/run_operation.py.
 */
export async function runInlineSql(
  execution: Execution,
  open: OpenTarget,
  node: GraphNode,
  /** Finds what the text refers to. */
  parse: (node: GraphNode) => void,
): Promise<RunResult> {
  const { runtime } = execution;
  const session = open.session();
  const timing = new Timing();
  const started = performance.now();
  let began = false;
  const seconds = (): number => (performance.now() - started) / 1000;
  const line = { type: "operation" as const, name: node.name };
  const finish = (fields: Partial<Parameters<typeof resultOf>[1]> & { status: RunResult["status"] }): RunResult =>
    resultOf(
      { unique_id: node.unique_id, compiled: false },
      { ...fields, threadId: "MainThread", timing: timing.entries, seconds: seconds() },
    );
  try {
    let sql = node.raw_code;
    await timing.measure("compile", async () => {
      if (!hasJinja(sql)) return;
      parse(node);
      await compileNode(
        { ...execution, node, session, threadId: "MainThread" },
        { ephemeral: new Map(), write: false },
      );
      sql = node.compiled_code ?? "";
    });
    began = true;
    runtime.emit({ ...line, step: "start" });
    session.acquire(
      node.name,
      await queryComment(runtime, undefined, node.name),
      runtime.read.root.queryComment.append,
    );
    const answer: PlainRecord = await timing.measure("execute", async () => {
      const { response } = await session.execute(sql, { autoBegin: true, fetch: false });
      const { _message, ...rest } = response;
      return { _message, code: null, rows_affected: null, query_id: null, ...rest };
    });
    runtime.emit({ ...line, step: "ok", status: String(answer._message ?? "OK") || "OK", seconds: seconds() });
    return finish({ status: "success", failures: 0, adapterResponse: answer });
  } catch (error) {
    // An error of the statement itself is nobody's; one of rendering is that of the inline query.
    const message = errorText(error, node).replace(
      began ? ` in sql_operation ${node.name} (${node.original_file_path})` : "",
      "",
    );
    const text = `Encountered an error while running operation: ${message}`;
    runtime.emit({ type: "message", level: "error", text, name: "RunningOperationCaughtError", code: "Q001" });
    runtime.emit({ ...line, step: "error", status: "ERROR", seconds: seconds() });
    return finish({ status: "error", message, failures: 1 });
  } finally {
    await session.release();
  }
}
