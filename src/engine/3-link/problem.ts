import { engineError } from "../errors.ts";

/** A parsing error about one node; dbt's headline names it only where `named` says so. */
export function problem(
  node: { unique_id: string; name: string; resource_type: string; original_file_path: string },
  message: string,
  hint: string,
  { named = false }: { named?: boolean } = {},
) {
  return engineError("parsing", {
    message,
    place: { file: node.original_file_path },
    hint,
    data: {
      uniqueId: node.unique_id,
      ...(named ? { node: `${node.resource_type} ${node.name} (${node.original_file_path})` } : {}),
    },
  });
}
