import { bindMacro, str } from "#jinja/index.ts";
import type { AgateTable } from "../adapter/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { runScope } from "../context/run-members.ts";
import { engineError } from "../errors.ts";
import type { Flags } from "../flags.ts";
import type { PlainRecord } from "../manifest/types.ts";

/** An answer of the database with every field that dbt writes. */
const empty = { _message: "", code: null, rows_affected: null, query_id: null };

/** First rows of a node's query. Source: dbt-core task/show.py ShowRunner. */
export async function showNode(
  execution: NodeExecution,
  flags: Flags,
): Promise<{ table: AgateTable; response: PlainRecord }> {
  const { node, runtime } = execution;
  const entry = runtime.macros.lookup("get_show_sql", runtime.macros.root);
  if (!entry)
    throw engineError("runtime", { message: 'dbt could not find a macro with the name "get_show_sql" in any package' });
  const { scope } = runScope(execution);
  const limit = flags.limit >= 0 ? flags.limit : null;
  const header = (node.config.sql_header as string | null | undefined) ?? null;
  // Called from outside of the node's macros: only what it calls itself counts as a dependency.
  const sql = str(await bindMacro(entry.definition, scope).call([node.compiled_code ?? "", header, limit], new Map()));
  // As in dbt the node has the limit from then on.
  node.compiled_code = sql;
  const { table, response } = await execution.session.execute(sql, { fetch: true });
  return { table, response: { ...empty, ...response } };
}
