import { join } from "node:path";
import type { OpenTarget } from "../adapter/index.ts";
import type { EphemeralCompilations } from "../5-compile/index.ts";
import type { Execution, NodeExecution } from "../context/execution.ts";
import { warn } from "../context/runtime.ts";
import type { FreshnessResult } from "../7-artifacts/index.ts";
import { hasFreshness } from "../4-select/index.ts";
import type { RunResult } from "../manifest/types.ts";
import { runFreshness } from "../6-execute/freshness.ts";
import { runHooks } from "../6-execute/hooks.ts";
import { runNodes } from "../6-execute/run-nodes.ts";
import { endContext } from "./end-context.ts";
import type { Invocation } from "./invocation.ts";
import { succeeded, type CommandResult } from "./result.ts";
import { nodeOptions, withDatabase } from "./with-database.ts";

/** source freshness: how old the data of the selected sources is. */
export async function freshness(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  const selected = invocation.select(invocation.previousState());
  const file = flags.outputPath ?? join(invocation.targetFolder, "sources.json");
  if (flags.outputPath !== undefined) {
    warn(
      invocation.runtime,
      `Custom output path usage \`--output ${file}\` usage detected in \`dbt source freshness\` command.`,
      { name: "CustomOutputPathInSourceFreshnessDeprecation", code: "D029" },
    );
  }
  if (selected.size === 0) {
    warn(invocation.runtime, "Nothing to do. Try checking your model configs and model specification args", {
      name: "NothingToDo",
      code: "Q035",
    });
    invocation.writeFreshness(file, []);
    invocation.finish([]);
    return { success: true, exit: 0, results: [] };
  }
  return withDatabase(invocation, selected, async (open, execution) => {
    const ephemeral: EphemeralCompilations = new Map();
    const collected: FreshnessResult[] = [];
    invocation.announceThreads(selected.size);
    const master = open.session();
    const results: RunResult[] = [];
    const hooks = invocation.read.root.flags.source_freshness_run_project_hooks !== false;
    const start = hooks ? await runHooks(execution, master, "on-run-start", ephemeral) : { ok: true };
    const work = (own: NodeExecution) => runFreshness(own, (r) => collected.push(r));
    results.push(
      ...(start.ok
        ? await runNodes(execution, { ...nodeOptions(invocation, open, selected, ephemeral, invocation.graph), work })
        : []),
    );
    const end = hooks
      ? await runHooks(execution, master, "on-run-end", ephemeral, endContext(invocation, results))
      : { ok: true };
    await master.release();
    invocation.writeFreshness(file, collected);
    invocation.finish(results);
    const success = succeeded(results) && start.ok && end.ok;
    return { success, exit: success ? 0 : 1, results };
  });
}

/** The freshness of the sources that declare it, behind the nodes of a run. One that cannot be found hides no other. */
export async function alsoFreshness(
  invocation: Invocation,
  open: OpenTarget,
  execution: Execution,
  ephemeral: EphemeralCompilations,
): Promise<void> {
  const { onFreshness } = invocation.options;
  const selected = new Set(
    Object.values(invocation.manifest.sources).flatMap((source) =>
      source.config.enabled !== false && hasFreshness(source) ? [source.unique_id] : [],
    ),
  );
  if (!onFreshness || selected.size === 0) return;
  const collected: FreshnessResult[] = [];
  await runNodes(execution, {
    ...nodeOptions(invocation, open, selected, ephemeral, invocation.graph),
    announce: false,
    failFast: false,
    work: (own) =>
      runFreshness(own, (result) => {
        collected.push(result);
        const source = invocation.manifest.sources[result.unique_id];
        if (source) onFreshness(source, result);
      }),
  });
  invocation.writeFreshness(join(invocation.targetFolder, "sources.json"), collected);
}
