import type { Schedule } from "#orchestrate/index.ts";
import type { LabDetail } from "../types.ts";

/** When a lab runs by itself, with its next `times`; null when it does not. */
export function scheduleJson(schedule: Schedule, times: number): LabDetail["schedule"] {
  if (!schedule.active) return null;
  const next: string[] = [];
  for (let time = schedule.next(new Date()); time && next.length < times; time = schedule.next(time))
    next.push(time.toISOString());
  return {
    text: schedule.describe(),
    timezone: schedule.timezone ?? null,
    next,
    retries: schedule.retries,
    timeoutSeconds: schedule.timeoutMs === undefined ? null : schedule.timeoutMs / 1000,
    missed: schedule.missed,
  };
}
