import { str } from "#jinja/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { deferRelation } from "../context/relations.ts";
import { engineError } from "../errors.ts";
import type { RunResult } from "../manifest/types.ts";
import { adapterResponseOf, relationsOf, runMaterialization } from "./materialize.ts";
import { errorText, resultOf } from "./outcome.ts";

/** What the view of a clone selects. Source: dbt-core context/providers.py ModelContext.sql. */
function originOf({ node, runtime }: NodeExecution): string | null {
  const other = deferRelation(node, runtime.read.root.quoting);
  if (!other) return null;
  const written = (node.defer_relation as { relation_name?: string | null }).relation_name;
  return `select * from ${written ?? str(other)}`;
}

/**
 * Clones one node from the other environment by the materialization `clone`; on DuckDB that is a view of it.
 * Source: dbt-core task/clone.py CloneRunner.
 */
export async function cloneNode(execution: NodeExecution): Promise<RunResult> {
  const { node, threadId, runtime } = execution;
  try {
    const entry = runtime.macros.materialization("clone");
    if (!entry)
      throw engineError("compilation", {
        message: "No materialization 'clone' was found",
        hint: "Do not replace dbt's package.",
      });
    const { value, run } = await runMaterialization(execution, entry, {}, { sql: originOf(execution) });
    for (const relation of relationsOf(value, node)) execution.adapter.cache.add(relation.with({ dbtCreated: true }));
    const main = run.results.main();
    const done = main ? adapterResponseOf(main.response) : { message: "No-op", adapterResponse: {} };
    return resultOf(node, { status: "success", ...done, threadId });
  } catch (error) {
    return resultOf(node, { status: "error", message: errorText(error, node), threadId });
  } finally {
    await execution.session.release();
  }
}
