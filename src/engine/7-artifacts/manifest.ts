import { join } from "node:path";
import type { MacroNode, Manifest, PlainRecord } from "../manifest/types.ts";
import { nodeRecord } from "./fields.ts";
import { toJson } from "./json.ts";
import { artifactMetadata } from "./metadata.ts";
import { relationMaps } from "./relation-maps.ts";
import { writeAtomically } from "./write-file.ts";

/** Built-in macros are the same objects in every manifest of a process, and never change: their text is kept. */
const macroTexts = new WeakMap<object, string>();

/** The text of a manifest.json v12. `now` is what `generated_at` says. */
export function manifestJson(manifest: Manifest, now = new Date()): string {
  const maps = relationMaps(manifest);
  const metadata = { ...artifactMetadata("manifest/v12", manifest.metadata, now) };
  const resources = (all: Record<string, unknown>) => mapJson(all, (node) => toJson(nodeRecord(node as PlainRecord)));
  const parts: [string, string][] = [
    ["metadata", toJson({ ...manifest.metadata, ...metadata })],
    ["nodes", resources(manifest.nodes)],
    ["sources", resources(manifest.sources)],
    ["macros", mapJson(manifest.macros, macroJson)],
    ["docs", resources(manifest.docs)],
    ["exposures", resources(manifest.exposures)],
    ["metrics", resources(manifest.metrics)],
    ["groups", resources(manifest.groups)],
    ["selectors", toJson(manifest.selectors)],
    [
      "disabled",
      mapJson(
        manifest.disabled,
        (nodes) => `[${nodes.map((node) => toJson(nodeRecord(node as PlainRecord))).join(",")}]`,
      ),
    ],
    ["parent_map", JSON.stringify(maps.parentMap)],
    ["child_map", JSON.stringify(maps.childMap)],
    ["group_map", JSON.stringify(maps.groupMap)],
    ["saved_queries", resources(manifest.saved_queries)],
    ["semantic_models", resources(manifest.semantic_models)],
    ["unit_tests", resources(manifest.unit_tests)],
    ["functions", resources(manifest.functions)],
  ];
  return `{${parts.map(([key, text]) => `"${key}":${text}`).join(",")}}`;
}

/** Writes target/manifest.json and returns its path. */
export function writeManifest(targetFolder: string, manifest: Manifest, now?: Date): string {
  const file = join(targetFolder, "manifest.json");
  writeAtomically(file, manifestJson(manifest, now));
  return file;
}

function mapJson<T>(all: Record<string, T>, text: (value: T) => string): string {
  const entries: string[] = [];
  for (const id in all) entries.push(`${JSON.stringify(id)}:${text(all[id] as T)}`);
  return `{${entries.join(",")}}`;
}

function macroJson(macro: MacroNode): string {
  if (!isBuiltin(macro)) return toJson(nodeRecord(macro as unknown as PlainRecord));
  let text = macroTexts.get(macro);
  if (text === undefined) {
    text = JSON.stringify(builtinRecord(macro));
    macroTexts.set(macro, text);
  }
  return text;
}

function isBuiltin({ package_name: name }: MacroNode): boolean {
  return name === "dbt" || name === "dbt_duckdb";
}

/** One literal for five hundred macros: with the general way they were most of the cost of a small manifest. */
function builtinRecord(macro: MacroNode): PlainRecord {
  return {
    name: macro.name,
    resource_type: macro.resource_type,
    package_name: macro.package_name,
    path: macro.path,
    original_file_path: macro.original_file_path,
    unique_id: macro.unique_id,
    macro_sql: macro.macro_sql,
    depends_on: macro.depends_on,
    description: macro.description,
    meta: macro.meta,
    docs: macro.docs,
    config: macro.config,
    patch_path: macro.patch_path,
    arguments: macro.arguments,
    created_at: macro.created_at,
    supported_languages: macro.supported_languages,
  };
}
