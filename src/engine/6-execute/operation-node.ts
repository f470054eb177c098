import { blankNode } from "../manifest/blank.ts";
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
    ...blankNode(rawCode, "sql", Date.now() / 1000),
  };
}
