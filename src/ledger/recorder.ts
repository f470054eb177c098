import { errorToJson, type ErrorJson, type LabsError } from "#errors/index.ts";
import type { AttemptEnd } from "./job-types.ts";
import { signOfLifeMs } from "./liveness.ts";
import type { EventInput, ModelResult, RunStatus, RunSummary, ScoreResult, StepStatus } from "./types.ts";

/** One row to write, by the name of its statement. */
export type Write = { statement: WriteName; values: Record<string, string | number | null> };
export type WriteName =
  | "alive"
  | "stepStart"
  | "stepFinish"
  | "event"
  | "model"
  | "score"
  | "profile"
  | "profileOld"
  | "runFinish";

/**
 * Where a recorder's rows go: all of a batch or none. The last of a run waits for a locked ledger and for the disk, and brings
 * the end of the run's attempt at a job, if it is one. Rejects when they could not be written in time.
 */
export type WriteBatch = (batch: Write[], last?: { attempt: AttemptEnd | undefined }) => Promise<void>;

const flushMilliseconds = 200;
/** Steps that follow each other faster than this share a transaction: small labs finish within a few of them. */
const stepMilliseconds = 100;
/** A ledger that cannot be written must not fill the memory: the newest rows beyond this are dropped. */
const mostPending = 100_000;

/**
 * Records one run. Nothing here throws or waits for the disk, except {@link flush} and {@link finish}, which wait and
 * still do not throw: a failing ledger must never fail a lab. What went wrong is in {@link problem}.
 */
export class RunRecorder {
  readonly id: string;
  readonly lab: string;
  readonly #write: WriteBatch;
  #pending: Write[] = [];
  #seq = 0;
  #position = 0;
  #step: StepRecorder | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #signs: NodeJS.Timeout;
  #flushing: Promise<void> = Promise.resolve();
  #problem: LabsError | undefined;
  #flushedAt = performance.now();

  constructor(id: string, lab: string, write: WriteBatch) {
    this.id = id;
    this.lab = lab;
    this.#write = write;
    // Other hosts cannot look at this process.
    this.#signs = setInterval(() => this.#add("alive", { at: now() }), signOfLifeMs).unref();
  }

  /** Why rows are missing in the ledger; undefined while all is well. */
  get problem(): LabsError | undefined {
    return this.#problem;
  }

  /** Begins a step. Events without a step of their own belong to the step begun last, until it finishes. */
  step(name: string, options: { attempt?: number } = {}): StepRecorder {
    const position = this.#position++;
    const step = new StepRecorder(name, (status, result) => {
      if (this.#step === step) this.#step = undefined;
      this.#add("stepFinish", {
        position,
        status,
        at: now(),
        rows: result.rows ?? null,
        error: result.error === undefined ? null : json(errorJson(result.error)),
        data: result.data === undefined ? null : json(result.data),
      });
    });
    this.#step = step;
    this.#add("stepStart", { position, name, attempt: options.attempt ?? 1, at: now() });
    if (performance.now() - this.#flushedAt >= stepMilliseconds) void this.flush();
    return step;
  }

  event(event: EventInput): void {
    this.#add("event", {
      seq: this.#seq++,
      at: now(),
      level: event.level ?? "info",
      step: event.step ?? this.#step?.name ?? null,
      type: event.type,
      text: event.text,
      data: event.data === undefined ? null : json(event.data),
    });
  }

  /** A node's result; the last one of a node counts. */
  model(result: ModelResult): void {
    this.#add("model", {
      uniqueId: result.uniqueId,
      name: result.name,
      resourceType: result.resourceType,
      status: result.status,
      seconds: result.seconds,
      rows: result.rows ?? null,
      failures: result.failures ?? null,
      message: result.message ?? null,
      relation: result.relation ?? null,
    });
  }

  score(result: ScoreResult): void {
    this.#add("score", {
      lab: this.lab,
      scope: result.scope,
      name: result.name,
      score: result.score,
      rows: result.rows ?? null,
      parts: result.parts === undefined ? null : json(result.parts),
    });
  }

  /** Figures of a table's columns; those that are as the last ones of the table are not written again. */
  profile(name: string, data: unknown): void {
    this.#add("profile", { lab: this.lab, name, at: now(), data: json(data) });
    this.#add("profileOld", { lab: this.lab, name });
  }

  /**
   * Writes what is buffered, one transaction. A killed process loses none of it; a power failure may lose what was
   * written since the start of the run, until {@link finish} waits for the disk. Rows that could not be written are kept.
   */
  flush(): Promise<void> {
    return this.#flush();
  }

  #flush(last?: Parameters<WriteBatch>[1]): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushedAt = performance.now();
    this.#flushing = this.#flushing.then(async () => {
      if (this.#pending.length === 0) return;
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#write(batch, last);
        this.#problem = undefined;
      } catch (error) {
        this.#problem = error as LabsError;
        this.#pending = [...batch, ...this.#pending].slice(0, mostPending);
      }
    });
    return this.#flushing;
  }

  /**
   * Ends the run and writes everything. Waits some seconds for a locked ledger. `attempt` ends in the same transaction: a
   * process that is killed must not leave a run that has ended and a job that is run again.
   */
  async finish(
    status: Exclude<RunStatus, "running" | "crashed">,
    summary: RunSummary = {},
    attempt?: AttemptEnd,
  ): Promise<void> {
    clearInterval(this.#signs);
    this.#step?.finish(status);
    this.#add("runFinish", { status, at: now(), summary: json(summary) });
    await this.#flush({ attempt });
    clearTimeout(this.#timer);
  }

  #add(statement: WriteName, values: Write["values"]): void {
    this.#pending.push({ statement, values: { run: this.id, ...values } });
    this.#timer ??= setTimeout(() => void this.flush(), flushMilliseconds).unref();
  }
}

export interface StepResult {
  rows?: number;
  error?: unknown;
  data?: Record<string, unknown>;
}

/** A step that was begun; finishing it twice is harmless, the first word counts. */
export class StepRecorder {
  readonly name: string;
  #end: ((status: StepStatus, result: StepResult) => void) | undefined;

  constructor(name: string, end: (status: StepStatus, result: StepResult) => void) {
    this.name = name;
    this.#end = end;
  }

  finish(status: Exclude<StepStatus, "running" | "crashed">, result: StepResult = {}): void {
    const end = this.#end;
    this.#end = undefined;
    end?.(status, result);
  }
}

const now = (): string => new Date().toISOString();

const errorJson = (error: unknown): ErrorJson =>
  typeof error === "object" && error !== null && !(error instanceof Error) && "code" in error
    ? (error as ErrorJson)
    : errorToJson(error);

/** JSON of anything an event may carry: bigints as numbers or text, cycles and functions as their names. */
export function json(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item !== "bigint") return item;
      return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString();
    });
  } catch {
    return JSON.stringify(String(value));
  }
}
