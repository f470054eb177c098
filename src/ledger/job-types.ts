import type { ErrorJson } from "#errors/index.ts";

/**
 * `queued`: waits for its time, a worker, or its lab. `running`: a worker holds its lease. The others are final.
 */
export type JobState = "queued" | "running" | "ok" | "failed" | "cancelled";

/** What asks for a run of a lab. */
export interface JobRequest {
  lab: string;
  /** Who or what asks: `cli`, `schedule`, `files`, `publish`, `api`. */
  trigger: string;
  /** The command line as typed, or what stands for it. */
  command: string;
  user?: string;
  /** Options of the run, as plain data. */
  options?: Record<string, unknown>;
  /** Higher goes first. Default 0. */
  priority?: number;
  /** ISO time; default now. */
  dueAt?: string;
  /** Only the first request with this text becomes a job. */
  dedupe?: string;
  /** Labs whose jobs of the same time or earlier come first: it reads what they publish. */
  behind?: string[];
}

/** A request to run a lab. Each attempt at it is a run. Times are ISO 8601 in UTC with milliseconds. */
export interface JobInfo {
  id: string;
  lab: string;
  state: JobState;
  priority: number;
  trigger: string;
  command: string;
  user: string;
  options: Record<string, unknown>;
  /** What makes the request one of its kind; null for one that may be made again. */
  dedupe: string | null;
  dueAt: string;
  /** Later than `dueAt` when it waits to be tried again. */
  notBefore: string;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** How often a worker took it; with the id it names a lease: what an older attempt writes is refused. */
  attempt: number;
  /** Attempts that failed. */
  failures: number;
  /** Attempts that ended without an outcome: a worker that died, a server that was stopped. */
  interruptions: number;
  worker: string | null;
  leaseUntil: string | null;
  /** Who asked to cancel it. */
  cancelBy: string | null;
  /** Id of the newest attempt's run. */
  run: string | null;
  /** Why it is in this state, as a sentence. */
  message: string | null;
  error: ErrorJson | null;
}

/** How an attempt ended. */
export interface JobOutcome {
  state: "ok" | "failed" | "cancelled";
  message: string;
  error?: ErrorJson;
  /** ISO time of the next attempt; without it this one was the last. */
  retryAt?: string;
}

/** An attempt at a job: what its holder writes counts only while it is the newest one. */
export type Lease = Pick<JobInfo, "id" | "attempt">;

/** The end of an attempt. */
export interface AttemptEnd {
  lease: Lease;
  /** A sentence: it was stopped on purpose before it was done, and the job goes back into the queue. */
  outcome: JobOutcome | string;
  /** Jobs that follow from it. */
  next: JobRequest[];
}

/** What a lab's scheduling remembers. */
export interface LabState {
  lab: string;
  paused: { at: string; by: string; why: string | null } | null;
  /** Due times up to here became jobs or were skipped. */
  scheduledUntil: string | null;
  /** Of the schedule that `scheduledUntil` was written for. */
  scheduleHash: string | null;
  /** What lay in the raw folder when files last became a job. */
  filesSeen: string | null;
}

/** A process that runs labs, or schedules them. */
export interface WorkerInfo {
  id: string;
  kind: "server" | "worker";
  host: string;
  pid: number;
  user: string;
  startedAt: string;
  /** Its last sign of life. */
  seenAt: string;
  stoppedAt: string | null;
  /** False when it said it stopped, or its process on this host is gone. */
  alive: boolean;
  info: Record<string, unknown>;
}

export interface JobFilter {
  /** Of this lab, or of one of these. */
  lab?: string | readonly string[];
  states?: JobState[];
  /** Newest first; default 50. */
  limit?: number;
}
