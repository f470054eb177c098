import { join } from "node:path";
import type { MacroNode, Manifest, PlainRecord } from "../manifest/types.ts";
import { nodeRecord } from "./fields.ts";
import { jsonReady, toJson } from "./json.ts";
import { artifactMetadata } from "./metadata.ts";
import { relationMaps } from "./relation-maps.ts";
import { writeAtomically } from "./write-file.ts";

/** Built-in macros are the same objects in every manifest of a process, and never change: their text is kept. */
const macroTexts = new WeakMap<object, string>();

/** Collections of nodes, each by unique id. */
export type Section = keyof Omit<Manifest, "metadata" | "selectors" | "parent_map" | "child_map" | "group_map">;

/** Told of every node as it is written, and whether its text says all of it. */
export type OnNode = (section: Section, id: string, node: PlainRecord, exact: boolean) => void;

/** The text of a manifest.json v12. `now` is what `generated_at` says. */
export function manifestJson(manifest: Manifest, now = new Date()): string {
  return manifestHead(manifest.metadata, now) + manifestTail(manifest);
}

/** Its beginning: what differs from one invocation of an unchanged project to the next. */
export function manifestHead(metadata: Manifest["metadata"], now = new Date()): string {
  return `{"metadata":${toJson({ ...metadata, ...artifactMetadata("manifest/v12", metadata, now) })},`;
}

/** Everything behind {@link manifestHead}. */
export function manifestTail(manifest: Manifest, onNode?: OnNode): string {
  const maps = relationMaps(manifest);
  const text = (section: Section, id: string, node: PlainRecord): string => {
    let exact = true;
    const ready = jsonReady(nodeRecord(node), onNode && (() => (exact = false)));
    onNode?.(section, id, node, exact);
    return JSON.stringify(ready);
  };
  const resources = (section: Section): string =>
    mapJson(manifest[section] as Record<string, unknown>, (node, id) => text(section, id, node as PlainRecord));
  const parts: [string, string][] = [
    ["nodes", resources("nodes")],
    ["sources", resources("sources")],
    [
      "macros",
      mapJson(manifest.macros, (macro, id) =>
        isBuiltin(macro) ? builtinJson(macro) : text("macros", id, macro as unknown as PlainRecord),
      ),
    ],
    ["docs", resources("docs")],
    ["exposures", resources("exposures")],
    ["metrics", resources("metrics")],
    ["groups", resources("groups")],
    ["selectors", toJson(manifest.selectors)],
    [
      "disabled",
      mapJson(
        manifest.disabled,
        (nodes, id) => `[${nodes.map((node) => text("disabled", id, node as PlainRecord)).join(",")}]`,
      ),
    ],
    ["parent_map", JSON.stringify(maps.parentMap)],
    ["child_map", JSON.stringify(maps.childMap)],
    ["group_map", JSON.stringify(maps.groupMap)],
    ["saved_queries", resources("saved_queries")],
    ["semantic_models", resources("semantic_models")],
    ["unit_tests", resources("unit_tests")],
    ["functions", resources("functions")],
  ];
  return `${parts.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
}

/** Writes target/manifest.json and returns its path. */
export function writeManifest(targetFolder: string, manifest: Manifest, now?: Date): string {
  const file = join(targetFolder, "manifest.json");
  writeAtomically(file, manifestJson(manifest, now));
  return file;
}

function mapJson<T>(all: Record<string, T>, text: (value: T, id: string) => string): string {
  const entries: string[] = [];
  for (const id in all) entries.push(`${JSON.stringify(id)}:${text(all[id] as T, id)}`);
  return `{${entries.join(",")}}`;
}

function builtinJson(macro: MacroNode): string {
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
