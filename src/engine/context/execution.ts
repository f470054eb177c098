import type { AdapterSession, AdapterShared } from "../adapter/index.ts";
import type { Template } from "#jinja/index.ts";
import type { NodeLookup } from "../3-link/lookup.ts";
import type { GraphNode, OtherNode } from "../manifest/types.ts";
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
  /** Knows which nodes need not run; undefined when all do and nothing is noted. */
  changes?: NodeChanges;
  /** Unique ids that the command selected. */
  selected: ReadonlySet<string>;
  /** Writes a file below the target folder, now or before the run ends. `keep`: one that is there has this text already. */
  writeFile(path: string, text: string, keep?: boolean): void;
}

/** Whether a node may be left as it is, and the reason as a sentence about it: `its compiled SQL changed`. */
export interface Verdict {
  reuse: boolean;
  reason: string;
}

/** Decides for compiled nodes whether they run, and is told what came of those that did. */
export interface NodeChanges {
  verdict(execution: NodeExecution): Promise<Verdict>;
  unitTestVerdict(test: OtherNode, session: AdapterSession): Promise<Verdict>;
  ran(node: GraphNode, good: boolean): void;
  unitTestRan(test: OtherNode, passed: boolean): void;
  /** A statement that was sent, and the name of its connection: the node's unique id. */
  observe(sql: string, connection: string): void;
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
