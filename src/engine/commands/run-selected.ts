import type { EphemeralCompilations } from "../5-compile/index.ts";
import { openJournal, trackChanges } from "../changed/index.ts";
import { isNodeEphemeral } from "../context/node-paths.ts";
import { warn } from "../context/runtime.ts";
import { writeGraphSummary } from "../7-artifacts/index.ts";
import { addTestEdges } from "../4-select/index.ts";
import type { GraphNode, RunResult } from "../manifest/types.ts";
import { cloneNode } from "../6-execute/clone.ts";
import { groupsOf } from "../6-execute/groups.ts";
import { runHooks } from "../6-execute/hooks.ts";
import { resultOf } from "../6-execute/outcome.ts";
import { prepareDatabase } from "../6-execute/prepare-database.ts";
import { nodeOf, runNodes } from "../6-execute/run-nodes.ts";
import { deferNodes } from "./defer.ts";
import { endContext } from "./end-context.ts";
import { alsoFreshness } from "./freshness.ts";
import type { CommandOptions, Invocation } from "./invocation.ts";
import { succeeded, type CommandResult } from "./result.ts";
import { seedTables } from "./seed-tables.ts";
import { nodeOptions, withDatabase } from "./with-database.ts";

/** run, build, test, seed, snapshot, clone: hooks around nodes. */
export async function runSelected(invocation: Invocation): Promise<CommandResult> {
  const { flags, options } = invocation;
  const selected = invocation.select(invocation.previousState());
  deferNodes(invocation);
  const graph = flags.command === "build" ? addTestEdges(invocation.graph, invocation.manifest) : invocation.graph;
  if (!hasWork(invocation, selected)) {
    warn(invocation.runtime, "Nothing to do. Try checking your model configs and model specification args", {
      name: "NothingToDo",
      code: "Q035",
    });
    invocation.writeManifest();
    invocation.writeResults([]);
    return { success: true, exit: 0, results: [] };
  }
  const journal = openJournal({
    ...options,
    flags,
    target: invocation.read.target,
    targetFolder: invocation.targetFolder,
  });
  const finished = await withDatabase(invocation, selected, async (open, shared) => {
    const changes = journal && trackChanges(shared, invocation.targetFolder, journal);
    const execution = changes ? { ...shared, changes } : shared;
    const ephemeral: EphemeralCompilations = new Map();
    const nodes = [...selected].sort().flatMap((id) => nodeOf(invocation.manifest, id) ?? []);
    options.sink({ type: "selected", nodes, groups: groupsOf(invocation.manifest, nodes) });
    invocation.announceThreads(visible(invocation, selected));
    const master = open.session({ onStatement: ({ sql, connection }) => changes?.observe(sql, connection) });
    const results: RunResult[] = [];
    const clone = flags.command === "clone";
    let prepared = false;
    try {
      const nodes = [...selected]
        .map((id) => invocation.manifest.nodes[id] ?? invocation.manifest.functions[id])
        .filter((n): n is GraphNode => n !== undefined);
      await prepareDatabase(execution, master, nodes);
      let ready = true;
      if (!clone) {
        const start = await runHooks(execution, master, "on-run-start", ephemeral);
        results.push(...start.results);
        ready = start.ok;
      }
      prepared = true;
      await master.release();
      if (ready)
        results.push(
          ...(await runNodes(execution, {
            ...nodeOptions(invocation, open, selected, ephemeral, graph, changes),
            ...(clone ? { independent: true, work: cloneNode } : {}),
          })),
        );
      else results.push(...skipAll(invocation, selected));
      if (!clone && !options.signal?.aborted) {
        const end = await runHooks(execution, master, "on-run-end", ephemeral, endContext(invocation, results));
        results.push(...end.results);
      }
      if (options.onFreshness && !options.signal?.aborted) await alsoFreshness(invocation, open, shared, ephemeral);
      const noting = open.session();
      const noted = changes?.finish(noting).finally(() => noting.release());
      if (noted && options.later) options.later(noted.catch((error: unknown) => tellNotNoted(options, error)));
      else await noted;
    } finally {
      await master.release();
      await invocation.files.flush();
      invocation.writeManifest();
      // Where nothing could begin, the results of the run before stay: they are what a retry needs.
      if (prepared) invocation.writeResults(results);
      writeGraphSummary(invocation.targetFolder, invocation.manifest, invocation.graph);
    }
    invocation.finish(results, flags.show ? seedTables(invocation, results) : []);
    const success = succeeded(results) && !options.signal?.aborted;
    return { success, exit: success ? 0 : 1, results } as const;
  });
  if (journal !== options.journal) journal?.seal();
  return finished;
}

function tellNotNoted({ sink }: CommandOptions, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  sink({
    type: "message",
    level: "warn",
    text: `The next run builds everything, for this one was not noted: ${reason}`,
  });
}

/** Unit tests alone are no work for `build`: they run with their models. */
const hasWork = ({ flags, manifest }: Invocation, selected: ReadonlySet<string>): boolean =>
  flags.command === "build" && flags.onlyIds === undefined
    ? [...selected].some((id) => manifest.unit_tests[id] === undefined)
    : selected.size > 0;

const visible = (invocation: Invocation, selected: ReadonlySet<string>): number =>
  [...selected].filter((id) => {
    const node = invocation.manifest.nodes[id];
    return !(node && isNodeEphemeral(node));
  }).length;

function skipAll(invocation: Invocation, selected: ReadonlySet<string>): RunResult[] {
  const ids = [...selected].sort();
  return ids.map((id, i) => {
    const node = nodeOf(invocation.manifest, id) as GraphNode;
    const result = resultOf(node, { status: "skipped", threadId: "main" });
    invocation.options.sink({
      type: "node-skip",
      node,
      index: i + 1,
      total: ids.length,
      description: `${node.resource_type} ${node.name}`,
      cause: null,
      result,
    });
    return result;
  });
}
