import type { AdapterSession, AdapterShared } from "../adapter/index.ts";
import type { Template } from "#jinja/index.ts";
import type { NodeLookup } from "../3-link/lookup.ts";
import type { GraphNode } from "../manifest/types.ts";
import type { Runtime } from "./runtime.ts";

/** What all nodes of one run share. */
export interface Execution {
  runtime: Runtime;
  lookup: NodeLookup;
  templates: Map<string, Template>;
  /** Relation cache and what else the threads share. */
  adapter: AdapterShared;
  /** Inputs of a unit test that stand in for nodes, by unique id. */
  fixtures?: ReadonlyMap<string, GraphNode>;
  /** Unique ids that the command selected. */
  selected: ReadonlySet<string>;
  /** Writes a file below the target folder, now or before the run ends. */
  writeFile(path: string, text: string): void;
}

/** A slice of time that a microbatch model works on; both ends in UTC, the end excluded. */
export interface Batch {
  id: string;
  start: Date;
  end: Date;
}

/** One node on one connection. */
export interface NodeExecution extends Execution {
  node: GraphNode;
  session: AdapterSession;
  threadId: string;
  batch?: Batch;
}
