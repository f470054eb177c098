import type { Manifest } from "../manifest/types.ts";

export interface RelationMaps {
  parentMap: Record<string, string[]>;
  childMap: Record<string, string[]>;
  groupMap: Record<string, string[]>;
}

interface Member {
  unique_id: string;
  resource_type: string;
  depends_on?: { nodes?: string[] };
  group?: unknown;
}

/** `parent_map`, `child_map` and `group_map` of a manifest, from what its nodes depend on. Ids are sorted. */
export function relationMaps(manifest: Manifest): RelationMaps {
  const collections: Record<string, Member>[] = [
    manifest.nodes,
    manifest.sources as Record<string, never>,
    manifest.exposures,
    manifest.functions,
    manifest.metrics,
    manifest.semantic_models,
    manifest.saved_queries,
    manifest.unit_tests,
  ];
  const parentMap: Record<string, string[]> = {};
  const childMap: Record<string, string[]> = {};
  for (const all of collections) for (const id in all) childMap[id] = [];
  for (const all of collections) {
    for (const node of Object.values(all)) {
      const parents = node.resource_type === "seed" ? [] : [...(node.depends_on?.nodes ?? [])];
      parentMap[node.unique_id] = parents.sort();
      for (const parent of parents) childMap[parent]?.push(node.unique_id);
    }
  }
  for (const id in childMap) childMap[id]?.sort();

  const groupMap: Record<string, string[]> = {};
  for (const group of Object.values(manifest.groups)) groupMap[group.name] = [];
  const grouped: Record<string, Member>[] = [
    manifest.nodes,
    manifest.saved_queries,
    manifest.semantic_models,
    manifest.metrics,
  ];
  for (const all of grouped) {
    for (const node of Object.values(all)) {
      if (typeof node.group === "string") groupMap[node.group]?.push(node.unique_id);
    }
  }
  return { parentMap, childMap, groupMap };
}
