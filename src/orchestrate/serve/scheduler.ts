import { join } from "node:path";
import { errorToJson } from "#errors/index.ts";
import type { JobInfo, JobStore } from "#ledger/index.ts";
import {
  dependenciesOf,
  fileStamp,
  type Lab,
  openRegistry,
  registryPath,
  requireSoundDependencies,
  type Workspace,
} from "#registry/index.ts";
import { dueJobs } from "../schedule/plan.ts";
import { Schedule } from "../schedule/schedule.ts";
import type { ServerEvent } from "./protocol.ts";

/** The registry and the lab.yml files are looked at this often: what people edit counts without a restart. */
const reloadMs = 2_000;
/** Timers of Node end at 24.8 days; the clock is read again long before, also because somebody may set it. */
const longestWaitMs = 30_000;

interface Entry {
  /** Of the lab.yml that it was read from. */
  stamp: string;
  schedule: Schedule | undefined;
  /** Labs that this one reads or runs after; none for a lab whose run will be refused for it. */
  behind: string[];
}

/** Schedules by lab. */
type Known = Map<string, Entry>;

/** Turns due times into jobs, and notices when registry or lab.yml change. */
export class Scheduler {
  readonly #store: JobStore;
  readonly #root: string;
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #onQueued: (jobs: JobInfo[]) => void;
  readonly #onLabs: (workspace: Workspace, schedules: Schedule[]) => void;
  #workspace: Workspace | undefined;
  #schedules: Known = new Map();
  #registryStamp = "";
  /** Problems that were told, so that each is told once. */
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #reload: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;

  constructor(
    store: JobStore,
    root: string,
    hooks: {
      onEvent: (event: ServerEvent) => void;
      onQueued: (jobs: JobInfo[]) => void;
      /** The labs, at the start and whenever they or their schedules change. */
      onLabs: (workspace: Workspace, schedules: Schedule[]) => void;
    },
  ) {
    this.#store = store;
    this.#root = root;
    this.#onEvent = hooks.onEvent;
    this.#onQueued = hooks.onQueued;
    this.#onLabs = hooks.onLabs;
  }

  /** Errors: those of a registry that cannot be read, at the start; later they are told and the old one stays. */
  async start(): Promise<void> {
    this.#workspace = openRegistry(this.#root);
    this.#load();
    await this.tick();
    this.#reload = setInterval(() => this.#load() && void this.tick(), reloadMs);
  }

  get problems(): string[] {
    return [...this.#told.values()];
  }

  async stop(): Promise<void> {
    clearInterval(this.#reload);
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#ticking;
  }
  #stopped = false;

  /** Makes jobs of what is due, and sets the clock to what comes next. */
  tick(): Promise<void> {
    this.#ticking = (this.#ticking ?? Promise.resolve())
      .then(() => this.#tick())
      .catch((error: unknown) => {
        this.#onEvent({ type: "problem", error: errorToJson(error) });
      })
      .then(() => this.#setClock());
    return this.#ticking;
  }

  async #tick(): Promise<void> {
    if (this.#stopped) return;
    const states = await this.#store.labStates();
    const now = new Date();
    const waiting = new Set(
      (await this.#store.jobs({ states: ["queued"], limit: 10_000 }))
        .filter(({ trigger }) => trigger === "schedule")
        .map(({ lab }) => lab),
    );
    for (const { schedule, behind } of this.#inOrder()) {
      if (!schedule?.timed) continue;
      const state = states.get(schedule.lab);
      const due = dueJobs(schedule, state, now);
      const known = state?.scheduleHash === schedule.hash && state.scheduledUntil !== null;
      // Nothing came due: what is remembered stays true, and nothing needs to be written.
      if (known && due.requests.length === 0 && due.skipped === 0 && !schedule.paused && !state.paused) continue;
      // A lab that waits for its turn needs no second place in the queue.
      const wanted = schedule.missed !== "catch_up" && waiting.has(schedule.lab) ? [] : due.requests;
      const requests = wanted.map((request) => ({ ...request, behind }));
      const jobs = await this.#store.schedule(schedule.lab, schedule.hash, due.until.toISOString(), requests);
      if (due.skipped > 0 && schedule.missed !== "once")
        this.#onEvent({ type: "note", text: `${schedule.lab}: ${due.skipped} missed times were not made up for` });
      this.#onQueued(jobs);
    }
  }

  /** Labs behind those that they read or run after: a job that waits for another must not be there before it. */
  #inOrder(): Entry[] {
    const [seen, sorted] = [new Set<Entry>(), [] as Entry[]];
    const put = (entry: Entry | undefined): void => {
      if (!entry || seen.has(entry)) return;
      seen.add(entry);
      for (const name of entry.behind) put(this.#schedules.get(name));
      sorted.push(entry);
    };
    for (const entry of this.#schedules.values()) put(entry);
    return sorted;
  }

  #setClock(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const now = new Date();
    const next = [...this.#schedules.values()].flatMap(({ schedule }) =>
      schedule && !schedule.paused ? (schedule.next(now)?.getTime() ?? []) : [],
    );
    const wait = Math.min(longestWaitMs, Math.max(0, Math.min(...next, Infinity) - now.getTime()));
    this.#timer = setTimeout(() => void this.tick(), wait);
  }

  /** Reads what changed; true when anything did. */
  #load(): boolean {
    let changed = false;
    const stamp = fileStamp(join(this.#root, registryPath));
    if (stamp !== this.#registryStamp) {
      this.#registryStamp = stamp;
      changed = this.#try("registry", () => void (this.#workspace = openRegistry(this.#root))) || changed;
    }
    const labs = this.#workspace?.active ?? [];
    const next: Known = new Map();
    for (const lab of labs) {
      const labStamp = fileStamp(lab.paths.config);
      const old = this.#schedules.get(lab.name);
      if (old && old.stamp === labStamp) {
        next.set(lab.name, old);
        continue;
      }
      changed = true;
      // A registry that was read before keeps what it read: a lab's file is read again through a fresh one.
      let schedule: Schedule | undefined;
      const workspace = old ? openQuietly(this.#root) : this.#workspace;
      const fresh = workspace?.labs.find(({ name }) => name === lab.name) ?? lab;
      this.#try(lab.name, () => (schedule = new Schedule(fresh)));
      // A file that is being edited does not stop its lab: the last schedule that could be read stays.
      const behind = schedule && workspace ? soundDependencies(workspace, fresh) : old?.behind;
      next.set(lab.name, { stamp: labStamp, schedule: schedule ?? old?.schedule, behind: behind ?? [] });
    }
    if (next.size !== this.#schedules.size) changed = true;
    this.#schedules = next;
    if (changed && this.#workspace)
      this.#onLabs(
        this.#workspace,
        [...next.values()].flatMap(({ schedule }) => schedule ?? []),
      );
    return changed;
  }

  #try(what: string, action: () => void): boolean {
    try {
      action();
      this.#told.delete(what);
      return true;
    } catch (error) {
      const json = errorToJson(error);
      const text = `${what}: ${json.code}: ${json.message}`;
      if (this.#told.get(what) !== text) this.#onEvent({ type: "problem", error: json });
      this.#told.set(what, text);
      return false;
    }
  }
}

function soundDependencies(workspace: Workspace, lab: Lab): string[] {
  try {
    requireSoundDependencies(workspace, lab);
    return dependenciesOf(lab);
  } catch {
    return [];
  }
}

function openQuietly(root: string): Workspace | undefined {
  try {
    return openRegistry(root);
  } catch {
    return undefined;
  }
}
