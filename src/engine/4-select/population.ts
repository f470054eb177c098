import type { GraphNode, Manifest, OtherNode, SourceNode } from "../manifest/types.ts";
import type { Graph } from "./graph.ts";
import type { PreviousState } from "./previous-state.ts";
import type { Criterion, Spec } from "./spec.ts";

export type AnyNode = GraphNode | SourceNode | OtherNode;

/** What selection says to the user, in dbt's words; `name` and `code` are those of dbt's event. */
export interface SelectionMessage {
  level: "info" | "warn";
  name: string;
  code: string;
  text: string;
  /** What dbt's event of this name carries besides its text. */
  data?: Record<string, unknown>;
}

/** The selectable nodes by kind: members of the graph that are enabled, in the manifest's order. */
export interface Population {
  nodes: GraphNode[];
  sources: SourceNode[];
  exposures: OtherNode[];
  metrics: OtherNode[];
  unitTests: OtherNode[];
  semanticModels: OtherNode[];
  savedQueries: OtherNode[];
  functions: GraphNode[];
}

/** What a method may look at. */
export interface MethodContext {
  manifest: Manifest;
  population: Population;
  previousState: PreviousState | undefined;
  /** Named selectors, undefined when there is no selectors.yml. */
  selectors: ReadonlyMap<string, Spec> | undefined;
  /** Selects by a whole spec, filters included: what the method `selector` needs. */
  resolve(spec: Spec): ReadonlySet<string>;
  /** The project flag state_modified_compare_more_unrendered_values. */
  compareUnrendered: boolean;
  /** Whether a path relative to the root project exists. */
  pathExists(path: string): boolean;
  report(message: SelectionMessage): void;
}

/** One selection method: the unique ids that a criterion names, before graph operators. */
export type SelectionMethod = (context: MethodContext, criterion: Criterion) => Iterable<string>;

export function population(manifest: Manifest, graph: Graph): Population {
  const members = <T extends { unique_id: string; config?: { enabled?: boolean } }>(all: Record<string, T>): T[] =>
    Object.values(all).filter((node) => graph.has(node.unique_id) && node.config?.enabled !== false);
  return {
    nodes: members(manifest.nodes),
    sources: members(manifest.sources),
    // dbt takes every exposure for a member, disabled ones included.
    exposures: Object.values(manifest.exposures).filter((node) => graph.has(node.unique_id)),
    metrics: members(manifest.metrics),
    unitTests: members(manifest.unit_tests),
    semanticModels: members(manifest.semantic_models),
    savedQueries: members(manifest.saved_queries),
    functions: members(manifest.functions),
  };
}

/** Everything but sources: what a name can mean. */
export function* namedNodes(all: Population): Generator<AnyNode> {
  yield* all.nodes;
  yield* all.exposures;
  yield* all.metrics;
  yield* all.unitTests;
  yield* all.semanticModels;
  yield* all.savedQueries;
  yield* all.functions;
}

export function* allNodes(all: Population): Generator<AnyNode> {
  yield* all.nodes;
  yield* all.sources;
  yield* all.exposures;
  yield* all.metrics;
  yield* all.unitTests;
  yield* all.semanticModels;
  yield* all.savedQueries;
  yield* all.functions;
}

/** Unique ids of the nodes for which `test` holds. */
export function* where<T extends AnyNode>(nodes: Iterable<T>, test: (node: T) => boolean): Generator<string> {
  for (const node of nodes) if (test(node)) yield node.unique_id;
}
