import { noResources } from "../manifest/blank.ts";
import type { PlainRecord } from "../manifest/types.ts";

/** A manifest of version 4 to 12 with the names and shapes of version 12; changes its argument. */
export function upgradeManifest(manifest: PlainRecord): PlainRecord {
  for (const [name, none] of Object.entries(noResources())) manifest[name] ??= none;
  const nodes = [
    ...Object.values(manifest.nodes as Record<string, PlainRecord>),
    ...Object.values(manifest.disabled as Record<string, PlainRecord[]>).flat(),
    ...Object.values(manifest.exposures as Record<string, PlainRecord>),
    ...Object.values(manifest.metrics as Record<string, PlainRecord>),
  ];
  for (const node of nodes) {
    rename(node, "raw_sql", "raw_code");
    rename(node, "compiled_sql", "compiled_code");
    if (Array.isArray(node.refs)) node.refs = node.refs.map(upgradeRef);
  }
  return manifest;
}

function rename(node: PlainRecord, from: string, to: string): void {
  if (!(from in node)) return;
  node[to] ??= node[from];
  delete node[from];
}

/** Until version 8 a reference was a list of one or two names. */
function upgradeRef(ref: unknown): unknown {
  if (!Array.isArray(ref)) return ref;
  const [first, second] = ref as string[];
  return second === undefined
    ? { name: first, package: null, version: null }
    : { name: second, package: first, version: null };
}
