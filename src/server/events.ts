import { randomBytes } from "node:crypto";
import type { Ledger } from "#ledger/index.ts";
import type { LabEvent } from "#pipeline/index.ts";
import type { ServerEvent } from "#orchestrate/index.ts";
import type { LabRows } from "./look/lab-rows.ts";
import type { LiveEvent } from "./types.ts";

/** Events that are kept for those who come back; more than that and they ask for everything anew. */
const kept = 2_000;
/** Jobs, incidents and messages that are looked at for news. */
const listed = 50;
/** Events within so many milliseconds go over the line together: a write to each of many clients costs more than its content. */
const gatherMs = 40;
/** How often the ledger is asked whether anybody wrote to it, while somebody listens. */
const lookMs = 400;

export interface NumberedEvent {
  /** `<start of this server>-<number>` */
  id: string;
  event: LiveEvent;
  /** As it goes over the line: written once for however many listen. */
  text: string;
}

/** Gets events as they come, in order, and all of them as they go over the line. */
export type Listener = (events: readonly NumberedEvent[], text: () => string) => void;

/**
 * What happens in a workspace, for any number of listeners: the ledger is looked at once for all of them, so that runs of
 * other processes are seen, too. A listener who comes back with the last id it saw gets what it missed, or a `reset`.
 */
export class EventHub {
  readonly #ledger: Ledger;
  readonly #rows: LabRows;
  readonly #start = randomBytes(4).toString("hex");
  readonly #events: NumberedEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #shown = new Map<string, string>();
  /** What was told and not yet sent. */
  #waiting: NumberedEvent[] = [];
  #sending: NodeJS.Timeout | undefined;
  readonly #nodes = new Map<string, { done: number; total: number; running: Set<string>; told: number }>();
  readonly #lists: { jobs?: string; alerts?: string } = {};
  #number = 0;
  #version = "";
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #changedAt = 0;

  constructor(ledger: Ledger, rows: LabRows) {
    this.#ledger = ledger;
    this.#rows = rows;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Begins to listen; first comes what was missed since `lastId`. Returns how to stop. */
  listen(listener: Listener, lastId?: string): () => void {
    // What waits was told before: who comes now gets it from what is kept, and not twice.
    this.#send();
    const missed = this.#missed(lastId);
    if (missed.length > 0) listener(missed, () => textOf(missed));
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => void this.look(), lookMs);
      this.#timer.unref();
      void this.look();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #missed(lastId: string | undefined): NumberedEvent[] {
    const reset = this.#numbered({ type: "reset" });
    if (lastId === undefined) return [reset];
    const [start, number] = lastId.split("-");
    const seen = Number(number);
    const first = Number(this.#events[0]?.id.split("-")[1] ?? this.#number + 1);
    if (start !== this.#start || !Number.isInteger(seen) || seen < first - 1 || seen > this.#number) return [reset];
    return this.#events.filter(({ id }) => Number(id.split("-")[1]) > seen);
  }

  tell(event: LiveEvent): void {
    this.#number++;
    const numbered = this.#numbered(event);
    this.#events.push(numbered);
    if (this.#events.length > kept) this.#events.splice(0, this.#events.length - kept);
    if (this.#listeners.size === 0) return;
    this.#waiting.push(numbered);
    this.#sending ??= setTimeout(() => this.#send(), gatherMs).unref();
  }

  /** Sends what waits. */
  #send(): void {
    clearTimeout(this.#sending);
    this.#sending = undefined;
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    let text: string | undefined;
    for (const listener of this.#listeners) listener(events, () => (text ??= textOf(events)));
  }

  #numbered(event: LiveEvent): NumberedEvent {
    const id = `${this.#start}-${this.#number}`;
    return { id, event, text: `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` };
  }

  /** What the scheduler of this process says. */
  onServerEvent(event: ServerEvent): void {
    if (event.type === "run") this.#onRun(event.job.id, event.event);
    if (event.type === "ended") this.#nodes.delete(event.job.id);
    if (event.type === "queued" || event.type === "began" || event.type === "ended") void this.look();
  }

  #onRun(job: string, event: LabEvent): void {
    const { lab } = event;
    if (event.type === "step-start") this.tell({ type: "step", lab, job, step: event.step, state: "running" });
    else if (event.type === "step-finish")
      this.tell({ type: "step", lab, job, step: event.step, state: event.outcome.status });
    else if (event.type === "selected")
      this.#nodes.set(job, { done: 0, total: event.nodes.length, running: new Set(), told: 0 });
    else if (event.type === "node-start") this.#nodes.get(job)?.running.add(event.uniqueId);
    else if (event.type === "node-finish") {
      const progress = this.#nodes.get(job);
      if (!progress) return;
      progress.done++;
      progress.running.delete(event.node.uniqueId);
      // A thousand nodes a second are not a thousand messages.
      const now = performance.now();
      if (now - progress.told < 200 && progress.done < progress.total) return;
      progress.told = now;
      const { done, total, running } = progress;
      this.tell({ type: "nodes", lab, job, done, total, running: [...running].slice(0, 20) });
    }
  }

  /** Says that the newest jobs or alerts are not what they were. */
  async #tellLists(): Promise<void> {
    const { jobs, alerts } = this.#ledger;
    const [newest, incidents, deliveries] = await Promise.all([
      jobs.jobs({ limit: listed }),
      alerts.incidents({ limit: listed }),
      alerts.deliveries(listed),
    ]);
    const texts = {
      jobs: JSON.stringify(
        newest.map(({ id, state, attempt, run, notBefore }) => [id, state, attempt, run, notBefore]),
      ),
      alerts: JSON.stringify([
        incidents.map(({ id, state, seen }) => [id, state, seen]),
        deliveries.map(({ id, state, attempts }) => [id, state, attempts]),
      ]),
    };
    for (const type of ["jobs", "alerts"] as const) {
      const before = this.#lists[type];
      this.#lists[type] = texts[type];
      if (before !== undefined && before !== texts[type]) this.tell({ type });
    }
  }

  /** Looks for what changed in the ledger, and tells it. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const version = await this.#ledger.version();
      const now = performance.now();
      // Now and then also without a change: a process that was killed writes nothing.
      if (version === this.#version && now - this.#changedAt < 10_000) return;
      const first = this.#version === "";
      this.#version = version;
      this.#changedAt = now;
      const rows = await this.#rows.texts();
      const gone = new Set(this.#shown.keys());
      for (const { row, text } of rows) {
        gone.delete(row.name);
        const same = this.#shown.get(row.name) === text;
        this.#shown.set(row.name, text);
        if (!same && !first) this.tell({ type: "lab", lab: row });
        if (row.state === "running" && row.lastRun) this.tell({ type: "run", lab: row.name, run: row.lastRun.id });
        else if (!same && !first && row.lastRun) this.tell({ type: "run", lab: row.name, run: row.lastRun.id });
      }
      // No event says that a lab is no more: everything is asked for anew.
      for (const name of gone) this.#shown.delete(name);
      if (gone.size > 0) this.tell({ type: "reset" });
      await this.#tellLists();
    } catch {
      // A ledger that is locked for a moment is looked at again.
      this.#version = "";
    } finally {
      this.#looking = false;
    }
  }
}

const textOf = (events: readonly NumberedEvent[]): string => events.map(({ text }) => text).join("");
