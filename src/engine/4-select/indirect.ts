import type { GraphNode, Manifest, OtherNode } from "../manifest/types.ts";
import { dependencies } from "./build-graph.ts";
import type { Graph } from "./graph.ts";
import type { IndirectSelection } from "./spec.ts";

/**
 * Adds the tests of the selected nodes. `direct` holds what is selected for sure, `indirect` the tests that wait for
 * the rest of the expression to select their other parents.
 * eager: any parent suffices. cautious: all parents. buildable: all parents, or ancestors of what is selected.
 */
export function expandToTests(
  manifest: Manifest,
  graph: Graph,
  selected: Set<string>,
  mode: IndirectSelection,
): { direct: Set<string>; indirect: Set<string> } {
  const direct = new Set(selected);
  const indirect = new Set<string>();
  const reachable = mode === "buildable" ? withAncestors(manifest, graph, selected, true) : undefined;
  for (const id of graph.successors(selected)) {
    const node = testOf(manifest, id);
    if (!node) continue;
    if (mode === "eager" || every(node, selected) || (reachable && every(node, reachable))) direct.add(id);
    else if (mode !== "empty") indirect.add(id);
  }
  return { direct, indirect };
}

/** After a set operation: tests whose parents are all there now. Unit tests have one parent and never wait. */
export function includeCompleteTests(
  manifest: Manifest,
  graph: Graph,
  direct: Set<string>,
  either: Set<string>,
  mode: IndirectSelection,
): Set<string> {
  if (mode !== "cautious" && mode !== "buildable") return direct;
  if (either.size === direct.size && [...direct].every((id) => either.has(id))) return direct;
  const selected = new Set(direct);
  const parents = mode === "cautious" ? selected : withAncestors(manifest, graph, selected, false);
  for (const id of either) {
    const node = manifest.nodes[id];
    if (node && every(node, parents)) selected.add(id);
  }
  return selected;
}

function withAncestors(manifest: Manifest, graph: Graph, selected: Set<string>, sources: boolean): Set<string> {
  const all = graph.selectParents(selected);
  for (const id of selected) all.add(id);
  if (sources) for (const id of Object.keys(manifest.sources)) all.add(id);
  return all;
}

function testOf(manifest: Manifest, id: string): GraphNode | OtherNode | undefined {
  const node = manifest.nodes[id];
  if (node) return node.resource_type === "test" ? node : undefined;
  return manifest.unit_tests[id];
}

function every(node: GraphNode | OtherNode, present: ReadonlySet<string>): boolean {
  return dependencies(node).every((parent) => present.has(parent));
}
