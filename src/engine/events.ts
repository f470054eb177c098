import type { GraphNode, OtherNode, RunResult, SourceNode } from "./manifest/types.ts";

export type AnyNode = GraphNode | SourceNode | OtherNode;

/**
 * What the engine says while it works. Every screen (dbt's log lines, JSON logs, `labs run`, the ledger) is drawn from these.
 * `time` is set by the sink.
 */
export type EngineEvent =
  /** The project was read and parsed; counts by resource type as in dbt's "Found …" line. */
  | { type: "parsed"; counts: { name: string; count: number }[]; seconds: number }
  /** What the command works on, in the order of one thread, before anything runs. */
  | {
      type: "selected";
      nodes: AnyNode[];
      /** The groups of those nodes that have one, by unique id, as dbt's log shows them. */
      groups?: Record<string, { name: string; package_name: string; owner: Record<string, string> }>;
    }
  | { type: "concurrency"; threads: number; target: string; total: number }
  | {
      type: "node-start";
      node: AnyNode;
      index: number;
      total: number /** `sql table model main.x` */;
      description: string;
      threadId: string;
    }
  | {
      type: "node-finish";
      node: AnyNode;
      index: number;
      total: number;
      description: string;
      result: RunResult;
      rows?: number;
    }
  | {
      type: "node-skip";
      node: AnyNode;
      index: number;
      total: number;
      description: string /** unique id of the failed ancestor */;
      cause: string | null;
      result: RunResult;
    }
  | { type: "hook-start"; name: string; index: number; total: number }
  | { type: "hook-finish"; name: string; index: number; total: number; ok: boolean; seconds: number; message?: string }
  /** SQL given to `run-operation --sql`. */
  | { type: "operation"; name: string; step: "start" | "ok" | "error"; status?: string; seconds?: number }
  /** One batch of a microbatch model; `description` is `batch 2024-01-31 of main.x`. */
  | { type: "batch-start"; uniqueId: string; index: number; total: number; description: string }
  | {
      type: "batch-finish";
      uniqueId: string;
      index: number;
      total: number;
      description: string;
      ok: boolean;
      seconds: number;
    }
  /** `log(…, info=True)`, `print()`, warnings and everything else that has only text. */
  | {
      type: "message";
      level: "debug" | "info" | "warn" | "error";
      text: string /** dbt's event name and code, where there is one */;
      name?: string;
      code?: string /** printed without a time stamp */;
      bare?: boolean;
      uniqueId?: string;
      /** What dbt's event of this name carries besides its text. */
      data?: Record<string, unknown>;
    }
  | { type: "sql"; sql: string; connection: string; uniqueId?: string }
  | { type: "finished"; results: RunResult[]; seconds: number; command: string; tables?: ShownTable[] };

/** Rows that were asked for with the end of a command: `seed --show`. */
export interface ShownTable {
  header: string;
  /** As agate prints it. */
  text: string;
}

export type EventSink = (event: EngineEvent) => void;
