import { engineError } from "../errors.ts";
import { loadPreviousState } from "../7-artifacts/index.ts";
import type { GraphNode } from "../manifest/types.ts";
import type { Invocation } from "./invocation.ts";

/** `--defer`: where unselected nodes live in the other environment. */
export function deferNodes(invocation: Invocation): void {
  const folder = invocation.flags.deferState ?? invocation.flags.state;
  // A clone is made of another environment, whether or not `--defer` is on.
  if (!invocation.flags.defer && invocation.flags.command !== "clone") return;
  if (folder === undefined)
    throw engineError("runtime", {
      message: "--state or --defer-state are required for deferral, but neither was provided",
      hint: "Name the folder of the other environment's manifest.json: --state prod-artifacts",
    });
  const other = loadPreviousState(folder, {
    projectRoot: invocation.read.root.root,
    targetFolder: invocation.targetFolder,
  }).manifest;
  if (!other)
    throw engineError("runtime", {
      message: `Could not find manifest in --state path: "${folder}"`,
      hint: "Point --state at a folder with a manifest.json.",
    });
  for (const node of Object.values(invocation.manifest.nodes)) {
    const twin = other.nodes[node.unique_id] as GraphNode | undefined;
    if (
      !twin ||
      !["model", "seed", "snapshot"].includes(node.resource_type) ||
      twin.config?.materialized === "ephemeral"
    )
      continue;
    node.defer_relation = {
      database: twin.database,
      schema: twin.schema,
      alias: twin.alias,
      relation_name: twin.relation_name,
      resource_type: twin.resource_type,
      name: twin.name,
      description: twin.description,
      compiled_code: twin.compiled_code ?? null,
      meta: twin.meta,
      tags: twin.tags,
      config: twin.config,
    };
  }
}
