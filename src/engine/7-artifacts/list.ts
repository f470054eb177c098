import { graphNode } from "../4-select/index.ts";
import type { Flags } from "../flags.ts";
import type { Manifest, PlainRecord } from "../manifest/types.ts";
import { nodeRecord } from "./fields.ts";
import { pythonJson } from "./json.ts";

export interface ListOptions {
  /** Default `selector`. */
  output?: Flags["output"];
  /** Keys of `--output json`; dots go into mappings: `config.materialized`. */
  outputKeys?: readonly string[];
}

const standardKeys = new Set([
  "alias",
  "name",
  "package_name",
  "depends_on",
  "direct_parents",
  "tags",
  "config",
  "resource_type",
  "source_name",
  "original_file_path",
  "unique_id",
]);

/** The lines of `ls` for the selected nodes, sorted by unique id. */
export function renderList(manifest: Manifest, selected: Iterable<string>, options: ListOptions = {}): string[] {
  const { output = "selector", outputKeys = [] } = options;
  return [...selected].sort().flatMap((id) => {
    const node = graphNode(manifest, id) as PlainRecord | undefined;
    if (!node) return [];
    switch (output) {
      case "name":
        return [searchName(node)];
      case "path":
        return [String(node.original_file_path)];
      case "json":
        return [pythonJson(jsonOf(node, outputKeys))];
      default:
        return [selectorOf(node)];
    }
  });
}

/** How `--select` finds exactly this node. */
function selectorOf(node: PlainRecord): string {
  const name = `${String(node.package_name)}.${String(node.name)}`;
  switch (node.resource_type) {
    case "source":
      return `source:${String(node.package_name)}.${String(node.source_name)}.${String(node.name)}`;
    case "exposure":
    case "metric":
    case "saved_query":
    case "semantic_model":
      return `${node.resource_type}:${name}`;
    case "unit_test":
      return `unit_test:${name}${hasVersion(node) ? `_v${String(node.version)}` : ""}`;
    default:
      return (node.fqn as string[]).join(".");
  }
}

function searchName(node: PlainRecord): string {
  if (node.resource_type === "source") return `${String(node.source_name)}.${String(node.name)}`;
  const versioned = node.resource_type === "model" && hasVersion(node);
  return versioned ? `${String(node.name)}.v${String(node.version)}` : String(node.name);
}

function hasVersion(node: PlainRecord): boolean {
  return node.version !== null && node.version !== undefined;
}

function jsonOf(node: PlainRecord, keys: readonly string[]): PlainRecord {
  const record = nodeRecord(node);
  if (node.resource_type === "model") {
    record.direct_parents = node.direct_parents ?? (node.depends_on as PlainRecord | undefined)?.nodes ?? [];
  }
  if (keys.length === 0) return Object.fromEntries(Object.entries(record).filter(([key]) => standardKeys.has(key)));
  const result: PlainRecord = {};
  for (const key of keys) {
    const value = key.includes(".") ? nested(record, key) : (record[key] ?? unlisted(node, record, key));
    if (value !== undefined && (value !== null || !key.includes("."))) result[key] = value;
  }
  return result;
}

/** Fields that `ls` shows on request although no artifact holds them. */
function unlisted(node: PlainRecord, record: PlainRecord, key: string): unknown {
  if (key in record) return record[key];
  return ["config_call_dict", "unrendered_config_call_dict", "defer_relation"].includes(key) ? node[key] : undefined;
}

function nested(record: PlainRecord, path: string): unknown {
  let value: unknown = record;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !(key in value)) return undefined;
    value = (value as PlainRecord)[key];
  }
  return value;
}
