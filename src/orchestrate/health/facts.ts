import type { RunInfo } from "#ledger/index.ts";
import type { LabStatus, Thresholds, Volume } from "#registry/index.ts";

/** What is known of one lab at a moment; plain data, so that judging it needs no files and no database. */
export interface LabFacts {
  name: string;
  status: LabStatus;
  owner: string | undefined;
  thresholds: Thresholds;
  /** Why its lab.yml cannot be used, one sentence. */
  problem: string | null;
  /** Who paused its schedule, and why. */
  paused: string | null;
  /** The newest run that has ended; what it reports is what a monitor sees. */
  lastRun: RunInfo | null;
  /** The run that goes on now. */
  current: Pick<RunInfo, "id" | "startedAt"> | null;
  /** Seconds of earlier runs that were done, newest first. */
  usualSeconds: number[];
  /** When a run was due by the schedule for the first time since one began; null when none is. ISO. */
  dueAt: string | null;
  nextAt: string | null;
  /** When readers last got data, or a run found that there is nothing newer; null when nothing is published. ISO. */
  freshAt: string | null;
  failingTests: number;
  /** The volume of its database, and the size of that, in bytes. */
  disk: (Volume & { database: number }) | null;
}

export interface ServerFacts {
  host: string;
  pid: number;
  startedAt: string;
  seenAt: string;
  alive: boolean;
}

/** What is known of a workspace at a moment. */
export interface HealthFacts {
  now: Date;
  host: string;
  labs: LabFacts[];
  /** The newest server; null when none was ever started, or it was stopped on purpose. */
  server: ServerFacts | null;
  /** Labs have schedules that only a server follows. */
  scheduled: boolean;
  queue: {
    waiting: number;
    running: number /** Since when the oldest could have begun; ISO. */;
    oldest: string | null;
  };
  /** Bytes. */
  memory: { free: number; total: number; threshold: Thresholds["memory"] };
  alerts: {
    /** There is an alerts.yml. */
    configured: boolean;
    problems: string[];
    /** Incidents that are open. */
    open: number;
    channels: { name: string; failingSince: string | null; problem: string | null; waiting: number; lost: number }[];
  };
}

/** A server that was not heard of for so long is gone, or hangs. */
export const silentMs = 60_000;
