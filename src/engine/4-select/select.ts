import type { GraphNode, Manifest, ResourceType, SourceNode } from "../manifest/types.ts";
import { engineError } from "../errors.ts";
import type { Command } from "../flags.ts";
import { graphNode } from "./build-graph.ts";
import { type CommandScope, commandScope, resourceTypesFrom } from "./commands.ts";
import type { Graph } from "./graph.ts";
import { expandToTests, includeCompleteTests } from "./indirect.ts";
import { methods } from "./methods/index.ts";
import { folders } from "./methods/path.ts";
import { type MethodContext, type Population, population, type SelectionMessage } from "./population.ts";
import type { PreviousState } from "./previous-state.ts";
import { describe, type IndirectSelection, parseSelection, type Spec } from "./spec.ts";
import { chooseSpec, type NamedSelectors } from "./yaml-selectors.ts";

export interface SelectOptions {
  select?: readonly string[];
  exclude?: readonly string[];
  /** Name of a selector of selectors.yml. */
  selector?: string;
  /** Default eager. */
  indirectSelection?: IndirectSelection;
  /** `--resource-type`: names of resource types, `all`, `default`. Empty: what the command takes. */
  resourceTypes?: readonly string[];
  excludeResourceTypes?: readonly string[];
  /** Decides what is selectable. Without it: every resource type, empty models too. */
  command?: Command;
  previousState?: PreviousState;
  selectors?: NamedSelectors;
  /**
   * The project flag state_modified_compare_more_unrendered_values: sources are compared by the database and schema
   * that the project wrote, not by what they were rendered to. Default true.
   */
  compareUnrendered?: boolean;
  /** Whether a path relative to the root project exists; by default the files of its nodes are all there is. */
  pathExists?: (path: string) => boolean;
  /** `compile --inline`, `show --inline`: selection is ignored, the inline node is the only one. */
  inline?: boolean;
}

export interface Selection {
  selected: Set<string>;
  /** Warnings and notes, in dbt's words and in the order in which they arose. */
  warnings: SelectionMessage[];
}

/**
 * The nodes that a command works on, by dbt's selection grammar.
 * Throws ENG-005 for an expression that is none, for an unknown method or selector, and for `state:`, `result:` and
 * `source_status:` without their files.
 */
export function selectNodes(manifest: Manifest, graph: Graph, options: SelectOptions = {}): Selection {
  const indirect = options.indirectSelection ?? "eager";
  const warnings: SelectionMessage[] = [];
  const spec = options.inline
    ? parseSelection([], [], indirect)
    : chooseSpec(options, indirect, (message) => warnings.push(message));
  const selector = new NodeSelector(manifest, graph, options, warnings);
  return { selected: selector.select(spec), warnings };
}

class NodeSelector {
  private readonly manifest: Manifest;
  private readonly graph: Graph;
  private readonly scope: CommandScope;
  private readonly types: ReadonlySet<ResourceType>;
  private readonly context: MethodContext;
  private readonly resolving: Spec[] = [];

  constructor(manifest: Manifest, graph: Graph, options: SelectOptions, warnings: SelectionMessage[]) {
    this.manifest = manifest;
    this.graph = graph;
    this.scope = commandScope(options.command, options.inline);
    this.types = resourceTypesFrom(this.scope, options.resourceTypes ?? [], options.excludeResourceTypes ?? []);
    let members: Population | undefined;
    let rootPaths: Set<string> | undefined;
    const { selectors } = options;
    this.context = {
      manifest,
      get population() {
        members ??= population(manifest, graph);
        return members;
      },
      previousState: options.previousState,
      compareUnrendered: options.compareUnrendered ?? true,
      selectors: selectors && new Map([...selectors].map(([name, { definition }]) => [name, definition])),
      resolve: (inner) => this.resolve(inner),
      pathExists:
        options.pathExists ??
        ((path) => {
          rootPaths ??= pathsOfRoot(manifest);
          return rootPaths.has(path);
        }),
      report: (message) => {
        if (!warnings.some((known) => known.text === message.text)) warnings.push(message);
      },
    };
  }

  /** Everything that a spec selects and the command takes. */
  select(spec: Spec): Set<string> {
    const { direct } = this.walk(spec);
    const selected = new Set<string>();
    for (const id of direct) if (this.takes(id)) selected.add(id);
    return selected;
  }

  private resolve(spec: Spec): Set<string> {
    if (this.resolving.includes(spec)) throw circular(spec);
    this.resolving.push(spec);
    try {
      return this.select(spec);
    } finally {
      this.resolving.pop();
    }
  }

  private walk(spec: Spec): { direct: Set<string>; indirect: Set<string> } {
    if (spec.kind === "criterion") {
      const named = new Set(methods[spec.method](this.context, spec));
      const selected = new Set(named);
      const add = (more: Iterable<string>) => {
        for (const id of more) selected.add(id);
      };
      if (spec.childrensParents) add(this.graph.selectChildrensParents(named));
      if (spec.parents) add(this.graph.selectParents(named, spec.parentsDepth));
      if (spec.children) add(this.graph.selectChildren(named, spec.childrenDepth));
      // A referenced selector has brought its tests along, minus those that it excludes.
      if (spec.indirectSelection === "empty" || spec.method === "selector")
        return { direct: selected, indirect: new Set() };
      return expandToTests(this.manifest, this.graph, selected, spec.indirectSelection);
    }
    const parts = spec.components.map((component) => this.walk(component));
    const direct = combine(
      spec.kind,
      parts.map((part) => part.direct),
    );
    const either = combine(
      spec.kind,
      parts.map((part) => (part.indirect.size === 0 ? part.direct : new Set([...part.direct, ...part.indirect]))),
    );
    const complete = includeCompleteTests(this.manifest, this.graph, direct, either, spec.indirectSelection);
    if (spec.expectExists && complete.size === 0) {
      this.context.report({
        level: "warn",
        name: "NoNodesForSelectionCriteria",
        code: "M030",
        text: `The selection criterion '${describe(spec.raw)}' does not match any enabled nodes`,
        data: { spec_raw: describe(spec.raw) },
      });
    }
    return { direct: complete, indirect: either };
  }

  private takes(id: string): boolean {
    const node = graphNode(this.manifest, id);
    if (!node || !this.types.has(node.resource_type)) return false;
    // A test that refers to a missing node stays in the manifest, disabled.
    if ((node as GraphNode).config?.enabled === false) return false;
    if (this.scope.freshness && !hasFreshness(node as SourceNode)) return false;
    return this.scope.emptyNodes || !(id in this.manifest.nodes) || !isEmpty(node as GraphNode);
  }
}

function circular(spec: Spec) {
  return engineError("runtime", {
    message: `Circular dependency detected in selector: ${describe(spec.raw)}`,
    hint: "A selector must not lead back to itself through `method: selector`.",
  });
}

function combine(kind: "union" | "intersection" | "difference", sets: Set<string>[]): Set<string> {
  const [first, ...rest] = sets;
  if (!first) return new Set();
  const result = new Set(first);
  for (const other of rest) {
    if (kind === "union") for (const id of other) result.add(id);
    else if (kind === "difference") for (const id of other) result.delete(id);
    else for (const id of result) if (!other.has(id)) result.delete(id);
  }
  return result;
}

/** Files without SQL are passed over; seeds have none by nature. */
function isEmpty(node: GraphNode): boolean {
  return node.resource_type !== "seed" && (node.raw_code ?? "").trim() === "";
}

/** Whether a source says how old its data may be. */
export function hasFreshness(source: SourceNode): boolean {
  const set = (threshold: unknown): boolean => {
    const { count, period } = (threshold ?? {}) as { count?: unknown; period?: unknown };
    return count !== null && count !== undefined && period !== null && period !== undefined;
  };
  return set(source.freshness?.warn_after) || set(source.freshness?.error_after);
}

/** Files and folders of the root project, as far as its nodes show them. */
function pathsOfRoot(manifest: Manifest): Set<string> {
  const root = manifest.metadata.project_name;
  const paths = new Set<string>();
  const groups = [manifest.nodes, manifest.sources, manifest.exposures, manifest.metrics, manifest.semantic_models];
  for (const group of [...groups, manifest.saved_queries, manifest.unit_tests, manifest.functions, manifest.macros]) {
    for (const node of Object.values(group)) {
      if (node.package_name !== root) continue;
      paths.add(node.original_file_path);
      for (const folder of folders(node.original_file_path)) paths.add(folder);
    }
  }
  return paths;
}
