import { isLabsError } from "#errors/index.ts";
import { compileNode, type EphemeralCompilations } from "../5-compile/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { isNodeEphemeral } from "../context/node-paths.ts";
import type { GraphNode, OtherNode, RunResult } from "../manifest/types.ts";
import { materialize } from "./materialize.ts";
import { runMicrobatch } from "./microbatch.ts";
import { errorText, nodeProblem, resultOf, Timing } from "./outcome.ts";
import { runTest } from "./test-runner.ts";
import { runUnitTest } from "./unit-test.ts";

/** Compiles and executes one node on its session; never throws for what the node did wrong. */
export async function runNode(execution: NodeExecution, ephemeral: EphemeralCompilations): Promise<RunResult> {
  const { node, threadId } = execution;
  const timing = new Timing();
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const finish = (fields: Omit<Parameters<typeof resultOf>[1], "threadId" | "timing" | "seconds">): RunResult =>
    resultOf(node, { ...fields, threadId, timing: timing.entries, seconds: seconds() });
  try {
    if (isMicrobatch(node)) return await runMicrobatch(execution, ephemeral, finish);
    if (node.resource_type !== "seed") await timing.measure("compile", () => compileNode(execution, { ephemeral }));
    if (isNodeEphemeral(node)) return finish({ status: "success" });
    return await timing.measure("execute", async () => {
      if (node.resource_type === "test") {
        const outcome = await runTest(execution);
        return finish(outcome);
      }
      const main = await materialize(execution);
      return finish({ status: "success", message: main.message, adapterResponse: main.adapterResponse });
    });
  } catch (error) {
    if (!isLabsError(error) && !(error instanceof Error)) throw error;
    return finish({
      status: "error",
      message: errorText(error, node, node.compiled_path),
      failures: null,
      problem: nodeProblem(error, node),
    });
  } finally {
    await execution.session.release();
  }
}

/** Runs one unit test on its session. */
export async function runUnitTestNode(execution: Omit<NodeExecution, "node">, test: OtherNode): Promise<RunResult> {
  const timing = new Timing();
  const started = performance.now();
  const finish = (fields: Omit<Parameters<typeof resultOf>[1], "threadId" | "timing" | "seconds">): RunResult =>
    resultOf(
      { unique_id: test.unique_id },
      {
        ...fields,
        threadId: execution.threadId,
        timing: timing.entries,
        seconds: (performance.now() - started) / 1000,
      },
    );
  try {
    return finish(await timing.measure("execute", () => runUnitTest(execution, test)));
  } catch (error) {
    if (!isLabsError(error) && !(error instanceof Error)) throw error;
    return finish({ status: "error", message: errorText(error, test), problem: nodeProblem(error, test) });
  } finally {
    await execution.session.release();
  }
}

export const isMicrobatch = (node: GraphNode): boolean =>
  node.resource_type === "model" &&
  node.config.materialized === "incremental" &&
  node.config.incremental_strategy === "microbatch";
