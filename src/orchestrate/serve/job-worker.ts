import { join } from "node:path";
import { loadBinding } from "#duck/index.ts";
import { errorToJson, isLabsError } from "#errors/index.ts";
import { type AttemptEnd, type JobInfo, type JobRequest, type Ledger, openLedger } from "#ledger/index.ts";
import { type LabEvent, type LabRunResult, runLab, serveWork, type StopReason, tellParent } from "#pipeline/index.ts";
import { openRegistry, type Workspace } from "#registry/index.ts";
import { orchestrateErrors } from "../errors.ts";
import { Schedule, schedulesOf } from "../schedule/schedule.ts";
import type { FromWorker, JobOptions, JobWork } from "./protocol.ts";
import { mayPass, retryAt } from "./retry.ts";

/** Why a run was stopped from inside its process. */
type Ending = StopReason | "lease-lost" | "timed-out";

const tell = (message: FromWorker): void => tellParent(message);

/**
 * A process of the server's jobs: runs each that it is given under its lease and tells the queue how it ended. It stops when
 * its server dies or its lease is lost; what it finished is kept and the next attempt goes on from there.
 */
export function serveJobs(): void {
  serveWork<JobWork>((work, stop) => attempt(work, stop.signal, (why) => stop.abort(why)));
  // Loading DuckDB takes as long as a small run: done before there is a job.
  void loadBinding();
}

/** Resolves with whether the run came to its own end. */
async function attempt(
  { workspace: root, job, leaseMs, share }: JobWork,
  signal: AbortSignal,
  halt: (why: Ending) => void,
): Promise<boolean> {
  const ledger = await openLedger(join(root, ".labs", "ledger.db"));
  const keeper = keepLease(ledger, job, leaseMs, halt);
  let clock: RunClock | undefined;
  try {
    const workspace = openRegistry(root);
    const lab = workspace.lab(job.lab);
    const schedule = new Schedule(lab);
    const time = (clock = new RunClock(schedule, () => halt("timed-out")));
    let end: AttemptEnd | undefined;
    const endAttempt = (result: LabRunResult): AttemptEnd =>
      (end ??= {
        lease: job,
        outcome: outcomeOf(result, schedule, job, signal, time.exceeded),
        next: followers(workspace, job, result),
      });
    const result = await runLab(workspace, lab, {
      ...(job.options as JobOptions),
      trigger: job.trigger,
      command: job.command,
      user: job.user,
      job: { id: job.id, attempt: job.attempt },
      endAttempt,
      share,
      beforeStep: keeper.check,
      signal,
      onEvent: (event) => {
        time.on(event);
        tell({ type: "event", event });
      },
    });
    // Once more, for a run that could not be recorded: what is done already stays as it is.
    const { outcome, next } = endAttempt(result);
    await ledger.jobs.finish(job, outcome, new Date(), next);
    tell({ type: "done", result });
    return true;
  } catch (error) {
    const why = signal.reason as Ending | undefined;
    const json = errorToJson(error);
    const retryable = isLabsError(error) && error.retryable && why === undefined;
    const outcome: AttemptEnd["outcome"] =
      why === undefined || why === "timed-out"
        ? {
            state: "failed",
            message: json.message,
            error: json,
            ...(retryable &&
              job.failures < 2 && { retryAt: retryAt(new Date(), job.failures + 1, 30_000).toISOString() }),
          }
        : stopped(why);
    await ledger.jobs.finish(job, outcome, new Date()).catch(() => {});
    tell({ type: "done", result: null });
    return false;
  } finally {
    clock?.stop();
    keeper.stop();
    await ledger.close();
  }
}

/** Stops a run that takes longer than its schedule allows, as a whole or in one stage. */
class RunClock {
  readonly #schedule: Schedule;
  readonly #halt: () => void;
  readonly #run: NodeJS.Timeout | undefined;
  #step: NodeJS.Timeout | undefined;
  exceeded: { what: string; ms: number } | undefined;

  constructor(schedule: Schedule, halt: () => void) {
    this.#schedule = schedule;
    this.#halt = halt;
    this.#run = this.#limit("The run", schedule.timeoutMs);
  }

  on(event: LabEvent): void {
    if (event.type !== "step-start" && event.type !== "step-finish") return;
    clearTimeout(this.#step);
    if (event.type === "step-start")
      this.#step = this.#limit(`The stage ${event.step}`, this.#schedule.stepTimeoutsMs.get(event.step));
  }

  stop(): void {
    clearTimeout(this.#run);
    clearTimeout(this.#step);
  }

  #limit(what: string, ms: number | undefined): NodeJS.Timeout | undefined {
    if (ms === undefined) return undefined;
    return setTimeout(() => {
      this.exceeded = { what, ms };
      this.#halt();
    }, ms);
  }
}

function outcomeOf(
  result: LabRunResult,
  schedule: Schedule,
  job: JobInfo,
  signal: AbortSignal,
  exceeded: { what: string; ms: number } | undefined,
): AttemptEnd["outcome"] {
  if (result.status !== "cancelled") {
    const again = mayPass(result) && job.failures < schedule.retries;
    const at = again ? retryAt(new Date(), job.failures + 1, schedule.retryAfterMs).toISOString() : undefined;
    return {
      state: result.status,
      message: result.message,
      ...(result.error && { error: result.error }),
      ...(at !== undefined && { retryAt: at }),
    };
  }
  const why = signal.reason as Ending;
  if (why !== "timed-out") return stopped(why);
  const error = orchestrateErrors.timedOut({
    message: `${exceeded?.what ?? "The run"} was stopped after ${(exceeded?.ms ?? 0) / 1000} seconds.`,
    hint: "Raise its limit in the lab's schedule, or look at `labs logs` for what took so long.",
  });
  return { state: "failed", message: error.message, error: errorToJson(error) };
}

/** What was not asked for by a person goes on later. */
const stopped = (why: Ending): AttemptEnd["outcome"] =>
  why === "cancelled"
    ? { state: "cancelled", message: "Cancelled; finished models are kept." }
    : "Stopped with its server; goes on with the next one.";

/**
 * Labs that run after this one was published. The version makes each request unique, so a run that found it published
 * already asks as well: the one that published it may have been killed before it could.
 */
function followers(workspace: Workspace, job: JobInfo, { published }: LabRunResult): JobRequest[] {
  if (!published) return [];
  return schedulesOf(workspace.active)
    .schedules.filter(({ after, paused }) => !paused && after.includes(job.lab))
    .map(({ lab, priority }) => ({
      lab,
      trigger: "publish",
      command: `labs run ${lab}`,
      priority,
      dedupe: `publish:${job.lab}:${published.version}:${lab}`,
    }));
}

/** Renews a lease three times within its length; a process that was frozen for longer finds out before its next step. */
function keepLease(ledger: Ledger, job: JobInfo, leaseMs: number, halt: (why: Ending) => void) {
  let until = Date.parse(job.leaseUntil ?? "") || Date.now() + leaseMs;
  const renew = async (): Promise<boolean> => {
    const kept = await ledger.jobs.renew(job, new Date(), leaseMs);
    if (!kept) {
      halt("lease-lost");
      return false;
    }
    until = Date.parse(kept.until);
    if (kept.cancelBy !== null) halt("cancelled");
    return true;
  };
  // A ledger that cannot be written for a moment loses no lease; one that cannot for longer does.
  const quietly = () => void renew().catch(() => Date.now() > until && halt("lease-lost"));
  const timer = setInterval(quietly, Math.max(250, leaseMs / 3));
  return {
    /** Errors: LED-008 when the lease is lost. */
    check: async (): Promise<void> => {
      if (Date.now() < until - leaseMs / 3 || (await renew())) return;
      throw orchestrateErrors.serverGone({
        message: `The lease of job ${job.id} was lost: it is run by somebody else.`,
        hint: "Nothing needs to be done.",
      });
    },
    stop: () => clearInterval(timer),
  };
}
