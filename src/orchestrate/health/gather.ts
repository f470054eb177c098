import { freemem, hostname, totalmem } from "node:os";
import { setImmediate as immediate } from "node:timers/promises";
import { errorToJson } from "#errors/index.ts";
import type { JobInfo, LabState, Ledger, RunInfo } from "#ledger/index.ts";
import { publishedVersions } from "#publish/index.ts";
import {
  type AlertsConfig,
  type Lab,
  type LabAlerts,
  labAlertsConfig,
  mergeThresholds,
  modifiedAt,
  sizeOf,
  volumeOf,
  type Workspace,
} from "#registry/index.ts";
import { type Schedule, soundSchedule } from "../schedule/schedule.ts";
import type { HealthFacts, LabFacts } from "./facts.ts";

/** What is read of the machine; tests pass their own. */
export interface MachineEffects {
  volumeOf: typeof volumeOf;
  sizeOf: typeof sizeOf;
  modifiedAt: typeof modifiedAt;
  memory(): { free: number; total: number };
}

/** Memory of this machine, or of the container that the process is confined to. */
function memory(): { free: number; total: number } {
  const [total, confined] = [totalmem(), process.constrainedMemory()];
  return confined > 0 && confined < total
    ? { free: process.availableMemory(), total: confined }
    : { free: freemem(), total };
}

export const machine: MachineEffects = { volumeOf, sizeOf, modifiedAt, memory };

/** Runs that say how long one takes. */
const usualRuns = 30;

/** A lab's `alerts:`, and the defaults when its lab.yml cannot be read. */
export function alertsOf(lab: Lab): LabAlerts {
  try {
    return lab.config.alerts;
  } catch {
    return labAlertsConfig(null);
  }
}

/** Looks at everything that {@link HealthFacts} holds. Opens no lab's database. Errors: those of the ledger. */
export async function gatherHealth(
  workspace: Workspace,
  ledger: Ledger,
  config: AlertsConfig,
  problems: string[],
  now: Date,
  effects: MachineEffects = machine,
): Promise<HealthFacts> {
  const [states, workers, jobs, channels, counts, open] = await Promise.all([
    ledger.jobs.labStates(),
    ledger.jobs.workers(now),
    ledger.jobs.jobs({ states: ["queued", "running"], limit: 10_000 }),
    ledger.alerts.channels(),
    ledger.alerts.counts(new Date(now.getTime() - 86_400_000)),
    ledger.alerts.state(),
  ]);
  const labs: LabFacts[] = [];
  let scheduled = false;
  for (const lab of workspace.labs) {
    // Reading SQLite blocks: what else the process does goes in between.
    await immediate();
    const facts = await labFacts(
      workspace,
      lab,
      ledger,
      config,
      states.get(lab.name),
      jobs.filter((job) => job.lab === lab.name),
      now,
      effects,
    );
    labs.push(facts.lab);
    scheduled ||= facts.scheduled;
  }
  const server = workers.find(({ kind, stoppedAt }) => kind === "server" && stoppedAt === null);
  const waiting = jobs.filter(({ state, notBefore }) => state === "queued" && Date.parse(notBefore) <= now.getTime());
  return {
    now,
    host: hostname(),
    labs,
    server: server
      ? { host: server.host, pid: server.pid, startedAt: server.startedAt, seenAt: server.seenAt, alive: server.alive }
      : null,
    scheduled,
    queue: {
      waiting: waiting.length,
      running: jobs.filter(({ state }) => state === "running").length,
      oldest: oldestStart(waiting),
    },
    memory: { ...effects.memory(), threshold: config.thresholds.memory },
    alerts: {
      configured: config.exists,
      problems,
      open: open.open.length,
      channels: [...config.channels.keys()].map((name) => {
        const [state, own] = [channels.get(name), counts.get(name)];
        return {
          name,
          failingSince: state?.failingSince ?? null,
          problem: state?.problem ?? own?.problem ?? null,
          waiting: own?.due ?? 0,
          lost: own?.failed ?? 0,
        };
      }),
    },
  };
}

const oldestStart = (jobs: JobInfo[]): string | null =>
  jobs
    .map(({ notBefore }) => notBefore)
    .reduce<string | null>((least, at) => (least === null || at < least ? at : least), null);

async function labFacts(
  workspace: Workspace,
  lab: Lab,
  ledger: Ledger,
  config: AlertsConfig,
  state: LabState | undefined,
  jobs: JobInfo[],
  now: Date,
  effects: MachineEffects,
): Promise<{ lab: LabFacts; scheduled: boolean }> {
  let problem: string | null = null;
  let schedule: Schedule | undefined;
  if (lab.status !== "archived") {
    try {
      schedule = soundSchedule(workspace, lab);
    } catch (error) {
      const { code, message, place } = errorToJson(error);
      const at = place
        ? ` (${[place.file, place.line, place.column].filter((part) => part !== undefined).join(":")})`
        : "";
      problem = `its lab.yml cannot be used: ${code}: ${message.split("\n", 1)[0]}${at}`;
    }
  }
  const runs = await ledger.runs({ lab: lab.name, limit: usualRuns });
  const whole = runs.filter(isWhole);
  const last = whole.find(({ status }) => status !== "running" && status !== "cancelled") ?? null;
  const current = runs.find(({ status }) => status === "running") ?? null;
  const follows =
    schedule !== undefined && schedule.timed && !schedule.paused && !state?.paused && lab.status === "active";
  const volume = lab.status === "archived" ? undefined : effects.volumeOf(lab.paths.database);
  const alerts = alertsOf(lab);
  return {
    scheduled: follows,
    lab: {
      name: lab.name,
      status: lab.status,
      owner: lab.maintainer,
      thresholds: mergeThresholds(config.thresholds, alerts.thresholds),
      problem,
      paused: state?.paused ? pausedText(state.paused) : schedule?.paused ? "its schedule is paused in lab.yml" : null,
      lastRun: last,
      current: current && { id: current.id, startedAt: current.startedAt },
      usualSeconds: whole.flatMap(({ status, seconds }) => (status === "ok" && seconds !== null ? [seconds] : [])),
      dueAt:
        follows && schedule
          ? (firstDue(schedule, runs[0], state, jobs, effects.modifiedAt(lab.paths.config), now)?.toISOString() ?? null)
          : null,
      nextAt: follows ? (schedule?.next(now)?.toISOString() ?? null) : null,
      freshAt: freshAt(lab, runs),
      failingTests: last?.summary?.tests?.failed ?? 0,
      disk: volume ? { ...volume, database: effects.sizeOf(lab.paths.database) } : null,
    },
  };
}

/** Loads alone are runs too, and say nothing about how long a lab takes and how it is. */
const isWhole = (run: RunInfo): boolean =>
  run.summary === null || run.summary.models !== undefined || run.status !== "ok";

const pausedText = ({ at, by, why }: NonNullable<LabState["paused"]>): string =>
  `paused by ${by} on ${at.slice(0, 10)}${why ? `: ${why}` : ""}`;

/**
 * The first time at which a run was due and did not begin: that of a job that waits for its first attempt, or one that nobody
 * made a job of. Times that the scheduler dealt with, and those before lab.yml was edited, are none.
 */
function firstDue(
  schedule: Schedule,
  newest: RunInfo | undefined,
  state: LabState | undefined,
  jobs: JobInfo[],
  edited: Date | undefined,
  now: Date,
): Date | undefined {
  const waiting = jobs.filter(
    ({ state: is, startedAt, trigger }) => is === "queued" && startedAt === null && trigger === "schedule",
  );
  const dealtWith = state?.scheduleHash === schedule.hash ? state.scheduledUntil : null;
  const known = [newest?.startedAt, dealtWith].filter((at) => at !== null && at !== undefined);
  // Never run and never scheduled: nobody expects anything yet.
  const from = known.length === 0 ? undefined : Math.max(...known.map((at) => Date.parse(at)), edited?.getTime() ?? 0);
  const missed = from === undefined ? undefined : schedule.next(new Date(from));
  const times = [...waiting.map(({ dueAt }) => new Date(dueAt)), ...(missed ? [missed] : [])].filter((at) => at <= now);
  return times.toSorted((a, b) => a.getTime() - b.getTime())[0];
}

/** A run whose publish step was well leaves readers with what is newest, also when there was nothing new to publish. */
function freshAt(lab: Lab, runs: RunInfo[]): string | null {
  let published: string | undefined;
  try {
    published = publishedVersions(lab.paths.database).find(({ current }) => current)?.publishedAt;
  } catch {
    return null;
  }
  if (published === undefined) return null;
  const well = runs.find(
    ({ status, summary, finishedAt }) =>
      status === "ok" && summary?.models !== undefined && summary.partial === undefined && finishedAt !== null,
  );
  return well?.finishedAt && well.finishedAt > published ? well.finishedAt : published;
}
