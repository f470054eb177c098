import { join } from "node:path";
import { modifiedAt, readIfThere, type Lab } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";

/** What the pages use of a node of dbt's manifest. */
export interface ManifestNode {
  unique_id: string;
  name: string;
  resource_type: string;
  package_name: string;
  schema?: string;
  alias?: string;
  identifier?: string;
  source_name?: string;
  path: string;
  original_file_path: string;
  description?: string;
  tags?: string[];
  raw_code?: string;
  columns?: Record<string, { name: string; description?: string; data_type?: string | null }>;
  config?: { materialized?: string; severity?: string };
  depends_on?: { nodes?: string[] };
  attached_node?: string | null;
  column_name?: string | null;
}

export interface LabManifest {
  nodes: Map<string, ManifestNode>;
  parents: Record<string, string[]>;
  children: Record<string, string[]>;
  generatedAt: string | null;
}

/** The manifest that a lab's last run or compilation wrote, kept while its file stays as it is. */
const read = new Map<string, { stamp: number; manifest: LabManifest }>();

/** Errors: SRV-014 before the first run, REG-012. */
export function manifestOf(lab: Lab): LabManifest {
  const file = join(lab.paths.dbtProject, "target", "manifest.json");
  const stamp = modifiedAt(file)?.getTime() ?? 0;
  const known = read.get(file);
  if (known?.stamp === stamp) return known.manifest;
  const text = readIfThere(file);
  const raw = text === undefined ? undefined : parsed(text);
  if (!raw)
    throw serverErrors.noGraph({
      message: `The lab ${lab.name} has not been built yet, so its models are not known.`,
      hint: `Run it: labs run ${lab.name}`,
    });
  const all = { ...raw.nodes, ...raw.sources, ...raw.exposures };
  const manifest: LabManifest = {
    nodes: new Map(Object.entries(all)),
    parents: raw.parent_map ?? {},
    children: raw.child_map ?? {},
    generatedAt: raw.metadata?.generated_at ?? null,
  };
  read.set(file, { stamp, manifest });
  return manifest;
}

interface RawManifest {
  metadata?: { generated_at?: string };
  nodes?: Record<string, ManifestNode>;
  sources?: Record<string, ManifestNode>;
  exposures?: Record<string, ManifestNode>;
  parent_map?: Record<string, string[]>;
  child_map?: Record<string, string[]>;
}

/** A manifest that is being written this moment is as good as none. */
function parsed(text: string): RawManifest | undefined {
  try {
    return JSON.parse(text) as RawManifest;
  } catch {
    return undefined;
  }
}

/** `schema.table` of a node that has one. */
export const relationOf = (node: ManifestNode): string | null =>
  node.schema === undefined || node.resource_type === "exposure" || node.resource_type === "test"
    ? null
    : `${node.schema}.${node.identifier ?? node.alias ?? node.name}`;

/** The SQL that a node's last run sent; null when it has none. */
export function compiledOf(lab: Lab, node: ManifestNode): string | null {
  if (!/^(model|test|snapshot)$/.test(node.resource_type)) return null;
  const folder = join(lab.paths.dbtProject, "target", "compiled", node.package_name);
  const file =
    node.resource_type === "test" && node.original_file_path.endsWith(".yml")
      ? join(folder, node.original_file_path, node.path)
      : join(folder, node.original_file_path);
  return readIfThere(file) ?? null;
}
