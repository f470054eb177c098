import { AdapterSession } from "../adapter/index.ts";
import type { EphemeralCompilations } from "../5-compile/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { readNodeSeed } from "../context/seed-table.ts";
import { engineError } from "../errors.ts";
import { buildGraph } from "../4-select/index.ts";
import type { GraphNode, RunResult } from "../manifest/types.ts";
import { prepareDatabase } from "../6-execute/prepare-database.ts";
import { runNode } from "../6-execute/run-node.ts";
import { runNodes } from "../6-execute/run-nodes.ts";
import { showNode } from "../6-execute/show.ts";
import { compileOnly, raiseFirst } from "./compile-only.ts";
import { deferNodes } from "./defer.ts";
import { inlineNode } from "./inline-query.ts";
import type { Invocation } from "./invocation.ts";
import type { CommandResult } from "./result.ts";
import { asked, compiledText, tableText } from "./shown-text.ts";
import { nodeOptions, withDatabase } from "./with-database.ts";

/** compile, show: nodes or a query of the command line. */
export async function compileOrShow(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  let inline: GraphNode | undefined;
  let selected: Set<string>;
  if (flags.inline !== undefined) {
    inline = await inlineNode(invocation, flags.inline);
    selected = new Set([inline.unique_id]);
  } else {
    selected = invocation.select(invocation.previousState());
    if (flags.command === "show" && flags.select.length === 0 && flags.selector === undefined) {
      throw engineError("runtime", {
        message: "Either --select or --inline must be passed to show",
        hint: "Name a model: --select my_model.",
      });
    }
  }
  deferNodes(invocation);
  return withDatabase(invocation, selected, async (open, execution) => {
    const ephemeral: EphemeralCompilations = new Map();
    if (selected.size > 0) invocation.announceThreads(selected.size);
    const base = nodeOptions(
      invocation,
      open,
      selected,
      ephemeral,
      inline ? buildGraph(invocation.manifest) : invocation.graph,
    );
    if (flags.introspect) {
      const master = open.session();
      await prepareDatabase(execution, master, []);
      await master.release();
    }
    const texts: string[] = [];
    const work = async (own: NodeExecution): Promise<RunResult> => {
      // As in dbt a seed is loaded to be shown, and shown whole. Source: dbt-core task/show.py ShowTask.get_runner_type.
      if (flags.command === "show" && own.node.resource_type === "seed") {
        const loaded = await runNode(own, ephemeral);
        if (loaded.status === "success") texts.push(tableText(readNodeSeed(own), flags, own.node));
        return loaded;
      }
      return compileOnly(own, ephemeral, async (done) => {
        const shown = flags.command === "show" ? await showNode(done, flags) : undefined;
        if (asked(flags, done.node))
          texts.push(shown ? tableText(shown.table, flags, done.node) : compiledText(done.node, flags));
        return shown?.response;
      });
    };
    const session = flags.introspect ? base.session : () => neverConnected();
    const keepEphemeral = flags.select.length > 0;
    const results = await runNodes(execution, { ...base, session, work, announce: false, keepEphemeral });
    await invocation.files.flush();
    // A query of the command line is no part of the project.
    if (inline) delete invocation.manifest.nodes[inline.unique_id];
    invocation.writeManifest();
    raiseFirst(results);
    invocation.writeResults(results);
    return { success: true, exit: 0, results, text: texts.join("\n") };
  });
}

/** `--no-introspect`: nothing may ask the database. */
function neverConnected(): AdapterSession {
  const connect = (): never => {
    throw engineError("runtime", {
      message: "connection never acquired for thread, have []: queries are switched off by --no-introspect",
      hint: "Leave out --no-introspect.",
    });
  };
  return new AdapterSession({ connect });
}
