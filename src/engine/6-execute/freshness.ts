import { noKwargs, PyObject, PyTuple, toPlain, type Value } from "#jinja/index.ts";
import { freshnessStatus, readFreshness } from "../adapter/index.ts";
import { hasJinja, parseTemplate } from "#jinja/index.ts";
import { loadSource } from "../context/plugin-source.ts";
import { relationFromNode } from "../context/relations.ts";
import { runScope } from "../context/run-members.ts";
import type { NodeExecution } from "../context/execution.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord, RunResult, SourceNode } from "../manifest/types.ts";
import type { FreshnessResult } from "../7-artifacts/index.ts";
import { errorText, resultOf, Timing } from "./outcome.ts";

/** Checks one source; its outcome goes to `collect` besides the run result. Source: dbt-core task/freshness.py FreshnessRunner. */
export async function runFreshness(
  execution: NodeExecution,
  collect: (result: FreshnessResult) => void,
): Promise<RunResult> {
  const source = execution.node as unknown as SourceNode;
  const timing = new Timing();
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const common = { threadId: execution.threadId };
  try {
    const { table, response } = await timing.measure("execute", () => collectFreshness(execution, source));
    const freshness = readFreshness(table);
    const criteria = (source.freshness ?? {}) as PlainRecord;
    const status = freshnessStatus(freshness.age, criteria as never);
    collect({
      unique_id: source.unique_id,
      status,
      max_loaded_at: freshness.maxLoadedAt,
      snapshotted_at: freshness.snapshottedAt,
      max_loaded_at_time_ago_in_s: freshness.age,
      criteria,
      adapter_response: response,
      timing: timing.entries,
      thread_id: execution.threadId,
      execution_time: seconds(),
    });
    return resultOf(source as unknown as GraphNode, {
      ...common,
      status: status === "error" ? "error" : status,
      timing: timing.entries,
      seconds: seconds(),
      adapterResponse: response,
    });
  } catch (error) {
    const message = errorText(error, source);
    collect({ unique_id: source.unique_id, status: "runtime error", error: message });
    return resultOf(source as unknown as GraphNode, {
      ...common,
      status: "runtime error",
      message,
      timing: timing.entries,
      seconds: seconds(),
    });
  } finally {
    await execution.session.release();
  }
}

async function collectFreshness(
  execution: NodeExecution,
  source: SourceNode,
): Promise<{ table: Value; response: PlainRecord }> {
  const { runtime } = execution;
  const { scope } = runScope(execution, { this: () => relationFromNode(source, {}) });
  const macro = (name: string) => {
    const entry = runtime.macros.lookup(name, runtime.macros.root);
    if (!entry)
      throw engineError("runtime", { message: `dbt could not find a macro with the name "${name}" in any package` });
    return entry;
  };
  const relation = relationFromNode(source, {});
  await loadSource(execution, source);
  let result: Value;
  if (source.loaded_at_query) {
    const query = hasJinja(source.loaded_at_query)
      ? await parseTemplate(source.loaded_at_query, { file: source.original_file_path }).render(scope)
      : source.loaded_at_query;
    result = await scope.call(macro("collect_freshness_custom_sql"), [relation, query], noKwargs);
  } else if (source.loaded_at_field) {
    const filter = (source.freshness as { filter?: string | null } | null)?.filter ?? null;
    result = await scope.call(macro("collect_freshness"), [relation, source.loaded_at_field, filter], noKwargs);
  } else {
    throw engineError("runtime", {
      message: `Could not compute freshness for source ${source.name}: no 'loaded_at_field' provided and duckdb adapter does not support metadata-based freshness checks.`,
      hint: "Set loaded_at_field on the source.",
    });
  }
  // The macro answers load_result(…): a dict with response and table.
  if (result instanceof PyTuple) {
    const [response, table] = [...(result.iterate() ?? [])];
    return { table: table ?? null, response: plain(response ?? null) };
  }
  const table = result instanceof PyObject ? (result.getItem("table") ?? result.getAttr("table") ?? result) : result;
  const response = result instanceof PyObject ? (result.getItem("response") ?? null) : null;
  return { table, response: plain(response) };
}

const plain = (response: Value): PlainRecord => {
  const value = response instanceof PyObject ? toPlain(response) : null;
  return typeof value === "object" && value !== null ? (value as PlainRecord) : { _message: "OK" };
};
