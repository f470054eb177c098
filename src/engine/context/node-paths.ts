import { basename, extname, join } from "node:path";
import type { GraphNode } from "../manifest/types.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Where a node's text goes below the target folder, relative to the project.
 * Source: dbt-core contracts/graph/nodes.py get_target_write_path.
 */
export function targetFilePath(runtime: Runtime, node: GraphNode, folder: "compiled" | "run", suffix?: string): string {
  let path =
    basename(node.path) === basename(node.original_file_path)
      ? node.original_file_path
      : join(node.original_file_path, node.path);
  // A file of snapshots may hold one that is named like the file.
  if (node.resource_type === "snapshot") path = join(node.original_file_path, `${node.name}.sql`);
  if (node.resource_type === "operation") path = `${node.original_file_path}/${node.path}`;
  if (suffix !== undefined) {
    const extension = extname(path);
    const stem = path.slice(0, path.length - extension.length);
    path = `${stem}/${basename(stem)}_${suffix}${extension}`;
  }
  return `${runtime.flags.targetPath ?? runtime.read.root.paths.target}/${folder}/${node.package_name}/${path}`;
}

export const isNodeEphemeral = (node: GraphNode): boolean =>
  node.resource_type === "model" && node.config.materialized === "ephemeral";
