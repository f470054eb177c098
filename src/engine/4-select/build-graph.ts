import type { Place } from "#errors/index.ts";
import { placeOfReference } from "../3-link/index.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, Manifest, OtherNode } from "../manifest/types.ts";
import { findCycle } from "./cycle.ts";
import { Graph } from "./graph.ts";

/** Any node of the graph under its unique id, or undefined. */
export function graphNode(
  manifest: Manifest,
  id: string,
): GraphNode | OtherNode | Manifest["sources"][string] | undefined {
  return (
    manifest.nodes[id] ??
    manifest.sources[id] ??
    manifest.exposures[id] ??
    manifest.functions[id] ??
    manifest.metrics[id] ??
    manifest.semantic_models[id] ??
    manifest.unit_tests[id] ??
    manifest.saved_queries[id]
  );
}

/**
 * The graph of a linked manifest, nodes and edges in the order of dbt's linker.
 * Throws ENG-004 with the whole circle and its files when nodes depend on each other, ENG-003 when a node depends
 * on something that the manifest does not hold.
 */
export function buildGraph(manifest: Manifest): Graph {
  const order: string[] = Object.keys(manifest.sources);
  const edges: [string, string][] = [];
  const groups = [
    manifest.nodes,
    manifest.semantic_models,
    manifest.exposures,
    manifest.functions,
    manifest.metrics,
    manifest.unit_tests,
    manifest.saved_queries,
  ];
  for (const group of groups) {
    for (const node of Object.values(group)) {
      const id = node.unique_id;
      order.push(id);
      for (const parent of dependencies(node)) {
        if (!canBeParent(manifest, parent)) throw missing(node, parent);
        order.push(parent);
        edges.push([parent, id]);
      }
    }
  }
  const graph = Graph.from(order, edges);
  const cycle = findCycle(graph);
  if (cycle) throw cycleError(manifest, cycle);
  return graph;
}

/** What a node waits for; seeds never depend on anything. */
export function dependencies(node: GraphNode | OtherNode): readonly string[] {
  return node.resource_type === "seed" ? [] : (node.depends_on?.nodes ?? []);
}

function canBeParent(manifest: Manifest, id: string): boolean {
  return (
    id in manifest.nodes ||
    id in manifest.sources ||
    id in manifest.metrics ||
    id in manifest.semantic_models ||
    id in manifest.functions
  );
}

function missing(node: GraphNode | OtherNode, parent: string) {
  return engineError("reference", {
    dbtType: "Internal Error",
    message: `'${node.unique_id}' depends on '${parent}' which is not in the graph!`,
    place: { file: node.original_file_path },
    hint: "Check that the node it refers to exists and is enabled.",
  });
}

function cycleError(manifest: Manifest, cycle: string[]) {
  const references = cycle.map((id, i) => referenceBetween(manifest, id, cycle[(i + 1) % cycle.length] ?? id));
  const shown = references.map(({ file, line, column }) =>
    [file, line, column].filter((x) => x !== undefined).join(":"),
  );
  const [place] = references;
  return engineError("cycle", {
    message: `Found a cycle: ${cycle.join(" --> ")}`,
    ...(place ? { place } : {}),
    hint: `Remove one of these references: ${shown.join(", ")}.`,
    data: { cycle: cycle.map((id, i) => ({ unique_id: id, file: references[i]?.file ?? id })) },
  });
}

/** Where one of two neighbours in the graph refers to the other. */
function referenceBetween(manifest: Manifest, a: string, b: string): Place {
  const refers = graphNode(manifest, a);
  const forward = refers !== undefined && "depends_on" in refers && refers.depends_on.nodes.includes(b);
  const [from, to] = forward ? [a, b] : [b, a];
  const [node, target] = [graphNode(manifest, from), graphNode(manifest, to)];
  return node ? placeOfReference(node, target?.name ?? to) : { file: from };
}
