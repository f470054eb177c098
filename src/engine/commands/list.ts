import { warn } from "../context/runtime.ts";
import { renderList } from "../7-artifacts/index.ts";
import type { Invocation } from "./invocation.ts";
import type { CommandResult } from "./result.ts";

/** ls: the names of what is selected. */
export function list(invocation: Invocation): CommandResult {
  const { flags } = invocation;
  const selected = invocation.select(invocation.previousState());
  invocation.writeManifest();
  if (selected.size === 0) warn(invocation.runtime, "No nodes selected!", { name: "NoNodesSelected", code: "Q038" });
  const lines = renderList(invocation.manifest, selected, {
    output: flags.output === "text" ? "selector" : flags.output,
    outputKeys: flags.outputKeys,
  });
  return { success: true, exit: 0, results: [], lines, selected: [...selected].sort() };
}
