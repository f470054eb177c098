import type { ErrorJson } from "#errors/index.ts";
import type { JobInfo } from "#ledger/index.ts";
import type { LabEvent, LabRunResult, RunLabOptions } from "#pipeline/index.ts";

/** First argument of a process that runs jobs for a server. */
export const jobWorkerFlag = "--job-worker";

/** Options of a run that can be asked for from another process. */
export type JobOptions = Omit<
  RunLabOptions,
  "onEvent" | "signal" | "wait" | "trigger" | "command" | "job" | "share" | "beforeStep"
>;

/** A job for a process of the server. */
export interface JobWork {
  workspace: string;
  job: JobInfo;
  leaseMs: number;
  share: { threads: number; memoryMb: number };
}

/** From that process to the server. */
export type FromWorker =
  | { type: "event"; event: LabEvent }
  /** The attempt has ended and the queue knows; `null`: its lease was lost, or it was put back. */
  | { type: "done"; result: LabRunResult | null };

/** A command takes a server that says nothing for this long for stopped or frozen. */
export const answerMs = 15_000;

/** From a command to the server, one line of JSON each. */
export type Request = {
  /** When it was sent, in milliseconds since 1970: what its sender has given up on is not done any more. */
  at: number;
} & (
  | { id: number; do: "submit"; lab: string; command: string; user: string; options: JobOptions; wait: boolean }
  | { id: number; do: "cancel"; job: string; user: string }
  | { id: number; do: "wake" }
  | { id: number; do: "status" }
);

/** What a server tells about itself. */
export interface ServerStatus {
  pid: number;
  since: string;
  jobs: number;
  running: { job: string; lab: string; since: string }[];
  stopping: boolean;
  problems: string[];
}

/** From the server to a command. */
export type Answer =
  | { id: number; type: "accepted"; job: JobInfo }
  | { id: number; type: "event"; event: LabEvent }
  | { id: number; type: "ended"; job: JobInfo; result: LabRunResult | null }
  | { id: number; type: "status"; status: ServerStatus }
  | { id: number; type: "ok" }
  | { id: number; type: "refused"; error: ErrorJson };

/** Things that happen in a server, for its screen. */
export type ServerEvent =
  | { type: "started"; labs: number; jobs: number }
  | { type: "queued"; job: JobInfo }
  | { type: "began"; job: JobInfo }
  | { type: "run"; job: JobInfo; event: LabEvent }
  | { type: "ended"; job: JobInfo; result: LabRunResult | null }
  | { type: "problem"; error: ErrorJson }
  | { type: "note"; text: string }
  | { type: "stopping"; running: number }
  | { type: "stopped" };
