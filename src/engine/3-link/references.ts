import { warn } from "../context/runtime.ts";
import type { GraphNode, RefArgs } from "../manifest/types.ts";
import { collectErrors, type ParseState } from "../2-parse/state.ts";
import { addDependency, type Linkable } from "./linkable.ts";
import { linkMetrics } from "./metrics.ts";
import type { NodeLookup } from "./lookup.ts";
import { assertAccess, notFound, notFoundText, resolveFunction, resolveRef, resolveSource } from "./resolve.ts";

/** Fills `depends_on.nodes` of everything that refers to something. Tests may point nowhere: they only warn and are left out. */
export function linkReferences(state: ParseState, lookup: NodeLookup): void {
  const { manifest } = state.runtime;
  const linkable: Linkable[] = [
    ...Object.values(manifest.nodes),
    ...Object.values(manifest.functions),
    ...Object.values(manifest.exposures),
    ...Object.values(manifest.metrics),
    ...Object.values(manifest.semantic_models),
    ...Object.values(manifest.saved_queries),
  ] as Linkable[];
  for (const node of linkable) linkOne(state, lookup, node);
  linkMetrics(state, lookup);
}

/** Links one node's sources and refs. */
export function linkOne(state: ParseState, lookup: NodeLookup, node: Linkable): void {
  collectErrors(state, () => linkSources(state, lookup, node));
  collectErrors(state, () => linkRefs(state, lookup, node));
  collectErrors(state, () => linkFunctions(state, lookup, node));
}

function linkFunctions(state: ParseState, lookup: NodeLookup, node: Linkable): void {
  if (node.resource_type === "seed") return;
  for (const names of (node.functions as string[][] | undefined) ?? []) {
    const resolved = resolveFunction(lookup, state.runtime.read.root.name, node, names);
    if ("node" in resolved) addDependency(node, resolved.node.unique_id);
    else
      missing(state, lookup, node, "function", names.at(-1) ?? "", {
        package: names.length > 1 ? (names[0] ?? null) : null,
        disabled: resolved.disabled,
      });
  }
}

function linkSources(state: ParseState, lookup: NodeLookup, node: Linkable): void {
  if (node.resource_type === "seed") return;
  for (const source of (node.sources as string[][] | undefined) ?? []) {
    const resolved = resolveSource(lookup, state.runtime.read.root.name, node, source);
    if ("node" in resolved) addDependency(node, resolved.node.unique_id);
    else missing(state, lookup, node, "source", source.join("."), { disabled: resolved.disabled });
  }
}

function linkRefs(state: ParseState, lookup: NodeLookup, node: Linkable): void {
  if (node.resource_type === "seed") return;
  for (const ref of (node.refs as RefArgs[] | undefined) ?? []) {
    const resolved = resolveRef(lookup, state.runtime.read.root.name, node, ref);
    if (!("node" in resolved)) {
      missing(state, lookup, node, "node", ref.name, {
        package: ref.package,
        version: ref.version,
        disabled: resolved.disabled,
      });
      continue;
    }
    assertAccess(node, resolved.node, state.runtime.projects);
    warnRootDependency(state, node, resolved.node, ref);
    addDependency(node, resolved.node.unique_id);
  }
}

/** A package that finds its model in the root project by accident. Source: dbt-core parser/manifest.py warn_if_package_node_depends_on_root_project_node. */
function warnRootDependency({ runtime }: ParseState, node: Linkable, target: GraphNode, ref: RefArgs): void {
  const { name: root, flags } = runtime.read.root;
  if (flags.require_ref_searches_node_package_before_root === true) return;
  if (node.package_name === root || target.package_name !== root || ref.package === root) return;
  warn(
    runtime,
    `The node '${node.name}'in package '${node.package_name}' depends on the root project node '${target.unique_id}'.This may lead to unexpected cycles downstream. Please set the 'require_ref_searches_node_package_before_root' behavior change flag to True to avoid this issue.For more information, see the documentation at https://docs.getdbt.com/reference/global-configs/behavior-changes#package-ref-search-order`,
    {
      name: "PackageNodeDependsOnRootProjectNode",
      code: "I077",
      data: { node_name: node.name, package_name: node.package_name, root_project_unique_id: target.unique_id },
    },
  );
}

/** Source: dbt-core parser/manifest.py invalid_target_fail_unless_test. */
function missing(
  state: ParseState,
  lookup: NodeLookup,
  node: Linkable,
  kind: "node" | "source" | "function",
  name: string,
  options: { package?: string | null; version?: string | number | null; disabled: boolean },
): void {
  node.config.enabled = false;
  if (node.resource_type !== "test") throw notFound(lookup, node, kind, name, options);
  const owner = options.package ?? "";
  if (options.disabled) {
    const text = notFoundText(node, kind, name, { ...options, version: null });
    const event = { name: "InvalidDisabledTargetInTestNode", code: "I050" };
    // A disabled source is worth a warning to dbt, a disabled model only a line in its log.
    if (kind === "source") warn(state.runtime, text, event);
    else state.runtime.emit({ type: "message", level: "debug", text, ...event });
    return;
  }
  // dbt names the package even when none was asked for.
  const text = notFoundText(node, kind, name, { disabled: false }).replace(
    /which was not found$/,
    `in package '${owner}' $&`,
  );
  warn(state.runtime, text, { name: "NodeNotFoundOrDisabled", code: "I060" });
}
