import { toValue } from "../context/data.ts";
import type { Execution } from "../context/execution.ts";
import { runScope } from "../context/run-members.ts";
import { withoutModel } from "../context/scope.ts";
import { didYouMean } from "#errors/index.ts";
import type { OpenTarget } from "../adapter/index.ts";
import { engineError } from "../errors.ts";
import type { Flags } from "../flags.ts";
import type { RunResult } from "../manifest/types.ts";
import { operationNode } from "./operation-node.ts";
import { errorText, resultOf, Timing } from "./outcome.ts";
import { queryComment } from "./query-comment.ts";
import { prepareDatabase } from "./prepare-database.ts";

/**
 * Calls one macro outside of a transaction: what a `statement` opens is rolled back at the end unless the macro commits.
 * Source: dbt-core task/run_operation.py.
 */
export async function runOperation(execution: Execution, open: OpenTarget, flags: Flags): Promise<RunResult> {
  const { runtime } = execution;
  const given = flags.macro ?? "";
  if (given === "")
    throw engineError("runtime", {
      message: "Either a macro name or --sql must be passed to run-operation",
      hint: "Name a macro: labs dbt run-operation my_macro.",
    });
  const [first = "", second] = given.split(".");
  const entry =
    second === undefined
      ? (runtime.macros.lookup(first, runtime.macros.root) ?? runtime.macros.find(first))
      : runtime.macros.inNamespace(first, second);
  if (!entry) {
    const names = [...runtime.macros.all()].map((m) => m.node.name);
    const guess = didYouMean(second ?? first, names);
    throw engineError("runtime", {
      message: `dbt could not find a macro with the name '${second ?? first}' in ${second === undefined ? "any package" : `the '${first}' package`}`,
      hint: guess ? `Did you mean '${guess}'?` : "Check the macro's name.",
    });
  }
  const session = open.session();
  const timing = new Timing();
  const started = performance.now();
  const node = operationNode(runtime, entry.node.name);
  node.package_name = entry.node.package_name;
  node.unique_id = entry.node.unique_id;
  const finish = (fields: Pick<Parameters<typeof resultOf>[1], "status" | "message" | "failures">): RunResult =>
    resultOf(node, {
      ...fields,
      threadId: "MainThread",
      timing: timing.entries,
      seconds: (performance.now() - started) / 1000,
    });
  try {
    await prepareDatabase(execution, session, []);
    const connection = `macro_${entry.node.name}`;
    const comment = await queryComment(runtime, undefined, connection);
    session.acquire(connection, comment, runtime.read.root.queryComment.append);
    await timing.measure("execute", async () => {
      const { scope } = runScope(
        {
          ...execution,
          node: { ...node, package_name: runtime.read.root.name },
          session,
          threadId: "MainThread",
        },
        withoutModel,
      );
      const kwargs = new Map(Object.entries(flags.macroArgs).map(([k, v]) => [k, toValue(v)]));
      await scope.call(entry, [], kwargs);
    });
    return finish({ status: "success", message: null, failures: 0 });
  } catch (error) {
    const message = errorText(error, {
      resource_type: "macro",
      name: entry.node.name,
      original_file_path: entry.node.original_file_path,
    });
    runtime.emit({
      type: "message",
      level: "error",
      text: `Encountered an error while running operation: ${message}`,
      name: "RunningOperationCaughtError",
      code: "Q001",
    });
    return finish({ status: "error", message, failures: 1 });
  } finally {
    await session.release();
  }
}
