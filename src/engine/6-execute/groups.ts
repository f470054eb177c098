import { fromPlain, str } from "#jinja/index.ts";
import { isRecord } from "../context/data.ts";
import type { AnyNode } from "../events.ts";
import type { Manifest } from "../manifest/types.ts";

export interface LoggedGroup {
  name: string;
  package_name: string;
  owner: Record<string, string>;
}

/** The groups of nodes that have one, by unique id; owners as text. Source: dbt-core task/group_lookup.py. */
export function groupsOf(manifest: Manifest, nodes: readonly AnyNode[]): Record<string, LoggedGroup> {
  const byName = new Map(Object.values(manifest.groups).map((group) => [group.name, group]));
  const found: Record<string, LoggedGroup> = {};
  for (const node of nodes) {
    const group = byName.get(String((node as { group?: unknown }).group ?? ""));
    if (!group) continue;
    const owner = isRecord(group.owner) ? Object.entries(group.owner) : [];
    found[node.unique_id] = {
      name: group.name,
      package_name: group.package_name,
      owner: Object.fromEntries(
        owner.filter(([, value]) => value !== null).map(([key, value]) => [key, str(fromPlain(value))]),
      ),
    };
  }
  return found;
}
