import { hasJinja, parseTemplate, printedCalls, str } from "#jinja/index.ts";
import { baseMembers } from "../context/base-members.ts";
import { rawFunction } from "../context/functions.ts";
import { memberScope, type NodeScope } from "../context/scope.ts";
import { targetValue } from "../context/target-value.ts";
import { VarFunction, varsFor } from "../context/vars.ts";
import { engineError } from "../errors.ts";
import type { ColumnInfo } from "../manifest/types.ts";
import { collectErrors, type ParseState } from "../2-parse/state.ts";

interface Described {
  unique_id: string;
  name: string;
  resource_type: string;
  package_name: string;
  original_file_path: string;
  description: string;
  doc_blocks?: string[];
  columns?: Record<string, ColumnInfo>;
}

/** Renders every description: they may use doc(), var() and env_var(). Source: dbt-core parser/manifest.py process_docs, context/docs.py. */
export function renderDescriptions(state: ParseState): void {
  const { manifest } = state.runtime;
  const all: Described[] = [
    ...(Object.values(manifest.nodes) as Described[]),
    ...(Object.values(manifest.sources) as Described[]),
    ...(Object.values(manifest.macros).filter((m) => m.patch_path !== null) as Described[]),
    ...(Object.values(manifest.exposures) as unknown as Described[]),
    ...(Object.values(manifest.metrics) as unknown as Described[]),
    ...(Object.values(manifest.semantic_models) as unknown as Described[]),
    ...(Object.values(manifest.saved_queries) as unknown as Described[]),
  ];
  for (const node of all) {
    collectErrors(state, () => {
      node.description = render(state, node, node.description, node.doc_blocks);
      const source = node as Described & { source_description?: string };
      if (typeof source.source_description === "string")
        source.source_description = render(state, node, source.source_description);
      for (const column of Object.values(node.columns ?? {}))
        column.description = render(state, node, column.description, column.doc_blocks);
      for (const element of elementsOf(node)) element.description = render(state, node, element.description);
      for (const argument of (node as unknown as { arguments?: { description: string }[] }).arguments ?? [])
        argument.description = render(state, node, argument.description);
    });
  }
}

/** What semantic models are made of. */
function elementsOf(node: Described): { description: string }[] {
  if (node.resource_type !== "semantic_model") return [];
  const { dimensions, measures, entities } = node as unknown as Record<string, { description: string }[] | undefined>;
  return [...(dimensions ?? []), ...(measures ?? []), ...(entities ?? [])];
}

function render(state: ParseState, node: Described, text: string, blocks?: string[]): string {
  if (typeof text !== "string" || !hasJinja(text)) return text;
  const { runtime } = state;
  const scope: NodeScope = memberScope({
    ...baseMembers(runtime, { targetValue: () => targetValue(runtime.target), threadId: "MainThread" }),
    var: () =>
      new VarFunction({
        vars: () => varsFor(runtime, node.package_name),
        scope: () => scope,
        missing: "error",
        owner: node.name,
      }),
    doc: rawFunction("doc", (args) => findDoc(state, node, args.map(str)).block_contents),
  });
  const template = parseTemplate(text, { file: node.original_file_path });
  const result = template.render(scope);
  // Only blocks that are the text itself count, not those that an expression makes something of.
  for (const call of blocks ? printedCalls(template, ["doc"]) : [])
    if (call.args.length > 0) blocks?.push(findDoc(state, node, call.args.map(str)).unique_id);
  return typeof result === "string" ? result : text;
}

/** `doc('name')`: the node's package, then the root project, then any. Source: manifest.py resolve_doc. */
function findDoc(state: ParseState, node: Described, names: string[]) {
  const { runtime } = state;
  const { docs } = runtime.manifest;
  const name = names[names.length - 1] ?? "";
  const packages = names.length === 2 ? [names[0] ?? ""] : [runtime.read.root.name, node.package_name];
  for (const packageName of packages) {
    const found = docs[`doc.${packageName}.${name}`];
    if (found) return found;
  }
  const anywhere = names.length === 2 ? undefined : Object.values(docs).find((d) => d.name === name);
  if (anywhere) return anywhere;
  throw engineError("reference", {
    message: `Documentation for '${node.unique_id}' depends on doc '${name}'${names.length === 2 ? ` in package '${names[0]}'` : ""} which was not found`,
    place: { file: node.original_file_path },
    hint: `Write {% docs ${name} %} … {% enddocs %} in a Markdown file of the project.`,
  });
}
