import type { OpenTarget, StatementReport } from "../adapter/index.ts";
import type { EphemeralCompilations } from "../5-compile/index.ts";
import type { Execution, NodeChanges } from "../context/execution.ts";
import type { Graph } from "../4-select/index.ts";
import type { RunNodesOptions } from "../6-execute/run-nodes.ts";
import type { Invocation } from "./invocation.ts";

/** Does something with the target's database open, and closes it whatever happens. */
export async function withDatabase<T>(
  invocation: Invocation,
  selected: ReadonlySet<string>,
  body: (open: OpenTarget, execution: Execution) => Promise<T>,
): Promise<T> {
  const open = await invocation.open();
  try {
    return await body(open, invocation.execution(selected));
  } finally {
    await open.close();
  }
}

/** How the nodes of a command are run. `changes` watches the statements, for `--changed`. */
export function nodeOptions(
  invocation: Invocation,
  open: OpenTarget,
  selected: ReadonlySet<string>,
  ephemeral: EphemeralCompilations,
  graph: Graph,
  changes?: NodeChanges,
): RunNodesOptions {
  const { flags, options } = invocation;
  return {
    graph,
    selected,
    ephemeral,
    session: () =>
      open.session({
        onStatement: (report) => onStatement(invocation, report, changes),
        onReuse: (before, now) =>
          options.sink({
            type: "message",
            level: "debug",
            text: `Re-using an available connection from the pool (formerly ${before}, now ${now})`,
            name: "ConnectionReused",
            code: "E006",
            data: { orig_conn_name: before, conn_name: now },
          }),
      }),
    threads: invocation.threads,
    build: flags.command === "build",
    failFast: flags.failFast,
    signal: options.signal ?? new AbortController().signal,
  };
}

function onStatement({ options }: Invocation, { sql, connection }: StatementReport, changes?: NodeChanges): void {
  changes?.observe(sql, connection);
  options.sink({ type: "sql", sql, connection, uniqueId: connection });
}
