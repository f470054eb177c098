import { warn } from "./runtime.ts";
import type { NodeExecution } from "./execution.ts";
import { readSeedTable, type AgateTable } from "../adapter/index.ts";
import { readSeedText } from "../1-read/index.ts";
import { engineError } from "../errors.ts";
import { isRecord } from "./data.ts";

/** `load_agate_table()` of a seed: its file with dbt's inferred types. Source: dbt-core context/providers.py load_agate_table. */
export function loadSeedTable(execution: NodeExecution): AgateTable {
  const { node, runtime } = execution;
  if (node.resource_type !== "seed") {
    throw engineError("compilation", {
      message: `can only load_agate_table for seeds (got a ${node.resource_type})`,
      place: { file: node.original_file_path },
    });
  }
  const table = readNodeSeed(execution);
  if (table.unknownTypes.length > 0) {
    warn(
      runtime,
      `Column types specified for non-existent columns in seed '${node.name}' (file: ${node.original_file_path}): ${[...table.unknownTypes].sort().join(", ")}. These column type overrides will be ignored.`,
      { name: "JinjaLogWarning", code: "I061" },
    );
  }
  return runtime.flags.empty ? table.fork([]) : table;
}

/** The rows of a seed's file with dbt's inferred types. */
export function readNodeSeed({ node, runtime }: Pick<NodeExecution, "node" | "runtime">) {
  const text = readSeedText(node.root_path ?? runtime.read.root.root, node.original_file_path);
  const columnTypes = isRecord(node.config.column_types) ? node.config.column_types : {};
  return readSeedTable(text, { delimiter: String(node.config.delimiter ?? ","), columnTypes });
}
