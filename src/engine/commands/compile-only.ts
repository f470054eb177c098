import { compileNode, type EphemeralCompilations } from "../5-compile/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { engineError } from "../errors.ts";
import type { PlainRecord, RunResult } from "../manifest/types.ts";
import { errorText, resultOf, Timing } from "../6-execute/outcome.ts";

/** Compiles a node, and does with it what the command is for. Never rejects: an error is the result. */
export async function compileOnly(
  own: NodeExecution,
  ephemeral: EphemeralCompilations,
  then: (own: NodeExecution) => Promise<PlainRecord | undefined | void>,
): Promise<RunResult> {
  const timing = new Timing();
  const started = performance.now();
  const finish = (fields: Pick<Parameters<typeof resultOf>[1], "status" | "message" | "adapterResponse">): RunResult =>
    resultOf(own.node, {
      ...fields,
      threadId: own.threadId,
      timing: timing.entries,
      seconds: (performance.now() - started) / 1000,
    });
  try {
    const { injectEphemeralCtes: inject } = own.runtime.flags;
    await timing.measure("compile", async () => {
      if (own.node.resource_type !== "seed") await compileNode(own, { ephemeral, inject });
    });
    const adapterResponse = await timing.measure("execute", () => then(own));
    return finish({ status: "success", message: null, ...(adapterResponse && { adapterResponse }) });
  } catch (error) {
    return finish({ status: "error", message: errorText(error, own.node, own.node.compiled_path) });
  } finally {
    await own.session.release();
  }
}

/** Commands that only compile give up at an error, as dbt does. Source: dbt-core task/runnable.py raise_on_first_error. */
export function raiseFirst(results: readonly RunResult[]): void {
  const failed = results.find((r) => r.status === "error");
  if (failed) throw engineError("runtime", { message: failed.message ?? "", data: { unique_id: failed.unique_id } });
}
