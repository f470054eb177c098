/** Node selection and execution order: dbt's graph, selection grammar and run queue on plain data. */
export { buildGraph, graphNode } from "./build-graph.ts";
export { type CommandScope, commandScope, resourceTypesFrom, splitUnitTests } from "./commands.ts";
export { findCycle } from "./cycle.ts";
export { Graph } from "./graph.ts";
export { manifestSelectors } from "./manifest-selectors.ts";
export type { SelectionMessage } from "./population.ts";
export type { PreviousState, SourceFreshnessState } from "./previous-state.ts";
export { RunQueue, type RunQueueOptions, SkippedNodes } from "./queue.ts";
export { hasFreshness, type Selection, type SelectOptions, selectNodes } from "./select.ts";
export { type IndirectSelection, type MethodName, methodNames, type Spec } from "./spec.ts";
export { subsetGraph, topological } from "./subset.ts";
export { addTestEdges } from "./test-edges.ts";
export { type NamedSelector, type NamedSelectors, parseSelectors, type SelectorsFile } from "./yaml-selectors.ts";
