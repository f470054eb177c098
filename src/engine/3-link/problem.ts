import { engineError } from "../errors.ts";

/** A parsing error about one node, with dbt's headline for it. */
export function problem(
  node: { unique_id: string; name: string; resource_type: string; original_file_path: string },
  message: string,
  hint: string,
) {
  return engineError("parsing", {
    message,
    place: { file: node.original_file_path },
    hint,
    data: { uniqueId: node.unique_id, node: `${node.resource_type} ${node.name} (${node.original_file_path})` },
  });
}
