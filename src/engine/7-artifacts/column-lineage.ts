import { join } from "node:path";
import type { NodeLineage, ProjectLineage } from "../lineage/types.ts";
import type { ColumnInfo, Manifest, PlainRecord } from "../manifest/types.ts";
import { toJson } from "./json.ts";
import { type InvocationMetadata, isoTime } from "./metadata.ts";
import { writeAtomically } from "./write-file.ts";

/** Format of column_lineage.json; it grows when a reader of the old one would be wrong. */
export const columnLineageVersion = 1;

/** A column_lineage.json as plain data: every node with its columns, by unique id, parents before children. */
export function columnLineageArtifact(
  metadata: InvocationMetadata,
  lineage: ProjectLineage,
  now = new Date(),
): PlainRecord {
  return {
    metadata: {
      column_lineage_version: columnLineageVersion,
      dbt_version: metadata.dbt_version,
      generated_at: isoTime(now),
      invocation_id: metadata.invocation_id,
    },
    nodes: lineage.nodes,
  };
}

/** Writes target/column_lineage.json and returns its path. */
export function writeColumnLineage(
  targetFolder: string,
  metadata: InvocationMetadata,
  lineage: ProjectLineage,
): string {
  const file = join(targetFolder, "column_lineage.json");
  writeAtomically(file, toJson(columnLineageArtifact(metadata, lineage)));
  return file;
}

/**
 * Notes the lineage at the columns that a project describes: `columns.<name>.lineage` in the manifest. Columns take keys
 * that dbt does not know, nodes do not. What the project itself calls `lineage` stays.
 */
export function noteLineage(manifest: Manifest, lineage: ProjectLineage): void {
  for (const node of Object.values(lineage.nodes)) {
    if (node.status !== "resolved" && node.status !== "partial") continue;
    for (const column of Object.values(manifest.nodes[node.unique_id]?.columns ?? {})) noteColumn(column, node);
  }
}

function noteColumn(column: ColumnInfo, node: NodeLineage): void {
  const name = column.name.toLowerCase();
  const found = node.columns.find((other) => other.name.toLowerCase() === name);
  if (found && column.lineage === undefined) column.lineage = { upstream: found.upstream, complete: found.complete };
}
