import type { JobRequest, LabState } from "#ledger/index.ts";
import type { Schedule } from "./schedule.ts";

/** A due time that came this long ago or less was not missed: the server was only busy. */
export const graceMs = 60_000;
/** Most runs that `catch_up` makes up for at once. */
export const mostCaughtUp = 1_000;

/** What the clock asks for now. */
export interface Due {
  /** Up to when due times are dealt with. */
  until: Date;
  requests: JobRequest[];
  /** Due times that are not made up for. */
  skipped: number;
}

/**
 * Jobs for the due times between what is remembered and now. A lab whose schedule is new or was changed begins now: what an
 * older schedule left over is void. While a lab is paused its times pass without jobs.
 */
export function dueJobs(schedule: Schedule, state: LabState | undefined, now: Date): Due {
  const remembered =
    state?.scheduledUntil != null && state.scheduleHash === schedule.hash ? new Date(state.scheduledUntil) : undefined;
  const nothing = { until: now, requests: [], skipped: 0 };
  if (!remembered || remembered >= now) return remembered ? { ...nothing, until: remembered } : nothing;
  if (schedule.paused || state?.paused) return nothing;
  const times = schedule.due(remembered, now, mostCaughtUp);
  const wanted =
    schedule.missed === "catch_up"
      ? times
      : schedule.missed === "once"
        ? times.slice(-1)
        : times.filter((time) => now.getTime() - time.getTime() <= graceMs).slice(-1);
  return { until: now, requests: wanted.map((time) => request(schedule, time)), skipped: times.length - wanted.length };
}

function request(schedule: Schedule, time: Date): JobRequest {
  const dueAt = time.toISOString();
  return {
    lab: schedule.lab,
    trigger: "schedule",
    command: `labs run ${schedule.lab}`,
    priority: schedule.priority,
    dueAt,
    // Two servers that look at one queue ask for the same job.
    dedupe: `schedule:${schedule.lab}:${dueAt}`,
  };
}
