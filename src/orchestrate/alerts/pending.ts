import { setImmediate as immediate } from "node:timers/promises";
import {
  type AlertMemory,
  type EventInfo,
  type Incident,
  type JobInfo,
  type Ledger,
  type RunDetail,
  type RunInfo,
  runIdPrefix,
} from "#ledger/index.ts";
import type { Thresholds } from "#registry/index.ts";
import { type Observation, sharedCause } from "./causes.ts";
import { examineRun, type RunEvidence } from "./examine-run.ts";

/** Clocks of several machines differ; ids are looked at again for so long. */
const overlapMs = 2 * 3_600_000;
const hourMs = 3_600_000;
/** Most that one evaluation takes on. */
const mostAtOnce = 500;

/** Something that has ended and was not evaluated yet. */
export type Pending =
  | { kind: "run"; at: string; id: string; status: string; run: RunDetail; quiet: boolean }
  | { kind: "job"; at: string; id: string; status: string; job: JobInfo; quiet: boolean };

/**
 * Runs and jobs that ended since the last evaluation, in the order in which they ran. `quiet`: to be noted and not judged,
 * because another attempt follows or followed. In a workspace whose alerts begin, only the newest run of each lab counts.
 */
export async function pendingRuns(
  ledger: Ledger,
  memory: AlertMemory,
  now: Date,
): Promise<{ pending: Pending[]; since: string }> {
  // By the hour, so that looking often writes nothing.
  const recent = runIdPrefix(Math.floor((now.getTime() - overlapMs) / hourMs) * hourMs);
  const first = memory.since === undefined;
  const newest = first ? await ledger.lastRuns() : new Map<string, RunInfo>();
  const running = [...newest.values()].flatMap(({ id, status }) => (status === "running" ? [id] : [])).toSorted();
  const since = memory.since ?? running[0] ?? runIdPrefix(now.getTime());
  const dayAgo = new Date(now.getTime() - 86_400_000);
  const found = await ledger.alerts.unevaluated(since, dayAgo, mostAtOnce * 2);
  for (const { id } of newest.values())
    if (!found.some((other) => other.id === id)) found.push({ kind: "run", id, before: null });
  const pending: Pending[] = [];
  let oldestOpen: string | undefined;
  const keep = (id: string) => {
    if (oldestOpen === undefined || id < oldestOpen) oldestOpen = id;
  };
  for (const { kind, id, before } of found) {
    await immediate();
    if (kind === "job") {
      const job = await ledger.jobs.job(id);
      if (!job) continue;
      const told = job.run === null ? undefined : (await runOf(ledger, job.run))?.status;
      const quiet = first || told === "failed" || told === "crashed";
      pending.push({ kind, at: job.finishedAt ?? job.createdAt, id, status: job.state, job, quiet });
      continue;
    }
    const run = await runOf(ledger, id);
    if (!run || run.status === before) continue;
    const { status } = run;
    const job = run.job === null ? undefined : await ledger.jobs.job(run.job);
    // What will become of its job is not known yet: it may be resumed, or given up.
    if (status === "running" || (job?.state === "running" && job.run === id)) {
      keep(id);
      continue;
    }
    const again =
      job !== undefined && status !== "ok" && (job.state === "queued" || job.state === "running" || job.run !== id);
    const quiet = again || (first && newest.get(run.lab)?.id !== id);
    pending.push({ kind, at: run.startedAt, id, status, run, quiet });
  }
  pending.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
  const taken = pending.slice(0, mostAtOnce);
  for (const { id } of pending.slice(mostAtOnce)) keep(id);
  return {
    pending: taken,
    since: oldestOpen !== undefined && oldestOpen < recent ? oldestOpen : recent > since ? recent : since,
  };
}

/** Undefined when it is not kept any more. */
const runOf = (ledger: Ledger, id: string): Promise<RunDetail | undefined> => ledger.run(id).catch(() => undefined);

/** What a run or job says about its lab. */
export async function judge(
  ledger: Ledger,
  item: Pending,
  thresholds: Thresholds,
  open: Incident[],
): Promise<{ lab: string; run: string | null; seen: Observation[]; over: string[] }> {
  if (item.kind === "job") return { lab: item.job.lab, run: item.job.run, seen: [jobFailure(item.job)], over: [] };
  const { run } = item;
  const bad = run.status === "failed" || run.status === "crashed";
  const events: EventInfo[] = await ledger.events(run.id, bad ? {} : { level: "warn" });
  const scores = await ledger.scoresHistory({ lab: run.lab, scope: "lab", limit: 30 });
  const evidence: RunEvidence = {
    run,
    events,
    earlierScores: scores.filter((score) => score.run < run.id).map(({ score }) => score),
  };
  return { lab: run.lab, run: run.id, ...examineRun(evidence, thresholds, open) };
}

/** A job that failed without a run that says why: its lab could not even begin, or took too long. */
function jobFailure({ lab, error, message }: JobInfo): Observation {
  const said = error?.message ?? message ?? "The run could not begin.";
  const outside = sharedCause(error?.code ?? "", said, error?.data);
  return {
    fingerprint: outside ? `failed:${outside}` : `failed:${lab}:start`,
    event: "failed",
    shared: outside !== undefined,
    cause: {
      summary: error?.title ? error.title.charAt(0).toLowerCase() + error.title.slice(1) : "the run could not begin",
      message: said,
      ...(error && { code: error.code }),
      ...(error?.hint !== undefined && { hint: error.hint }),
      ...(error?.place && { file: error.place.file }),
      ...(error?.place?.line !== undefined && { line: error.place.line }),
      ...(error?.place?.column !== undefined && { column: error.place.column }),
    },
  };
}
