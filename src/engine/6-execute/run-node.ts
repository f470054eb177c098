import { isLabsError } from "#errors/index.ts";
import { compileNode, type EphemeralCompilations, writeCompiled } from "../5-compile/index.ts";
import type { NodeExecution, Verdict } from "../context/execution.ts";
import { isNodeEphemeral } from "../context/node-paths.ts";
import type { GraphNode, OtherNode, RunResult } from "../manifest/types.ts";
import { materialize } from "./materialize.ts";
import { runMicrobatch } from "./microbatch.ts";
import { errorText, nodeProblem, resultOf, Timing, withVerdict } from "./outcome.ts";
import { runOverloads } from "./overloads.ts";
import { runTest } from "./test-runner.ts";
import { runUnitTest } from "./unit-test.ts";

/** Compiles and executes one node on its session; never throws for what the node did wrong. */
export async function runNode(execution: NodeExecution, ephemeral: EphemeralCompilations): Promise<RunResult> {
  const { node, threadId, changes } = execution;
  const timing = new Timing();
  const started = performance.now();
  let verdict: Verdict | undefined;
  const seconds = () => (performance.now() - started) / 1000;
  const finish = (fields: Omit<Parameters<typeof resultOf>[1], "threadId" | "timing" | "seconds">): RunResult =>
    withVerdict(resultOf(node, { ...fields, threadId, timing: timing.entries, seconds: seconds() }), verdict);
  let outcome = "bad" as "good" | "bad" | "not run";
  try {
    if (isMicrobatch(node)) return await runMicrobatch(execution, ephemeral, finish);
    await timing.measure("compile", async () => {
      const write = changes === undefined || isNodeEphemeral(node);
      if (node.resource_type !== "seed") await compileNode(execution, { ephemeral, write });
    });
    if (isNodeEphemeral(node)) {
      outcome = "not run";
      return finish({ status: "success" });
    }
    verdict = await changes?.verdict(execution);
    if (changes && node.resource_type !== "seed") writeCompiled(execution, verdict?.reuse);
    if (verdict?.reuse) {
      outcome = "not run";
      return finish(reused(node));
    }
    return await timing.measure("execute", async () => {
      if (node.resource_type === "test") {
        const result = await runTest(execution);
        if (result.status === "pass") outcome = "good";
        return finish(result);
      }
      const main = await materialize(execution);
      const overloads = node.resource_type === "function" ? await runOverloads(execution) : undefined;
      const failed = overloads !== undefined && overloads.failed.length > 0;
      if (!failed) outcome = "good";
      const status = failed ? "partial success" : "success";
      const message = failed ? `PARTIAL SUCCESS ${node.name}` : main.message;
      const result = finish({ status, message, adapterResponse: main.adapterResponse });
      return overloads ? { ...result, overload_results: overloads } : result;
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
    if (outcome !== "not run") changes?.ran(node, outcome === "good");
    await execution.session.release();
  }
}

/** The outcome of a node that was left as it is: a test passes, as it did on the same data. */
const reused = ({ resource_type: type }: Pick<GraphNode | OtherNode, "resource_type">) =>
  type === "test" || type === "unit_test"
    ? ({ status: "pass", message: null, failures: 0 } as const)
    : ({ status: "reused", message: "REUSED", failures: null } as const);

/** Runs one unit test on its session. */
export async function runUnitTestNode(execution: Omit<NodeExecution, "node">, test: OtherNode): Promise<RunResult> {
  const timing = new Timing();
  const started = performance.now();
  const verdict = await execution.changes?.unitTestVerdict(test, execution.session);
  const finish = (fields: Omit<Parameters<typeof resultOf>[1], "threadId" | "timing" | "seconds">): RunResult =>
    withVerdict(
      resultOf(
        { unique_id: test.unique_id },
        {
          ...fields,
          threadId: execution.threadId,
          timing: timing.entries,
          seconds: (performance.now() - started) / 1000,
        },
      ),
      verdict,
    );
  if (verdict?.reuse) return finish(reused(test));
  let passed = false;
  try {
    const outcome = await timing.measure("execute", () => runUnitTest(execution, test));
    passed = outcome.status === "pass";
    return finish(outcome);
  } catch (error) {
    if (!isLabsError(error) && !(error instanceof Error)) throw error;
    return finish({ status: "error", message: errorText(error, test), problem: nodeProblem(error, test) });
  } finally {
    execution.changes?.unitTestRan(test, passed);
    await execution.session.release();
  }
}

export const isMicrobatch = (node: GraphNode): boolean =>
  node.resource_type === "model" &&
  node.config.materialized === "incremental" &&
  node.config.incremental_strategy === "microbatch";
