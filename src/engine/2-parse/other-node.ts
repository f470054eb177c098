import type { OtherNode, PlainRecord } from "../manifest/types.ts";
import { asStrings } from "./columns.ts";
import { resolveConfig, unrenderedConfig, type ConfigKind } from "./config.ts";
import { fqnOf } from "./node.ts";
import type { Section } from "./section.ts";
import { disable, duplicateResource, now } from "./state.ts";

interface Base extends OtherNode {
  [extra: string]: unknown;
}

/** What exposures, metrics, semantic models and saved queries have in common. `config` is what their entry says under `config:`. */
export function otherNode(
  section: Section,
  kind: ConfigKind & OtherNode["resource_type"],
  name: string,
  config: PlainRecord,
): { node: Base; config: PlainRecord } {
  const { project, file, state } = section;
  const fqn = fqnOf(project, file.relativePath, name);
  const request = { kind, fqn, project, root: state.runtime.read.root, patch: config };
  const resolved = resolveConfig(request);
  const node: Base = {
    name,
    resource_type: kind,
    package_name: project.name,
    path: file.relativePath,
    original_file_path: file.path,
    unique_id: `${kind}.${project.name}.${name}`,
    fqn,
    config: resolved,
    unrendered_config: unrenderedConfig(request),
    depends_on: { macros: [], nodes: [] },
    refs: [],
    created_at: now(),
  };
  return { node, config: resolved };
}

/** Keeps a node in its section of the manifest, or among the disabled ones. */
export function addOtherNode(section: Section, into: Record<string, OtherNode>, node: OtherNode): void {
  if (!node.config.enabled) {
    disable(section.state, node);
    return;
  }
  const existing = into[node.unique_id];
  if (existing) throw duplicateResource(existing, node);
  into[node.unique_id] = node;
}

/** A filter as the semantic layer keeps it. */
export function filterOf(value: unknown): PlainRecord | null {
  if (value === null || value === undefined) return null;
  return { where_filters: asStrings(value).map((where_sql_template) => ({ where_sql_template })) };
}
