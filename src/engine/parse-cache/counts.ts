import type { Manifest } from "../manifest/types.ts";

export type Counts = { name: string; count: number }[];

/** How many there are of each resource, as dbt's "Found …" line has them. */
export function countsOf(manifest: Manifest): Counts {
  const found = new Map<string, number>();
  for (const node of Object.values(manifest.nodes))
    if (node.config.enabled) found.set(node.resource_type, (found.get(node.resource_type) ?? 0) + 1);
  for (const [name, section] of [
    ["source", manifest.sources],
    ["exposure", manifest.exposures],
    ["metric", manifest.metrics],
    ["macro", manifest.macros],
    ["group", manifest.groups],
    ["semantic_model", manifest.semantic_models],
    ["saved_query", manifest.saved_queries],
    ["unit_test", manifest.unit_tests],
  ] as const) {
    const count = Object.keys(section).length;
    if (count > 0) found.set(name, count);
  }
  return [...found].map(([name, count]) => ({ name, count }));
}
