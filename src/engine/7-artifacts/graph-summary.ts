import { join } from "node:path";
import { type Graph, graphNode } from "../4-select/index.ts";
import type { Manifest, PlainRecord } from "../manifest/types.ts";
import { writeAtomically } from "./write-file.ts";

/** The graph as node names, types and successor numbers; with the test edges of `build` where there are any. */
export function graphSummary(manifest: Manifest, graph: Graph): PlainRecord {
  return {
    _invocation_id: manifest.metadata.invocation_id,
    linked: summary(manifest, graph, false),
    ...(graph.hasTestEdges ? { with_test_edges: summary(manifest, graph, true) } : {}),
  };
}

function summary(manifest: Manifest, graph: Graph, tests: boolean): PlainRecord {
  const result: PlainRecord = {};
  graph.ids.forEach((id, at) => {
    const successors = graph.childrenAt(at, tests);
    result[at] = {
      name: id,
      type: graphNode(manifest, id)?.resource_type,
      ...(successors.length > 0 ? { succ: successors } : {}),
    };
  });
  return result;
}

/** Writes target/graph_summary.json and returns its path. */
export function writeGraphSummary(targetFolder: string, manifest: Manifest, graph: Graph): string {
  const file = join(targetFolder, "graph_summary.json");
  writeAtomically(file, JSON.stringify(graphSummary(manifest, graph)));
  return file;
}
