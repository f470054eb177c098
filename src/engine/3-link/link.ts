import { linkUnitTests } from "../2-parse/unit-tests.ts";
import type { ParseState } from "../2-parse/state.ts";
import type { Manifest } from "../manifest/types.ts";
import { checkManifest } from "./checks.ts";
import { renderDescriptions } from "./descriptions.ts";
import { NodeLookup } from "./lookup.ts";
import { inferPrimaryKeys } from "./primary-keys.ts";
import { linkReferences } from "./references.ts";

/** Turns names into edges and checks the whole. Problems are collected in the state. */
export function linkManifest(state: ParseState): NodeLookup {
  const { manifest, read } = state.runtime;
  const packageFirst = read.root.flags.require_ref_searches_node_package_before_root === true;
  const lookup = new NodeLookup(manifest, { packageFirst });
  linkReferences(state, lookup);
  linkUnitTests(state, (name, packageName, version) => {
    const node = lookup.ref(name, packageName, version) ?? undefined;
    return node?.resource_type === "model"
      ? { node, disabled: false }
      : { disabled: lookup.disabled(name, packageName, version).length > 0 };
  });
  renderDescriptions(state);
  inferPrimaryKeys(manifest);
  checkManifest(state);
  fillMaps(manifest);
  return lookup;
}

/** parent_map, child_map and group_map of the manifest. Source: dbt-core contracts/graph/manifest.py build_parent_and_child_maps. */
export function fillMaps(manifest: Manifest): void {
  const parents: Record<string, string[]> = {};
  const children: Record<string, string[]> = {};
  const members = [
    manifest.nodes,
    manifest.sources,
    manifest.exposures,
    manifest.metrics,
    manifest.semantic_models,
    manifest.saved_queries,
    manifest.unit_tests,
  ];
  for (const group of members) for (const id of Object.keys(group)) children[id] = [];
  for (const group of members) {
    for (const [id, node] of Object.entries(group)) {
      const ids =
        "depends_on" in node
          ? (((node as { depends_on: { nodes?: string[] } }).depends_on.nodes ?? []) as string[])
          : [];
      parents[id] = [...ids];
      for (const parent of ids) children[parent]?.push(id);
    }
  }
  for (const list of Object.values(children)) list.sort();
  manifest.parent_map = parents;
  manifest.child_map = children;
  const groups: Record<string, string[]> = Object.fromEntries(Object.values(manifest.groups).map((g) => [g.name, []]));
  for (const node of Object.values(manifest.nodes)) if (node.group) groups[node.group]?.push(node.unique_id);
  manifest.group_map = groups;
}
