import type { Runtime } from "../context/runtime.ts";
import type { GraphNode } from "../manifest/types.ts";

/** A node for code that runs outside of any file: run-operation, inline SQL, preparing schemas. It belongs to the root project. */
export function operationNode(
  runtime: Runtime,
  name: string,
  rawCode = "",
  resourceType: "operation" | "sql_operation" | "macro" = "macro",
): GraphNode {
  const packageName = runtime.read.root.name;
  return {
    database: runtime.target.database,
    schema: runtime.target.schema,
    name,
    resource_type: resourceType,
    package_name: packageName,
    path: `${name}.sql`,
    original_file_path: name,
    unique_id: `${resourceType === "sql_operation" ? "sql_operation" : "operation"}.${packageName}.${name}`,
    fqn: [packageName, name],
    alias: name,
    checksum: { name: "none", checksum: "" },
    config: { enabled: true, materialized: "view" },
    tags: [],
    description: "",
    columns: {},
    meta: {},
    group: null,
    docs: { show: true, node_color: null },
    patch_path: null,
    build_path: null,
    unrendered_config: {},
    created_at: Date.now() / 1000,
    config_call_dict: {},
    relation_name: null,
    raw_code: rawCode,
    doc_blocks: [],
    language: "sql",
    refs: [],
    sources: [],
    metrics: [],
    functions: [],
    depends_on: { macros: [], nodes: [] },
    compiled_path: null,
    compiled: false,
    compiled_code: null,
    extra_ctes_injected: false,
    extra_ctes: [],
    contract: { enforced: false, alias_types: true, checksum: null },
  };
}
