import { compileNode, type EphemeralCompilations } from "../5-compile/index.ts";
import type { Execution } from "../context/execution.ts";
import type { Members } from "../context/scope.ts";
import type { AdapterSession } from "../adapter/index.ts";
import type { GraphNode, RunResult } from "../manifest/types.ts";
import { errorText, resultOf, Timing } from "./outcome.ts";
import { queryComment } from "./query-comment.ts";

/** Hooks of a kind: packages by name, the root project last. Source: dbt-core task/run.py get_hooks_by_type. */
function hooksOf(execution: Execution, kind: "on-run-start" | "on-run-end"): GraphNode[] {
  const { runtime } = execution;
  const root = runtime.read.root.name;
  const rank = (n: GraphNode): string => (n.package_name === root ? "\uFFFF" : n.package_name);
  return Object.values(runtime.manifest.nodes)
    .filter((n) => n.resource_type === "operation" && n.tags.includes(kind))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : (a.index ?? 0) - (b.index ?? 0)));
}

/**
 * Runs on-run-start or on-run-end statements outside of a transaction. After a failure the rest is skipped.
 * Errors: a hook that cannot be compiled, or asks the database something wrong meanwhile, ends the command, as in dbt.
 * Results are those of operations. Source: dbt-core task/run.py safe_run_hooks.
 */
export async function runHooks(
  execution: Execution,
  session: AdapterSession,
  kind: "on-run-start" | "on-run-end",
  ephemeral: EphemeralCompilations,
  overrides: Members = {},
): Promise<{ ok: boolean; results: RunResult[] }> {
  const { runtime } = execution;
  const hooks = hooksOf(execution, kind);
  const results: RunResult[] = [];
  let failed = false;
  await session.rollbackIfOpen();
  for (const [i, node] of hooks.entries()) {
    const name = `${node.package_name}.${kind}.${i}`;
    node.index = i + 1;
    if (failed) {
      results.push(resultOf(node, { status: "skipped", message: `${name} skipped`, failures: 1, threadId: "main" }));
      continue;
    }
    const timing = new Timing();
    const started = performance.now();
    let problem: string | undefined;
    session.acquire(node.unique_id, await queryComment(runtime, node), runtime.read.root.queryComment.append);
    try {
      await timing.measure("compile", () =>
        compileNode({ ...execution, node, session, threadId: "MainThread" }, { ephemeral, overrides }),
      );
    } catch (error) {
      await session.rollbackIfOpen();
      throw error;
    }
    try {
      runtime.emit({ type: "hook-start", name, index: i + 1, total: hooks.length });
      const sql = node.compiled_code ?? "";
      await timing.measure("execute", async () => {
        if (sql.trim() !== "") await session.execute(sql, { autoBegin: false, fetch: false });
      });
    } catch (error) {
      problem = errorText(error, node, node.compiled_path);
      failed = true;
      await session.rollbackIfOpen();
    }
    const seconds = (performance.now() - started) / 1000;
    runtime.emit({
      type: "hook-finish",
      name,
      index: i + 1,
      total: hooks.length,
      ok: problem === undefined,
      seconds,
      ...(problem === undefined ? {} : { message: problem }),
    });
    const message = problem === undefined ? `${name} passed` : `${name} failed, error:\n ${withoutHeadline(problem)}`;
    results.push(
      resultOf(node, {
        status: problem === undefined ? "success" : "error",
        message,
        failures: problem === undefined ? 0 : 1,
        seconds,
        timing: timing.entries,
        threadId: "main",
      }),
    );
  }
  return { ok: !failed, results };
}

/** A hook's own result names it already: what follows is what went wrong. Source: dbt-core task/run.py get_execution_status. */
const withoutHeadline = (problem: string): string =>
  problem.replace(/^\w+ Error in operation .*\n/, "").replaceAll(/^ {2}/gm, "");
