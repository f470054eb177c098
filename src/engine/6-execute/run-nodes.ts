import { isLabsError } from "#errors/index.ts";
import type { EphemeralCompilations } from "../5-compile/index.ts";
import type { Execution, NodeExecution } from "../context/execution.ts";
import { isNodeEphemeral } from "../context/node-paths.ts";
import type { AdapterSession } from "../adapter/index.ts";
import type { AnyNode } from "../events.ts";
import { RunQueue, SkippedNodes, splitUnitTests, type Graph } from "../4-select/index.ts";
import type { GraphNode, Manifest, OtherNode, RunResult, RunStatus } from "../manifest/types.ts";
import { describe } from "./describe.ts";
import { errorText, nodeProblem, reasonOf, resultOf, reusedResult } from "./outcome.ts";
import { queryComment } from "./query-comment.ts";
import { runNode, runUnitTestNode } from "./run-node.ts";

export interface RunNodesOptions {
  graph: Graph;
  selected: ReadonlySet<string>;
  ephemeral: EphemeralCompilations;
  /** Makes the session of one thread. */
  session: () => AdapterSession;
  threads: number;
  /** `build`: failing tests skip what is downstream, unit tests run before their model. */
  build: boolean;
  failFast: boolean;
  /** Ephemeral models are results, too: a command that only compiles was asked for them. */
  keepEphemeral?: boolean;
  signal: AbortSignal;
  /** Replaces running a node: compile-only commands, freshness. */
  work?: (execution: NodeExecution) => Promise<RunResult>;
  /** Nodes in any order: `clone`. */
  independent?: boolean;
  /** False for commands that print nothing per node: compile, docs. */
  announce?: boolean;
  /** Nodes that need not run: their results are given instead. */
  reuse?: ReadonlyMap<string, RunResult>;
}

const broken: RunStatus[] = ["error", "partial success", "runtime error"];

/** Any node of a manifest by its unique id. */
export function nodeOf(manifest: Manifest, id: string): AnyNode | undefined {
  return (
    manifest.nodes[id] ??
    manifest.sources[id] ??
    manifest.unit_tests[id] ??
    manifest.exposures[id] ??
    manifest.saved_queries[id] ??
    manifest.functions[id] ??
    manifest.metrics[id] ??
    manifest.semantic_models[id]
  );
}

/**
 * Runs the selected nodes in graph order on `threads` connections and gives their results in the order they finished.
 * What lies behind a failure is skipped. After an abort nothing new starts, running statements are cancelled,
 * and what did not run is skipped. Source: dbt-core task/runnable.py, task/build.py.
 */
export async function runNodes(execution: Execution, options: RunNodesOptions): Promise<RunResult[]> {
  return new NodePool(execution, options).run();
}

class NodePool {
  readonly #execution: Execution;
  readonly #options: RunNodesOptions;
  readonly #queue: RunQueue;
  readonly #skipped: SkippedNodes<RunResult | null>;
  readonly #unitTests: Map<string, string[]>;
  readonly #results: RunResult[] = [];
  readonly #sessions: AdapterSession[];
  readonly #idle: number[];
  readonly #total: number;
  #index = 0;
  #stop: string | undefined;

  constructor(execution: Execution, options: RunNodesOptions) {
    this.#execution = execution;
    this.#options = options;
    const { manifest } = execution.runtime;
    // A unit test runs right before its model, and not when that is not selected. A retry has them in its queue as nodes
    // like others: behind their model. Source: dbt-core task/build.py get_graph_queue, task/retry.py.
    const retrying = execution.runtime.flags.onlyIds !== undefined;
    const split =
      options.build && !retrying
        ? splitUnitTests(manifest, options.selected)
        : { queued: new Set(options.selected), unitTests: new Map<string, string[]>() };
    this.#unitTests = split.unitTests;
    this.#queue = new RunQueue(options.graph, split.queued, options.independent ? { independent: true } : {});
    this.#skipped = new SkippedNodes(options.graph);
    const threads = Math.max(1, Math.min(options.threads, Math.max(1, options.selected.size)));
    this.#sessions = Array.from({ length: threads }, () => options.session());
    this.#idle = this.#sessions.map((_, i) => i);
    this.#total = [...options.selected].filter((id) => !this.#isEphemeral(id)).length;
  }

  #isEphemeral(id: string): boolean {
    const node = this.#execution.runtime.manifest.nodes[id];
    return node !== undefined && isNodeEphemeral(node);
  }

  async run(): Promise<RunResult[]> {
    const { signal } = this.#options;
    const abort = () => this.#cancel("The run was cancelled.");
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      await new Promise<void>((resolve, reject) => this.#pump(resolve, reject));
    } finally {
      signal.removeEventListener("abort", abort);
      await Promise.all(this.#sessions.map((s) => s.release()));
    }
    this.#skipRest();
    return this.#results;
  }

  #cancel(reason: string): void {
    this.#stop ??= reason;
    for (const session of this.#sessions) void session.cancel(reason);
  }

  /** Starts what is ready on idle connections; resolves when nothing runs and nothing more will. */
  #pump(resolve: () => void, reject: (error: unknown) => void): void {
    while (this.#idle.length > 0 && this.#stop === undefined) {
      const id = this.#queue.next();
      if (id === undefined) break;
      const slot = this.#idle.shift() as number;
      this.#work(id, slot).then(
        () => {
          this.#idle.push(slot);
          this.#idle.sort((a, b) => a - b);
          this.#queue.done(id);
          this.#pump(resolve, reject);
        },
        (error: unknown) => reject(error),
      );
    }
    if (this.#idle.length === this.#sessions.length && (this.#stop !== undefined || !this.#queue.ready)) resolve();
  }

  async #work(id: string, slot: number): Promise<void> {
    for (const test of this.#unitTests.get(id) ?? []) {
      const result = await this.#one(test, slot, id);
      // Once one failed, the model's other unit tests are skipped with it.
      if (result.status === "fail" || result.status === "error" || result.status === "skipped")
        this.#skipped.mark(id, null);
    }
    await this.#one(id, slot);
  }

  /** `model`: whose unit test it is; both are skipped together. */
  async #one(id: string, slot: number, model = id): Promise<RunResult> {
    const { runtime } = this.#execution;
    const node = nodeOf(runtime.manifest, id);
    if (!node) throw new Error(`selected node ${id} is not in the manifest`);
    const ephemeral = this.#isEphemeral(id);
    const index = ephemeral ? this.#index : ++this.#index;
    const description = describe(runtime, node);
    const threadId = `Thread-${slot + 1} (worker)`;
    const shared = { node, index, total: this.#total, description };
    const quiet = ephemeral || this.#options.announce === false;
    const skip = this.#skipped.has(id) || this.#skipped.has(model) || this.#stop !== undefined;
    let result: RunResult;
    if (skip) {
      const cause = this.#skipped.cause(id) ?? null;
      result = resultOf(node as GraphNode, { status: "skipped", message: this.#skipMessage(node, cause), threadId });
      if (!quiet) runtime.emit({ type: "node-skip", ...shared, cause: cause?.unique_id ?? null, result });
    } else {
      const reused = this.#options.reuse?.get(id);
      if (!quiet) runtime.emit({ type: "node-start", ...shared, threadId });
      result = reused ?? (await this.#execute(node, slot, threadId));
      if (!quiet) runtime.emit({ type: "node-finish", ...shared, result });
      const reason = runtime.flags.explain ? reasonOf(result) : undefined;
      if (!quiet && reason) {
        const verb = reusedResult(result) ? "reused" : "run";
        runtime.emit({ type: "message", level: "info", text: `${node.name} is ${verb}: ${reason}`, uniqueId: id });
      }
    }
    this.#handle(node, result, ephemeral);
    return result;
  }

  #skipMessage(node: AnyNode, cause: RunResult | null): string | null {
    if (this.#stop !== undefined && !this.#skipped.has(node.unique_id)) return this.#stop;
    if (cause === null) return null;
    return `Compilation Error in ${node.unique_id}, caused by compilation error in referenced ephemeral model ${cause.unique_id}`;
  }

  async #execute(node: AnyNode, slot: number, threadId: string): Promise<RunResult> {
    const { runtime } = this.#execution;
    if (node.resource_type === "exposure" || node.resource_type === "saved_query") {
      return resultOf(node as OtherNode, { status: "no-op", message: "NO-OP", failures: 0, threadId });
    }
    const session = this.#sessions[slot] as AdapterSession;
    let comment: string | null;
    try {
      comment = await queryComment(runtime, node);
    } catch (error) {
      // The comment is rendered for each node, so its error is that of the node.
      if (!isLabsError(error)) throw error;
      const [message, problem] = [errorText(error, node), nodeProblem(error, node)];
      return resultOf(node, { status: "error", message, problem, threadId });
    }
    session.acquire(node.unique_id, comment, runtime.read.root.queryComment.append);
    if (node.resource_type === "unit_test")
      return runUnitTestNode({ ...this.#execution, session, threadId }, node as OtherNode);
    const own: NodeExecution = { ...this.#execution, node: node as GraphNode, session, threadId };
    return this.#options.work ? this.#options.work(own) : runNode(own, this.#options.ephemeral);
  }

  #handle(node: AnyNode, result: RunResult, ephemeral: boolean): void {
    const failed =
      broken.includes(result.status) ||
      (this.#options.build && (result.status === "fail" || result.status === "skipped"));
    // Ephemeral models are no results of their own, unless they broke: then whoever needs them reports it.
    if (!ephemeral || this.#options.keepEphemeral) this.#results.push(result);
    const continues = (node as GraphNode).config?.on_error === "continue";
    if (failed && !continues) this.#skipped.failed(node.unique_id, ephemeral ? result : null);
    if (this.#options.failFast && (broken.includes(result.status) || result.status === "fail")) {
      // What runs already may finish: dbt's DuckDB adapter cannot cancel.
      this.#stop ??= "Skipping due to fail_fast";
    }
  }

  /** After a stop: everything that was never handed out is skipped. */
  #skipRest(): void {
    const done = new Set(this.#results.map((r) => r.unique_id));
    for (const id of this.#queue.order) {
      if (done.has(id) || this.#isEphemeral(id)) continue;
      const node = nodeOf(this.#execution.runtime.manifest, id);
      if (node)
        this.#results.push(
          resultOf(node as GraphNode, { status: "skipped", message: this.#stop ?? null, threadId: "main" }),
        );
    }
  }
}
