import { basename, join } from "node:path";
import type { LineageGraph, ProjectLineage } from "#engine/index.ts";
import { openForReading } from "#ingest/index.ts";
import { fileStamp, type Lab, readIfThere } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";
import type { ColumnLineageJson } from "../types.ts";
import { withLab } from "./live.ts";
import { compiledOf, manifestOf } from "./manifests.ts";

/** By manifest file: read once a run. */
const kept = new Map<string, { stamp: string; lineage: Promise<ProjectLineage> }>();

/**
 * Where the columns of a node come from and what they become, as the lab's last run left it.
 * Errors: SRV-014 before the first run, REG-014 while the lab runs (unless it was asked before), SRV-006.
 */
export async function lineageOf(
  lab: Lab,
  node: string,
  column: string | undefined,
  depth: number,
): Promise<ColumnLineageJson> {
  const manifest = manifestOf(lab);
  if (!manifest.nodes.has(node))
    throw serverErrors.notFound({ message: `${lab.name} has no node ${node}.`, hint: "The graph shows what it has." });
  const lineage = await projectOf(lab);
  const { traceLineage } = await import("#engine/index.ts");
  const of = column === undefined ? node : `${node}.${column}`;
  return jsonOf(traceLineage(lineage, { of, depth }), lineage, lab);
}

function projectOf(lab: Lab): Promise<ProjectLineage> {
  const file = join(lab.paths.dbtProject, "target", "manifest.json");
  const stamp = fileStamp(file);
  const known = kept.get(file);
  if (known?.stamp === stamp) return known.lineage;
  const lineage = read(lab, file);
  kept.set(file, { stamp, lineage });
  // What failed is asked again.
  lineage.catch(() => kept.delete(file));
  return lineage;
}

async function read(lab: Lab, file: string): Promise<ProjectLineage> {
  const text = readIfThere(file) ?? "{}";
  const { manifestLineage } = await import("#engine/index.ts");
  return withLab<ProjectLineage>(
    lab,
    openForReading,
    async (database) =>
      manifestLineage(text, {
        connection: await database.connect(),
        database: basename(lab.paths.database).replace(/\.[^.]+$/, ""),
        root: lab.paths.dbtProject,
        compiled: (node) => compiledOf(lab, node),
      }),
    { nodes: {} },
  );
}

function jsonOf(graph: LineageGraph, whole: ProjectLineage, lab: Lab): ColumnLineageJson {
  const tables = manifestOf(lab).nodes;
  return {
    node: graph.focus.node ?? "",
    column: graph.focus.column,
    nodes: graph.nodes.map(({ unique_id, name, resource_type, status, problems }) => ({
      id: unique_id,
      name: tables.get(unique_id)?.source_name ? `${tables.get(unique_id)?.source_name}.${name}` : name,
      type: resource_type,
      complete: status === "resolved" || status === "origin",
      problems,
      columns: graph.columns[unique_id] ?? [],
    })),
    edges: graph.edges.map(({ from, to, kind }) => ({ from, to, kind })),
    rows: graph.rows.map(({ from, to, clauses }) => ({ from, to, clauses })),
    columns: (whole.nodes[graph.focus.node ?? ""]?.columns ?? []).map(({ name }) => name),
  };
}
