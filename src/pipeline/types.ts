import type { ErrorJson } from "#errors/index.ts";
import type { RunResult } from "#engine/index.ts";
import type { FileChange, FileResult, IngestEvent } from "#ingest/index.ts";
import type { AttemptEnd } from "#ledger/index.ts";
import type { GateReason } from "#publish/index.ts";
import type { LabQuality } from "#quality/index.ts";
import { type Stage, stages } from "#registry/index.ts";

/** The stages of a lab's run, in order; behind them the result is reported. */
export const stepNames = stages;
export type StepName = Stage;

export interface StepOutcome {
  /** A stage, or a step of the lab's own. */
  name: string;
  status: "ok" | "failed" | "skipped" | "cancelled";
  seconds: number;
  error?: ErrorJson;
  /** Its failure is a warning: `required: false`. */
  optional?: true;
}

/** One node of the transform. */
export interface NodeOutcome {
  uniqueId: string;
  name: string;
  resourceType: string;
  /** `view`, `table`, … for models. */
  materialized: string | null;
  status: RunResult["status"];
  /** It did not run: its SQL, config and inputs are those of its last run, whose outcome holds. */
  unchanged: boolean;
  /** Why it ran or did not need to, as a sentence about it; null where that is not known. */
  reason: string | null;
  seconds: number;
  failures: number | null;
  message: string | null;
  /** Why it failed, with the place in the project's own file where there is one. */
  error?: ErrorJson;
  /** `schema.table` it made, or tested. */
  relation: string | null;
  /** Unique id of the model that a test belongs to. */
  attachedTo: string | null;
  /** Of the project's file, relative to the project. */
  file: string;
  /** Absolute path of the SQL that was sent, when the node was compiled. */
  compiledFile: string | null;
  /** Skipped: unique ids of the broken nodes that it lies behind. */
  behind?: string[];
  /** Of an expectation of lab.yml. */
  expectation?: {
    /** Stable over runs; what its rows are found by in `_quality.failing_rows`. */
    id: string;
    check: string;
    severity: "warn" | "error";
    /** While it is not met nothing is published. */
    blocking: boolean;
    /** SELECT that shows what is wrong. */
    query: string | null;
    /** Failing rows that were kept. */
    kept: number;
  };
}

export interface LabRunResult {
  lab: string;
  /** Id in the ledger. */
  runId: string | null;
  status: "ok" | "failed" | "cancelled";
  seconds: number;
  steps: StepOutcome[];
  /** Files that were new or changed. */
  files: FileResult[];
  rowsLoaded: number;
  rowsQuarantined: number;
  nodes: NodeOutcome[];
  /** `unchanged` ones are among those that are `ok` or `passed`. */
  models: { ok: number; failed: number; skipped: number; unchanged: number };
  tests: { passed: number; warned: number; failed: number; unchanged: number };
  /** `score` is null when only a part was built or a model failed: the rest says nothing about the lab as a whole. */
  quality: Pick<LabQuality, "score" | "parts" | "notCounted" | "layers" | "findings" | "warnings"> | null;
  /** The version that readers have now, and whether this run made it; null when nothing is published. */
  published: { version: string; made: boolean } | null;
  /** Why readers did not get what this run left, and what to do about it; empty when they did. */
  held: GateReason[];
  /** Why it failed, or what was done: one sentence. */
  message: string;
  error?: ErrorJson;
}

/** What happens during a run, for screens and the ledger alike. Plain data: it crosses process borders. */
export type LabEvent =
  | { type: "run-start"; lab: string; runId: string | null }
  | { type: "waiting"; lab: string; holder: string }
  | { type: "step-start"; lab: string; step: string }
  /** A line that a step of the lab's own printed, without secrets. */
  | { type: "step-output"; lab: string; step: string; stream: "out" | "err"; text: string }
  | { type: "step-finish"; lab: string; step: string; outcome: StepOutcome; detail: string }
  | {
      type: "checked";
      lab: string;
      changes: Pick<FileChange, "name" | "source" | "table" | "action" | "reason" | "explain">[];
      unchanged: number;
      unclaimed: string[];
    }
  | { type: "ingest"; lab: string; event: IngestEvent }
  /** The versions of other labs that this run reads. */
  | { type: "reads"; lab: string; reads: { lab: string; alias: string; version: string }[] }
  | {
      type: "selected";
      lab: string;
      nodes: {
        uniqueId: string;
        name: string;
        resourceType: string;
        attachedTo: string | null;
        relation: string | null;
      }[];
    }
  | { type: "node-start"; lab: string; uniqueId: string; description: string }
  | { type: "node-finish"; lab: string; node: NodeOutcome }
  | { type: "message"; lab: string; level: "info" | "warn" | "error"; text: string }
  | { type: "run-finish"; lab: string; result: LabRunResult };

export interface RunLabOptions {
  select?: string[];
  exclude?: string[];
  fullRefresh?: boolean;
  /** Leave models as they are whose SQL, config and inputs did not change, and take over the outcome of their tests. Default true. */
  changed?: boolean;
  /** Only these stages and steps of the lab's own; the others are skipped. */
  steps?: string[];
  /** Look at the content of every file. */
  verify?: boolean;
  threads?: number;
  vars?: Record<string, unknown>;
  target?: string;
  failFast?: boolean;
  /** Wait for whoever holds the lab. Default true. */
  wait?: boolean;
  /** For the ledger: how the run was started, and the command as typed. */
  trigger?: string;
  command?: string;
  /** Who asked for it; default: the user of this process. */
  user?: string;
  /** The job that this run is an attempt at. */
  job?: { id: string; attempt: number };
  /** How that attempt ends: it is written together with the end of the run. */
  endAttempt?: (result: LabRunResult) => AttemptEnd;
  /** This run's share of the machine, where the lab's profile does not say otherwise. */
  share?: { threads: number; memoryMb: number };
  /** Called before each step; throws when this process must not go on. */
  beforeStep?: () => Promise<void>;
  signal?: AbortSignal;
  onEvent?: (event: LabEvent) => void;
}
