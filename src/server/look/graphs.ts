import type { Ledger } from "#ledger/index.ts";
import { publishedVersions } from "#publish/index.ts";
import type { Lab } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";
import type { Docs, Graph, NodeDetail } from "../types.ts";
import { compiledOf, type ManifestNode, manifestOf, relationOf } from "./manifests.ts";

const shown = /^(source|model|seed|snapshot|exposure)$/;
/** Runs to look through for a node's last outcome: a run of one model says nothing about the others. */
const runsBack = 5;

interface Outcome {
  status: string;
  seconds: number;
}

async function outcomes(ledger: Ledger, lab: string): Promise<Map<string, Outcome>> {
  const found = new Map<string, Outcome>();
  for (const { id } of await ledger.runs({ lab, limit: runsBack })) {
    for (const { uniqueId, status, seconds } of (await ledger.run(id)).models)
      if (!found.has(uniqueId)) found.set(uniqueId, { status, seconds });
  }
  return found;
}

/** Sources, models, seeds, snapshots and exposures of a lab with how they ended last; tests are counted at their nodes. */
export async function graphOf(ledger: Ledger, lab: Lab): Promise<Graph> {
  const manifest = manifestOf(lab);
  const last = await outcomes(ledger, lab.name);
  const published = new Set(
    (publishedVersions(lab.paths.database).find(({ current }) => current)?.tables ?? []).map(
      ({ schema, name }) => `${schema}.${name}`,
    ),
  );
  const nodes: Graph["nodes"] = [];
  for (const node of manifest.nodes.values()) {
    if (!shown.test(node.resource_type)) continue;
    const outcome = last.get(node.unique_id);
    const relation = relationOf(node);
    nodes.push({
      id: node.unique_id,
      name: node.resource_type === "source" ? `${node.source_name}.${node.name}` : node.name,
      type: node.resource_type,
      layer: node.schema ?? "",
      materialized: node.config?.materialized ?? null,
      tags: node.tags ?? [],
      status: outcome?.status ?? null,
      seconds: outcome?.seconds ?? null,
      tests: testsOf(manifest.children[node.unique_id] ?? [], manifest.nodes, node.unique_id, last),
      published: relation !== null && published.has(relation),
      description: node.description ?? "",
    });
  }
  const ids = new Set(nodes.map(({ id }) => id));
  const edges = nodes.flatMap(({ id }) =>
    (manifest.parents[id] ?? []).filter((parent) => ids.has(parent)).map((parent) => ({ from: parent, to: id })),
  );
  return { nodes, edges, generatedAt: manifest.generatedAt };
}

/** A test belongs to the node it is attached to; one without to everything it looks at. */
function testsOf(
  children: string[],
  nodes: Map<string, ManifestNode>,
  owner: string,
  last: Map<string, Outcome>,
): { passed: number; warned: number; failed: number } {
  const counts = { passed: 0, warned: 0, failed: 0 };
  for (const child of children) {
    const test = nodes.get(child);
    if (test?.resource_type !== "test" || (test.attached_node ?? owner) !== owner) continue;
    const status = last.get(child)?.status;
    if (status === "pass") counts.passed++;
    else if (status === "warn") counts.warned++;
    else if (status === "fail" || status === "error") counts.failed++;
  }
  return counts;
}

/** Everything about one node. Errors: SRV-006, SRV-014. */
export function nodeDetail(lab: Lab, id: string): NodeDetail {
  const manifest = manifestOf(lab);
  const node = manifest.nodes.get(id);
  if (!node)
    throw serverErrors.notFound({
      message: `${lab.name} has no node ${id}.`,
      hint: "The graph shows those that it has; a run reads a changed project.",
    });
  const children = manifest.children[id] ?? [];
  const tests = children
    .map((child) => manifest.nodes.get(child))
    .filter((child) => child?.resource_type === "test" && (child.attached_node ?? id) === id) as ManifestNode[];
  const isShown = (other: string) => shown.test(manifest.nodes.get(other)?.resource_type ?? "");
  return {
    id,
    name: node.name,
    type: node.resource_type,
    relation: relationOf(node),
    file: node.original_file_path,
    description: node.description ?? "",
    tags: node.tags ?? [],
    materialized: node.config?.materialized ?? null,
    columns: columnsOf(node),
    parents: (manifest.parents[id] ?? []).filter(isShown),
    children: children.filter(isShown),
    tests: tests.map((test) => ({
      id: test.unique_id,
      name: test.name,
      column: test.column_name ?? null,
      severity: (test.config?.severity ?? "error").toLowerCase(),
    })),
    source: node.raw_code ? node.raw_code : null,
    compiled: compiledOf(lab, node),
  };
}

export const columnsOf = (node: ManifestNode) =>
  Object.values(node.columns ?? {}).map(({ name, data_type, description }) => ({
    name,
    type: data_type ?? null,
    description: description ?? "",
  }));

/** What is written about the nodes of a lab. */
export function docsOf(lab: Lab): Docs["entries"] {
  const entries: Docs["entries"] = [];
  for (const node of manifestOf(lab).nodes.values()) {
    if (!shown.test(node.resource_type)) continue;
    entries.push({
      lab: lab.name,
      id: node.unique_id,
      name: node.resource_type === "source" ? `${node.source_name}.${node.name}` : node.name,
      type: node.resource_type,
      layer: node.schema ?? "",
      description: node.description ?? "",
      columns: columnsOf(node),
    });
  }
  return entries;
}
