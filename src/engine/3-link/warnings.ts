import { treeLevels, treeOf, type ConfigKind } from "../2-parse/config.ts";
import { isRecord } from "../context/data.ts";
import { warn, type Runtime } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";

/** Models past their deprecation date, and whoever refers to a model that has one. Source: dbt-core parser/manifest.py check_for_model_deprecations. */
export function warnDeprecatedModels(runtime: Runtime): void {
  const nodes = Object.values(runtime.manifest.nodes);
  for (const node of nodes) {
    const date = node.deprecation_date;
    if (!date) continue;
    const past = Date.parse(date) < runtime.startedAt.getTime();
    if (past) {
      warn(
        runtime,
        `Model ${versionedName(node)} has passed its deprecation date of ${date}. This model should be disabled or removed.`,
        { name: "DeprecatedModel", code: "I065" },
      );
    }
    for (const child of nodes) {
      if (child.resource_type !== "model" || !child.depends_on.nodes.includes(node.unique_id)) continue;
      warn(runtime, referenceText(child, node, date, past), {
        name: past ? "DeprecatedReference" : "UpcomingReferenceDeprecation",
        code: past ? "I067" : "I066",
      });
    }
  }
}

const hasVersion = (node: GraphNode): boolean => node.version !== null && node.version !== undefined;
const versionedName = (node: GraphNode): string => (hasVersion(node) ? `${node.name}.v${node.version}` : node.name);

function referenceText(child: GraphNode, node: GraphNode, date: string, past: boolean): string {
  const fate = past ? `was deprecated on '${date}'` : `is slated for deprecation on '${date}'`;
  const text = `While compiling '${child.name}': Found a reference to ${versionedName(node)}, which ${fate}. `;
  if (!hasVersion(node) || String(node.version) === String(node.latest_version)) return text;
  const call = `{{ ref('${node.package_name}', '${node.name}', v='${node.latest_version}') }}`;
  return `${text}A new version of '${node.name}' is available. ${past ? "Migrate now" : "Try it out"}: ${call}.`;
}

/** Names with spaces: an error for nodes, a deprecation for sources and semantic models, each as the project's flags say. Source: check_for_spaces_in_resource_names. */
export function checkSpaces(runtime: Runtime): void {
  const { manifest, read } = runtime;
  const { flags } = read.root;
  const nodes = Object.values(manifest.nodes).filter((n) => n.name.includes(" "));
  report(runtime, nodes, flags.require_resource_names_without_spaces !== false, "model(s) so that their name(s) do");
  const sources = new Map<string, { unique_id: string; original_file_path: string }>();
  for (const { source_name: name, package_name: owner, original_file_path } of Object.values(manifest.sources)) {
    if (name.includes(" ") && !sources.has(name)) {
      sources.set(name, { unique_id: `source.${owner}.${name}`, original_file_path });
    }
  }
  const models = Object.values(manifest.semantic_models).filter((m) => m.name.includes(" "));
  const strict = flags.require_source_and_semantic_model_names_without_spaces === true;
  report(runtime, [...sources.values(), ...models], strict, "resource(s) so that their name(s) do");
}

function report(
  runtime: Runtime,
  found: { unique_id: string; original_file_path: string }[],
  strict: boolean,
  what: string,
): void {
  const [first] = found;
  if (!first) return;
  if (strict) {
    const list = found.map((n) => `  * '${n.unique_id}' (${n.original_file_path})`);
    throw engineError("parsing", {
      message: `Resource names cannot contain spaces:\n${list.join("\n")}\nPlease rename the invalid ${what} not contain any spaces.`,
      place: { file: first.original_file_path },
      hint: "Use underscores.",
      dbtType: "Validation Error",
    });
  }
  const { debug } = runtime.flags;
  for (const { unique_id: id } of debug ? found : [first]) {
    warn(runtime, `Found spaces in the name of \`${id}\``, { name: "SpacesInResourceNameDeprecation", code: "D014" });
  }
  warn(
    runtime,
    `Spaces found in ${found.length} resource name(s). This is deprecated, and may lead to errors when using dbt.${debug ? "" : " Run again with `--debug` to see them all."} For more information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors`,
    { name: "ResourceNamesWithSpacesDeprecation", code: "D015" },
  );
}

/** Trees that are looked at, under the names that dbt prints. */
const trees: [ConfigKind, string][] = [
  ["model", "models"],
  ["seed", "seeds"],
  ["snapshot", "snapshots"],
  ["source", "sources"],
  ["test", "data_tests"],
  ["unit_test", "unit_tests"],
  ["metric", "metrics"],
  ["semantic_model", "semantic_models"],
  ["saved_query", "saved_queries"],
  ["exposure", "exposures"],
  ["function", "functions"],
];

/** Folders in dbt_project.yml that configure nothing are usually typos. Source: parser/manifest.py _warn_for_unused_resource_config_paths. */
export function warnUnusedPaths({ manifest, read, ...rest }: Runtime): void {
  const active = [
    manifest.exposures,
    manifest.functions,
    manifest.nodes,
    manifest.sources,
    manifest.metrics,
    manifest.semantic_models,
    manifest.saved_queries,
    manifest.unit_tests,
  ].flatMap((section): { resource_type: string; fqn: string[] }[] => Object.values(section));
  const disabled = Object.values(manifest.disabled)
    .flat()
    .map((n) => n.fqn);
  const unused: string[] = [];
  for (const [kind, name] of trees) {
    const paths = configPaths(read.root.trees[treeOf[kind]]);
    if (paths.length === 0) continue;
    const fqns = [...active.filter((n) => n.resource_type === kind).map((n) => n.fqn), ...disabled];
    for (const path of paths) {
      if (!fqns.some((fqn) => path.every((part, i) => fqn[i] === part))) unused.push([name, ...path].join("."));
    }
  }
  if (unused.length === 0) return;
  warn(
    { manifest, read, ...rest },
    `Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are ${unused.length} unused configuration paths:\n${unused.map((p) => `- ${p}`).join("\n")}`,
    { name: "UnusedResourceConfigPath", code: "I051" },
  );
}

/** Paths of a config tree that carry configuration. */
function configPaths(tree: PlainRecord, path: string[] = []): string[][] {
  const found: string[][] = [];
  if ([...treeLevels(tree, [])].length > 0) found.push(path);
  for (const [key, value] of Object.entries(tree)) {
    if (!key.startsWith("+") && isRecord(value)) found.push(...configPaths(value, [...path, key]));
  }
  return found;
}
