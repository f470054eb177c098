import type { ErrorJson } from "#errors/index.ts";

/** `crashed`: the process that ran it is gone without saying how it ended. */
export type RunStatus = "running" | "ok" | "failed" | "cancelled" | "crashed";
export type StepStatus = "running" | "ok" | "failed" | "skipped" | "cancelled" | "crashed";
export type EventLevel = "debug" | "info" | "warn" | "error";

/** What a run came to. Every field is optional; unknown ones are kept. */
export interface RunSummary {
  rowsLoaded?: number;
  rowsQuarantined?: number;
  files?: number;
  models?: { ok: number; failed: number; skipped: number };
  tests?: { passed: number; warned: number; failed: number };
  /** Score of the lab, 0 to 100; null when nothing could be scored. */
  score?: number | null;
  /** Why readers did not get what it left, and what to do about it. */
  held?: { why: string; fix: string }[];
  /** One sentence for people: why it failed, or what was done. */
  message?: string;
  error?: ErrorJson;
  /** Why the run says too little about the lab as a whole: only a part was built, or models failed. */
  partial?: string;
  [extra: string]: unknown;
}

export interface RunStart {
  lab: string;
  /** Who or what began it: `cli`, `schedule`, `file`, `api`. */
  trigger: string;
  /** The command line as typed, or what stands for it. */
  command: string;
  user?: string;
  codeVersion?: string;
  configHash?: string;
  /** The job that this run is an attempt at. */
  job?: { id: string; attempt: number };
}

/** One row of `runs`. Times are ISO 8601 in UTC with milliseconds. */
export interface RunInfo {
  id: string;
  lab: string;
  trigger: string;
  command: string;
  user: string;
  host: string;
  pid: number;
  startedAt: string;
  finishedAt: string | null;
  /** null while running. */
  seconds: number | null;
  status: RunStatus;
  codeVersion: string | null;
  configHash: string | null;
  /** The job that this run is an attempt at, and which one; null for a run started by hand. */
  job: string | null;
  attempt: number | null;
  summary: RunSummary | null;
}

export interface StepInfo {
  name: string;
  attempt: number;
  status: StepStatus;
  startedAt: string;
  finishedAt: string | null;
  seconds: number | null;
  rows: number | null;
  error: ErrorJson | null;
  data: Record<string, unknown> | null;
}

/** Result of one node of the transform: model, seed, snapshot or test. */
export interface ModelResult {
  uniqueId: string;
  name: string;
  resourceType: string;
  /** dbt's own word: success, error, skipped, pass, warn, fail. */
  status: string;
  seconds: number;
  rows?: number | null;
  failures?: number | null;
  message?: string | null;
  /** `schema.table` it made or tested. */
  relation?: string | null;
}

export interface EventInput {
  level?: EventLevel;
  /** Permanent name of the kind of event: `node-finish`, `file-loaded`. */
  type: string;
  text: string;
  data?: unknown;
  /** Default: the step that is running. */
  step?: string;
}

export interface EventInfo {
  seq: number;
  time: string;
  level: EventLevel;
  step: string | null;
  type: string;
  text: string;
  data: unknown;
}

export interface ScoreResult {
  scope: "lab" | "layer" | "table";
  /** Lab's name, schema, or `schema.table`. */
  name: string;
  /** 0 to 100. */
  score: number;
  /** Rows of a table, for its history of volume. */
  rows?: number | null;
  /** Parts of the score as the quality room gives them. */
  parts?: unknown;
}

export interface ScoreInfo extends ScoreResult {
  run: string;
  lab: string;
  time: string;
  rows: number | null;
  parts: unknown;
}

/** A run with everything recorded under it except its events. */
export interface RunDetail extends RunInfo {
  steps: StepInfo[];
  models: (ModelResult & { rows: number | null; failures: number | null })[];
  scores: ScoreInfo[];
}

export interface RunFilter {
  /** Of this lab, or of one of these. */
  lab?: string | readonly string[];
  status?: RunStatus;
  /** Only runs whose ids are not before this text. */
  since?: string;
  /** Only runs whose ids are before this text: the next page. */
  before?: string;
  /** Default 50. */
  limit?: number;
}

export interface EventFilter {
  /** Only events with a greater `seq`: for following a run. */
  after?: number;
  /** This level and worse. */
  level?: EventLevel;
  limit?: number;
}

export interface ScoreFilter {
  lab: string;
  scope?: ScoreResult["scope"];
  name?: string;
  /** Newest runs to look at, default 30. */
  limit?: number;
}
