import { availableParallelism, totalmem } from "node:os";
import { errorToJson } from "#errors/index.ts";
import type { JobInfo, JobStore } from "#ledger/index.ts";
import { type LabRunResult, WorkProcess } from "#pipeline/index.ts";
import { type FromWorker, jobWorkerFlag, type JobWork, type ServerEvent } from "./protocol.ts";

export interface PoolOptions {
  /** Name of this process in the queue. */
  worker: string;
  workspace: string;
  /** Script of the job processes. */
  script: string;
  /** Labs that run at the same time. Default: the machine's cores. */
  jobs?: number;
  /** How long a lease lasts without a sign of life. Default 30 seconds. */
  leaseMs?: number;
  /** Memory that all runs share, in megabytes. Default: three quarters of the machine's. */
  memoryMb?: number;
  onEvent: (event: ServerEvent) => void;
}

/** Attempts that may end without an outcome before a job has failed: power cuts are few, what kills its process does so each time. */
const mostInterruptions = 20;

/** A process that did work and has none is let go after this time, in milliseconds: what it keeps is not small. */
const idleMs = 30_000;

type Share = JobWork["share"];
type JobProcess = WorkProcess<JobWork, FromWorker>;

interface Running {
  job: JobInfo;
  process: JobProcess;
  since: string;
}

/**
 * Takes jobs from the queue and runs them in processes of one job at a time, as many as the machine has cores. One process
 * at least waits, loaded, for the next job. Shares threads and memory out between the runs.
 */
export class Pool {
  readonly #store: JobStore;
  readonly #options: PoolOptions;
  readonly #running = new Map<string, Running>();
  readonly #share: Share;
  readonly slots: number;
  readonly #leaseMs: number;
  /** Attempts whose end could not be told to the queue: the disk was full, or the ledger away. */
  readonly #untold = new Map<JobInfo, string>();
  /** Processes that wait for work; the last has been used last. */
  #spares: JobProcess[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #filling: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: JobStore, options: PoolOptions) {
    this.#store = store;
    this.#options = options;
    this.slots = Math.max(1, options.jobs ?? availableParallelism());
    this.#leaseMs = options.leaseMs ?? 30_000;
    const memoryMb = options.memoryMb ?? Math.floor((totalmem() / 1_048_576) * 0.75);
    this.#share = {
      threads: Math.max(1, Math.floor(availableParallelism() / this.slots)),
      memoryMb: Math.max(256, Math.floor(memoryMb / this.slots)),
    };
  }

  get running(): { job: JobInfo; since: string; pid: number | undefined }[] {
    return [...this.#running.values()].map(({ job, since, process }) => ({ job, since, pid: process.pid }));
  }

  start(): void {
    this.#warm();
    this.wake();
    // The queue may be filled from elsewhere, and a cancellation may be asked for there.
    this.#timer = setInterval(() => void this.look(), 1_000);
  }

  /** Something may have come into the queue. */
  wake(): void {
    if (this.#closed) return;
    if (this.#filling) {
      this.#again = true;
      return;
    }
    this.#filling = this.#fill()
      .catch((error: unknown) => this.#options.onEvent({ type: "problem", error: errorToJson(error) }))
      .finally(() => {
        this.#filling = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.wake();
      });
  }

  /** Tells a running job's process to stop; false when it does not run here. */
  cancel(job: string): boolean {
    const found = this.#running.get(job);
    found?.process.stop("cancelled");
    return found !== undefined;
  }

  /** Takes nothing more. Resolves when the last run has ended; {@link Pool.stopNow} hurries them. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#filling;
    const idle = new Promise<void>((resolve) => {
      if (this.#running.size === 0) resolve();
      else this.#idle = resolve;
    });
    clearTimeout(this.#idleTimer);
    this.#letGo(() => true);
    await idle;
  }
  #idle: (() => void) | undefined;

  /** Puts what runs back into the queue: at the next boundary of a model, or by force after `graceMs`. */
  stopNow(graceMs: number): void {
    for (const { process } of this.#running.values()) process.stop("stopped");
    setTimeout(() => {
      for (const { process } of this.#running.values()) process.kill();
    }, graceMs).unref();
  }

  /**
   * Jobs that nobody runs any more go back into the queue: their lease ran out, or the process that had them is gone.
   * `gone` tells which workers are.
   */
  async recover(gone: (worker: string) => boolean, now: Date): Promise<void> {
    for (const [job, why] of this.#untold) {
      await this.#store.interrupt(job, why, now, mostInterruptions);
      this.#untold.delete(job);
    }
    for (const job of await this.#store.jobs({ states: ["running"], limit: 10_000 })) {
      const own = this.#running.get(job.id);
      const expired = (job.leaseUntil ?? "") < now.toISOString();
      if (own && own.job.attempt === job.attempt) {
        // Frozen, or busy in a way that cannot be told from it: it must not wake up and go on.
        if (expired) own.process.kill();
        continue;
      }
      const worker = job.worker ?? "";
      // One of our own that is not known here yet has just been taken.
      if (!expired && (worker === this.#options.worker || !gone(worker))) continue;
      const why = expired ? "Its worker gave no sign of life." : "The process that ran it is gone.";
      const after = await this.#store.interrupt(job, why, now, mostInterruptions);
      if (after) this.#options.onEvent({ type: "note", text: `${job.lab}: ${why} ${whatNow(after)}` });
    }
    this.wake();
  }

  /** The queue may have been changed by somebody else: a job came, one that runs here was cancelled. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      if (this.#running.size > 0) {
        const now = await this.#store.jobs({ states: ["running"], limit: 10_000 });
        for (const { id, cancelBy } of now) if (cancelBy !== null) this.cancel(id);
      }
    } catch {
      // Said by whoever needs the ledger next.
    } finally {
      this.#looking = false;
    }
    this.wake();
  }

  async #fill(): Promise<void> {
    while (!this.#closed && this.#running.size < this.slots) {
      const job = await this.#store.claim(this.#options.worker, new Date(), this.#leaseMs);
      if (!job) return;
      void this.#run(job, await this.#shareNow().catch(() => this.#share));
    }
  }

  /**
   * What a run that begins now may take: its share, and the threads of slots that nothing runs in and nothing waits for.
   * Their memory stays free: who begins later must find it.
   */
  async #shareNow(): Promise<Share> {
    const now = new Date().toISOString();
    const queued = await this.#store.jobs({ states: ["queued"], limit: 1_000 });
    const waiting = queued.filter(({ notBefore }) => notBefore <= now).length;
    const busy = Math.min(this.slots, this.#running.size + 1 + waiting);
    return { ...this.#share, threads: Math.max(this.#share.threads, Math.floor(availableParallelism() / busy)) };
  }

  async #run(job: JobInfo, share: Share): Promise<void> {
    const { onEvent, workspace } = this.#options;
    const process = this.#spare() ?? this.#start();
    this.#running.set(job.id, { job, process, since: new Date().toISOString() });
    onEvent({ type: "began", job });
    // Not before the job has its own process: starting one takes a core for a moment.
    setTimeout(() => this.#warm(), 50).unref();
    let done: { result: LabRunResult | null } | undefined;
    await process.run({ workspace, job, leaseMs: this.#leaseMs, share }, (message) => {
      if (message.type === "event") onEvent({ type: "run", job, event: message.event });
      else done = message;
    });
    const final = await this.#settle(job, done ? undefined : `The process that ran it ended ${process.end}.`);
    this.#running.delete(job.id);
    this.#keep(process);
    onEvent({ type: "ended", job: final, result: done?.result ?? null });
    if (this.#running.size === 0) this.#idle?.();
    this.wake();
    setTimeout(() => this.#warm(), 50).unref();
  }

  /** The job as the queue has it after its process is gone. */
  async #settle(job: JobInfo, why: string | undefined): Promise<JobInfo> {
    try {
      if (why !== undefined) await this.#store.interrupt(job, why, new Date(), mostInterruptions);
      return (await this.#store.job(job.id)) ?? job;
    } catch (error) {
      if (why !== undefined) this.#untold.set(job, why);
      this.#options.onEvent({ type: "problem", error: errorToJson(error) });
      return { ...job, message: why ?? job.message };
    }
  }

  #start(): JobProcess {
    return new WorkProcess(this.#options.script, jobWorkerFlag);
  }

  /** A process that waits, the one used last before the others. */
  #spare(): JobProcess | undefined {
    for (let found = this.#spares.pop(); found; found = this.#spares.pop()) if (found.end === undefined) return found;
    return undefined;
  }

  /** One process at least waits for the next job, as long as there may be one. */
  #warm(): void {
    if (this.#closed || this.#running.size >= this.slots) return;
    if (!this.#spares.some(({ end }) => end === undefined)) this.#spares.push(this.#start());
  }

  /** A process that has done its job is quicker with the next one than a new one, and goes when none comes. */
  #keep(process: JobProcess): void {
    if (process.end !== undefined) return;
    this.#spares.push(process);
    if (this.#closed) this.#letGo(() => true);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      this.#letGo(({ ran }) => ran > 0);
      this.#warm();
    }, idleMs).unref();
  }

  #letGo(which: (process: JobProcess) => boolean): void {
    for (const process of this.#spares) if (which(process)) process.release();
    this.#spares = this.#spares.filter((process) => !which(process));
  }
}

const whatNow = (job: JobInfo): string =>
  job.state === "queued"
    ? "It starts again."
    : job.state === "failed"
      ? "It has failed too often."
      : "It was cancelled.";
