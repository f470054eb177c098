import type { GraphNode, Manifest, PlainRecord } from "../manifest/types.ts";

/**
 * The columns that identify a row, as far as constraints and tests tell. Source: dbt-core contracts/graph/nodes.py infer_primary_key.
 */
export function inferPrimaryKeys(manifest: Manifest): void {
  const tests = new Map<string, GraphNode[]>();
  const disabled = Object.values(manifest.disabled).flat() as GraphNode[];
  for (const node of [...Object.values(manifest.nodes), ...disabled]) {
    if (node.resource_type !== "test" || !node.attached_node) continue;
    const list = tests.get(node.attached_node);
    if (list) list.push(node);
    else tests.set(node.attached_node, [node]);
  }
  for (const node of Object.values(manifest.nodes)) {
    if (node.resource_type === "model") node.primary_key = primaryKey(node, tests.get(node.unique_id) ?? []);
  }
}

function primaryKey(node: GraphNode, tests: GraphNode[]): string[] {
  for (const constraint of node.constraints ?? [])
    if (constraint.type === "primary_key") return (constraint.columns as string[]) ?? [];
  for (const column of Object.values(node.columns))
    if (column.constraints.some((c) => c.type === "primary_key")) return [column.name];
  const unique = { enabled: new Set<string>(), disabled: new Set<string>() };
  const notNull = new Set<string>();
  for (const test of tests) {
    const name = test.test_metadata?.name;
    const kwargs: PlainRecord = test.test_metadata?.kwargs ?? {};
    const columns =
      typeof kwargs.column_name === "string"
        ? [kwargs.column_name]
        : Array.isArray(kwargs.combination_of_columns)
          ? kwargs.combination_of_columns.filter((c): c is string => typeof c === "string")
          : [];
    for (const column of columns) {
      if (name === "unique" || name === "unique_combination_of_columns")
        (test.config.enabled ? unique.enabled : unique.disabled).add(column);
      else if (name === "not_null") notNull.add(column);
    }
  }
  const both = [...notNull].filter((c) => unique.enabled.has(c) || unique.disabled.has(c));
  // Sets in dbt, whose order is chance.
  if (both.length > 0) return both.sort();
  return [...(unique.enabled.size > 0 ? unique.enabled : unique.disabled)].sort();
}
