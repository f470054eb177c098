import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { errorToJson } from "#errors/index.ts";
import { type JobInfo, type JobStore, type Ledger, openLedger } from "#ledger/index.ts";
import { openRegistry, type Workspace } from "#registry/index.ts";
import { AlertService } from "../alerts/service.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { Control } from "./control.ts";
import { FileWatch } from "./file-watch.ts";
import { Pool } from "./pool.ts";
import type { ServerEvent } from "./protocol.ts";
import { heartbeatMs, recoverJobs, withoutRepeats } from "./recover.ts";
import { Scheduler } from "./scheduler.ts";
import { becomeServer } from "./server-file.ts";

/** Ended jobs are kept this long. */
const keepJobsMs = 90 * 86_400_000;

export interface ServeOptions {
  /** Folder of the workspace. */
  workspace: string;
  /** Script of the job processes: it calls {@link serveJobs} when it is started with the flag. */
  script: string;
  /** Labs that run at the same time. Default: the machine's cores. */
  jobs?: number;
  memoryMb?: number;
  leaseMs?: number;
  /** Aborted: take nothing more, wait for what runs, and end. */
  signal: AbortSignal;
  /** How long to wait for it; then it is stopped at a model's boundary and goes on with the next server. Default 60 seconds. */
  graceMs?: number;
  onEvent: (event: ServerEvent) => void;
}

/**
 * Runs a workspace's labs by their schedules until told to stop: scheduler, file watch, queue and one process for each run.
 * Whatever a server that was killed left behind is put back into the queue first. Resolves when everything has ended.
 * Errors: ORC-002 when a server runs already, those of the registry, LED-001 to LED-004.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { workspace: root, onEvent } = options;
  const state = openRegistry(root).state;
  const { file, release } = becomeServer(state);
  try {
    const ledger = await openLedger(join(state, "ledger.db"));
    try {
      const alerts = new AlertService(ledger, root);
      try {
        await new Serving(options, ledger, alerts, file.socket).run();
      } finally {
        await alerts.close();
      }
    } finally {
      await ledger.close();
    }
  } finally {
    release();
    onEvent({ type: "stopped" });
  }
}

class Serving {
  readonly #options: ServeOptions;
  readonly #store: JobStore;
  readonly #alerts: AlertService;
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #id = `${hostname()}:${process.pid}:${randomBytes(3).toString("hex")}`;
  readonly #socket: string;
  readonly #pool: Pool;
  readonly #scheduler: Scheduler;
  readonly #files: FileWatch;
  readonly #control: Control;
  #workspace: Workspace | undefined;
  #stopping = false;

  constructor(options: ServeOptions, ledger: Ledger, alerts: AlertService, socket: string) {
    const store = ledger.jobs;
    this.#options = options;
    this.#store = store;
    this.#alerts = alerts;
    this.#socket = socket;
    const onEvent = withoutRepeats((event) => {
      this.#control.tell(event);
      options.onEvent(event);
    });
    const onQueued = (jobs: JobInfo[]) => {
      for (const job of jobs) onEvent({ type: "queued", job });
      if (jobs.length > 0) this.#pool.wake();
    };
    this.#onEvent = onEvent;
    this.#pool = new Pool(store, {
      worker: this.#id,
      workspace: options.workspace,
      script: options.script,
      ...(options.jobs !== undefined && { jobs: options.jobs }),
      ...(options.memoryMb !== undefined && { memoryMb: options.memoryMb }),
      ...(options.leaseMs !== undefined && { leaseMs: options.leaseMs }),
      onEvent,
    });
    this.#files = new FileWatch(store, { onEvent, onQueued });
    this.#scheduler = new Scheduler(store, options.workspace, {
      onEvent,
      onQueued,
      onLabs: (workspace, schedules: Schedule[]) => {
        this.#workspace = workspace;
        this.#files.watch(workspace, schedules);
      },
    });
    this.#control = new Control(store, {
      wake: () => {
        void this.#scheduler.tick();
        this.#pool.wake();
      },
      cancel: (job) => void this.#pool.cancel(job),
      runsHere: (job) => this.#pool.running.some((one) => one.job.id === job),
      eventsOf: (run, after) => ledger.events(run, { after }),
      requireLab: (lab) => (this.#workspace ?? openRegistry(options.workspace)).lab(lab).requireRunnable(),
      status: () => ({
        pid: process.pid,
        since: this.#since,
        jobs: this.#pool.slots,
        running: this.#pool.running.map(({ job, since }) => ({ job: job.id, lab: job.lab, since })),
        stopping: this.#stopping,
        problems: this.#scheduler.problems,
      }),
    });
  }
  readonly #since = new Date().toISOString();

  async run(): Promise<void> {
    const { signal, graceMs = 60_000 } = this.#options;
    const onEvent = this.#onEvent;
    const timers: NodeJS.Timeout[] = [];
    let stopListening = async () => {};
    try {
      await this.#beat();
      await this.#recover();
      await this.#scheduler.start();
      await this.#control.listen(this.#socket);
      this.#pool.start();
      stopListening = await this.#store.onChange(() => {
        void this.#pool.look();
        void this.#control.look();
      });
      onEvent({ type: "started", labs: this.#workspace?.active.length ?? 0, jobs: this.#pool.slots });
      timers.push(setInterval(() => void this.#housekeeping(), heartbeatMs));
      await aborted(signal);
      this.#stopping = true;
      onEvent({ type: "stopping", running: this.#pool.running.length });
      timers.push(setTimeout(() => this.#pool.stopNow(10_000), graceMs));
    } finally {
      await this.#scheduler.stop();
      await this.#files.stop();
      await stopListening();
      await this.#pool.close();
      for (const timer of timers) clearInterval(timer);
      await this.#chore;
      await this.#control.close();
      await this.#store.retire(this.#id, new Date()).catch(() => {});
    }
  }

  #chore: Promise<void> = Promise.resolve();
  #busy = false;

  async #housekeeping(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#chore = (async () => {
      for (const chore of [
        () => this.#beat(),
        () => this.#recover(),
        () => this.#prune(),
        () => this.#control.look(),
        () => this.#alerts.work(new Date()),
      ]) {
        try {
          await chore();
        } catch (error) {
          this.#onEvent({ type: "problem", error: errorToJson(error) });
        }
      }
    })().finally(() => {
      this.#busy = false;
    });
    await this.#chore;
  }

  /** Once a day; runs keep their own history. */
  async #prune(): Promise<void> {
    const now = Date.now();
    if (now - this.#prunedAt < 86_400_000) return;
    this.#prunedAt = now;
    await this.#store.prune(new Date(now - keepJobsMs));
  }
  #prunedAt = 0;

  #beat(): Promise<void> {
    return this.#store.beat(this.#id, "server", new Date(), {
      jobs: this.#pool.slots,
      running: this.#pool.running.length,
      stopping: this.#stopping,
    });
  }

  #recover(): Promise<void> {
    return recoverJobs(this.#store, this.#pool);
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
