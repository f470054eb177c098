import { engineError } from "../../errors.ts";
import type { GraphNode, Manifest, OtherNode, SourceNode } from "../../manifest/types.ts";
import { graphNode } from "../build-graph.ts";
import { type AnyNode, allNodes, type MethodContext, type SelectionMethod, where } from "../population.ts";
import { removedContract, sameContract } from "../state/contract.ts";
import { nodesWithModifiedMacros } from "../state/macros.ts";
import {
  sameBody,
  sameConfig,
  sameFqn,
  sameOther,
  sameOtherConfig,
  samePersistedDescriptions,
  sameReference,
  sameRelation,
  sameSource,
  sameSourceConfig,
  sameSourceRelation,
} from "../state/same.ts";
import { seedMessage } from "../state/seeds.ts";

type Check = (then: AnyNode | undefined, now: AnyNode) => boolean;

/** `state:modified` and its relatives: nodes against the manifest under `--state`. */
export const state: SelectionMethod = (context, { value }) => {
  const previous = context.previousState?.manifest;
  if (!previous) {
    throw engineError("runtime", {
      message: "Got a state selector method, but no comparison manifest",
      hint: "Give --state a folder that holds the manifest.json of an earlier invocation.",
    });
  }
  const checks = stateChecks(context, previous);
  const name = String(value);
  const check = checks[name];
  if (!check) {
    throw engineError("runtime", {
      message: `Got an invalid selector "${name}", expected one of "${Object.keys(checks).join('", "')}"`,
      hint: "Write state:new, state:old, state:modified, state:unmodified or one of the parts of modified.",
    });
  }
  const found = [...where(allNodes(context.population), (node) => check(graphNode(previous, node.unique_id), node))];
  if (name === "modified" || name === "unmodified" || name === "modified.contract") reportRemoved(context, previous);
  return found;
};

function stateChecks(context: MethodContext, previous: Manifest): Record<string, Check> {
  const macros = nodesWithModifiedMacros(context.manifest, previous);
  const unrendered = context.compareUnrendered;
  const modified: Check = (then, now) => {
    const different = !sameContents(then, now, context, unrendered);
    const contract =
      then?.resource_type === "model" && isSqlNode(now) && !sameContract(now, then as GraphNode, context.report);
    return different || macros(now) || contract;
  };
  /** A property that only some resources have; a node without an older self differs in it. */
  const part =
    (has: (now: AnyNode) => boolean, same: (now: never, then: never) => boolean): Check =>
    (then, now) =>
      has(now) && (then === undefined || !same(now as never, then as never));
  const sql = (same: (now: GraphNode, then: GraphNode) => boolean) => part(isSqlNode, same);
  const isSource = (now: AnyNode): now is SourceNode => now.resource_type === "source";
  const configured = (now: AnyNode) => now.resource_type !== "unit_test";
  return {
    new: (then) => then === undefined,
    old: (then) => then !== undefined,
    modified,
    unmodified: (then, now) => !modified(then, now),
    "modified.body": sql((now, then) => {
      reportSeed(now, then, context);
      return sameBody(now, then);
    }),
    "modified.configs": part(configured, (now: AnyNode, then: AnyNode) =>
      isSqlNode(now)
        ? sameConfig(now, then as GraphNode)
        : isSource(now)
          ? sameSourceConfig(now, then as SourceNode)
          : sameOtherConfig(now as OtherNode, then as OtherNode),
    ),
    "modified.persisted_descriptions": sql(samePersistedDescriptions),
    "modified.relation": part(
      (now) => isSqlNode(now) || isSource(now),
      (now: AnyNode, then: AnyNode) =>
        isSource(now)
          ? sameSourceRelation(now, then as SourceNode, unrendered)
          : sameRelation(now as GraphNode, then as GraphNode),
    ),
    "modified.macros": (_then, now) => macros(now),
    "modified.contract": sql((now, then) => now.resource_type !== "model" || sameContract(now, then, context.report)),
  };
}

function isSqlNode(node: AnyNode): node is GraphNode {
  return "raw_code" in node;
}

/** dbt's `same_contents` of each resource. Nodes that did not exist differ; of the others, only unit tests do. */
function sameContents(then: AnyNode | undefined, now: AnyNode, context: MethodContext, unrendered: boolean): boolean {
  if (!isSqlNode(now)) {
    if (then === undefined) return now.resource_type !== "unit_test";
    return now.resource_type === "source"
      ? sameSource(now as SourceNode, then as SourceNode, unrendered)
      : sameOther(now as OtherNode, then as OtherNode);
  }
  if (then === undefined) return false;
  const old = then as GraphNode;
  if (now.test_metadata !== undefined) return sameConfig(now, old) && sameFqn(now, old);
  const contract = now.resource_type !== "model" || sameContract(now, old, () => {});
  reportSeed(now, old, context);
  return (
    sameBody(now, old) &&
    sameConfig(now, old) &&
    samePersistedDescriptions(now, old) &&
    sameFqn(now, old) &&
    sameRelation(now, old) &&
    contract &&
    (now.resource_type !== "model" || sameReference(now, old))
  );
}

function reportSeed(now: GraphNode, then: GraphNode, context: MethodContext): void {
  const message = now.resource_type === "seed" ? seedMessage(now, then) : undefined;
  if (message) context.report(message);
}

/** A removed model cannot be selected, but its contract can be broken by it. */
function reportRemoved(context: MethodContext, previous: Manifest): void {
  for (const [id, then] of Object.entries(previous.nodes)) {
    const disabled = context.manifest.disabled[id]?.[0];
    const gone = disabled ?? (id in context.manifest.nodes ? undefined : then);
    if (gone?.resource_type === "model") removedContract(gone as GraphNode, context.report);
  }
}
