import type { Database, Statement } from "better-sqlite3";
import type { LabsError } from "#errors/index.ts";
import {
  connectForReading,
  connectForWriting,
  connectInMemory,
  explain,
  patienceMilliseconds,
  patiently,
} from "./connect.ts";
import { isAlive, thisProcess, userName } from "./process-identity.ts";
import { findRun, readEvents, readLastRuns, readRunDetail, readRuns, readScores } from "./queries.ts";
import { AccessStore } from "./access.ts";
import { AlertStore } from "./alerts.ts";
import { JobStore, type Lease } from "./jobs.ts";
import { ledgerErrors } from "./errors.ts";
import { readTablesSeen, type TableSeen } from "./tables-seen.ts";
import { RunRecorder, type Write, type WriteName } from "./recorder.ts";
import { newRunId } from "./run-id.ts";
import { sqliteSql } from "./sql.ts";
import type {
  EventFilter,
  EventInfo,
  RunDetail,
  RunFilter,
  RunInfo,
  RunStart,
  RunStatus,
  ScoreFilter,
  ScoreInfo,
} from "./types.ts";

export interface OpenLedgerOptions {
  /** `read` creates nothing: a missing ledger is an empty one. Default `write`. */
  mode?: "read" | "write";
  /**
   * Instead of failing, keep this process's runs in memory and say why in {@link Ledger.problem}:
   * a lab must run although its history cannot be kept.
   */
  fallback?: boolean;
  /** How long to wait in all for another process's lock; default 10 seconds. */
  patienceMilliseconds?: number;
}

/**
 * Opens a workspace's ledger, `<workspace>/.labs/ledger.db`, bringing its schema up to date.
 * Errors: LED-001 cannot be opened, LED-002 locked, LED-003 damaged, LED-004 written by a newer version.
 */
export async function openLedger(path: string, options: OpenLedgerOptions = {}): Promise<Ledger> {
  const patience = options.patienceMilliseconds ?? patienceMilliseconds;
  const connect = options.mode === "read" ? connectForReading : connectForWriting;
  try {
    return new Ledger(path, await connect(path, patience), patience);
  } catch (error) {
    if (!options.fallback) throw error;
    return new Ledger(path, await connectInMemory(), patience, error as LabsError);
  }
}

/** A lab's newest runs keep their events and models' results; older ones keep the run, its steps and scores. */
export const runsWithDetails = 500;

/** Runs of a whole workspace. Every method is asynchronous so that a server database can stand behind it too. */
export class Ledger {
  readonly path: string;
  /** Why this ledger lives in memory only; see {@link OpenLedgerOptions.fallback}. */
  readonly problem: LabsError | undefined;
  /** The queue, and what scheduling remembers. */
  readonly jobs: JobStore;
  /** Open incidents and the messages about them. */
  readonly alerts: AlertStore;
  /** Tokens of the API, and the audit log. */
  readonly access: AccessStore;
  readonly #db: Database;
  readonly #patience: number;
  readonly #statements = new Map<WriteName, Statement>();

  constructor(path: string, db: Database, patience: number, problem?: LabsError) {
    this.path = path;
    this.#db = db;
    this.#patience = patience;
    this.problem = problem;
    const sql = sqliteSql(db, path, patience);
    this.jobs = new JobStore(sql);
    this.alerts = new AlertStore(sql);
    this.access = new AccessStore(sql);
  }

  /**
   * Begins a run and returns its recorder. Runs whose process is gone are marked `crashed` on the way.
   * Errors: LED-002, LED-003, LED-007, and LED-008 when `start.job` is held by a newer attempt; with them nothing was recorded.
   */
  async startRun(start: RunStart): Promise<RunRecorder> {
    const id = newRunId();
    const me = thisProcess();
    const values = {
      id,
      lab: start.lab,
      trigger: start.trigger,
      command: start.command,
      user: start.user ?? userName(),
      host: me.host,
      pid: me.pid,
      token: me.token,
      at: new Date().toISOString(),
      codeVersion: start.codeVersion ?? null,
      configHash: start.configHash ?? null,
      job: start.job?.id ?? null,
      attempt: start.job?.attempt ?? null,
    };
    try {
      const begin = this.#db.transaction(() => {
        this.#settleCrashed();
        if (start.job && this.#db.prepare(nameRun).run({ ...start.job, run: id }).changes === 0)
          throw leaseLost(start.job);
        this.#db
          .prepare(
            `INSERT INTO runs VALUES (@id, @lab, @trigger, @command, @user, @host, @pid, @token, @at, NULL,
              'running', @codeVersion, @configHash, NULL, @job, @attempt)`,
          )
          .run(values);
        this.#dropOldDetails(start.lab);
      });
      await patiently(() => begin.immediate(), this.#patience);
    } catch (error) {
      throw explain(this.path, error, "write");
    }
    return new RunRecorder(id, start.lab, (batch, patient) => this.#write(batch, patient));
  }

  /** The newest run of every lab that ever ran, or the newest with one status. */
  async lastRuns(filter: { status?: RunStatus } = {}): Promise<Map<string, RunInfo>> {
    return this.#read(() => readLastRuns(this.#db, filter.status));
  }

  /** Runs, newest first. */
  async runs(filter: RunFilter = {}): Promise<RunInfo[]> {
    return this.#read(() => readRuns(this.#db, filter));
  }

  /**
   * One run by its id, by a text only its id begins or ends with, or `last` (of `lab` where given).
   * Errors: LED-005 none, LED-006 several.
   */
  async run(id: string, lab?: string): Promise<RunDetail> {
    return this.#read(() => readRunDetail(this.#db, findRun(this.#db, id, lab)));
  }

  /** A run's events in order. Errors: LED-005, LED-006. */
  async events(id: string, filter: EventFilter = {}): Promise<EventInfo[]> {
    return this.#read(() => readEvents(this.#db, findRun(this.#db, id).id, filter));
  }

  /** Scores of a lab, its layers and tables, newest run first. */
  async scoresHistory(filter: ScoreFilter): Promise<ScoreInfo[]> {
    return this.#read(() => readScores(this.#db, filter));
  }

  /** What earlier runs of a lab saw of its tables, newest first: enough to know their rhythm. */
  async tablesSeen(lab: string): Promise<TableSeen[]> {
    return this.#read(() => readTablesSeen(this.#db, lab, new Date()));
  }

  /** A text that changes whenever anybody commits to the ledger; cheap to ask for. */
  async version(): Promise<string> {
    return this.#read(() => {
      const others = this.#db.pragma("data_version", { simple: true }) as number;
      const own = this.#db.prepare("SELECT total_changes()").pluck().get() as number;
      return `${others}.${own}`;
    });
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #read<T>(query: () => T): Promise<T> {
    return patiently(query, this.#patience).catch((error: unknown) => {
      throw explain(this.path, error, "open");
    });
  }

  async #write(batch: Write[], last: boolean): Promise<void> {
    const attempt = this.#db.transaction(() => {
      for (const { statement, values } of batch) this.#statement(statement).run(values);
    });
    try {
      // Progress need not wait for the disk: under WAL, what a killed process wrote is there all the same.
      if (!last) this.#db.pragma("synchronous = NORMAL");
      await patiently(() => attempt.immediate(), last ? this.#patience : 0);
    } catch (error) {
      throw explain(this.path, error, "write");
    } finally {
      if (!last) this.#db.pragma("synchronous = FULL");
    }
  }

  #statement(name: WriteName): Statement {
    let statement = this.#statements.get(name);
    if (statement === undefined) this.#statements.set(name, (statement = this.#db.prepare(writes[name])));
    return statement;
  }

  /** A few runs at a time: every start makes one run too old, so the rest is only for catching up. */
  #dropOldDetails(lab: string): void {
    const old = `(SELECT id FROM runs WHERE lab = ? ORDER BY id DESC LIMIT 20 OFFSET ${runsWithDetails})`;
    this.#db.prepare(`DELETE FROM events WHERE run IN ${old}`).run(lab);
    this.#db.prepare(`DELETE FROM models WHERE run IN ${old}`).run(lab);
  }

  #settleCrashed(): void {
    const unfinished = this.#db
      .prepare("SELECT id, host, pid, process_token AS token FROM runs WHERE status = 'running'")
      .all() as { id: string; host: string; pid: number; token: string }[];
    for (const run of unfinished) {
      if (isAlive(run)) continue;
      this.#db.prepare(settleRun).run({ id: run.id });
      this.#db.prepare("UPDATE steps SET status = 'crashed' WHERE run = ? AND status = 'running'").run(run.id);
    }
  }
}

const nameRun = "UPDATE jobs SET run = @run WHERE id = @id AND attempt = @attempt AND state = 'running'";

const leaseLost = (job: Lease) =>
  ledgerErrors.leaseLost({
    message: `Attempt ${job.attempt} of job ${job.id} has lost its lease: somebody else has it, or it was ended.`,
    hint: "Nothing needs to be done: the job goes on where it is held now.",
  });

/** The last sign of life is the nearest thing to the time of death. */
const settleRun = `
  UPDATE runs SET status = 'crashed', finished_at = max(started_at,
    coalesce((SELECT max(time) FROM events WHERE run = @id), ''),
    coalesce((SELECT max(coalesce(finished_at, started_at)) FROM steps WHERE run = @id), ''))
  WHERE id = @id AND status = 'running'`;

const writes: Record<WriteName, string> = {
  stepStart: "INSERT INTO steps VALUES (@run, @position, @name, @attempt, 'running', @at, NULL, NULL, NULL, NULL)",
  stepFinish: `UPDATE steps SET status = @status, finished_at = @at, rows_ = @rows, error = @error, data = @data
    WHERE run = @run AND position = @position`,
  event: "INSERT INTO events VALUES (@run, @seq, @at, @level, @step, @type, @text, @data)",
  model: `INSERT OR REPLACE INTO models VALUES
    (@run, @uniqueId, @name, @resourceType, @status, @seconds, @rows, @failures, @message, @relation)`,
  score: "INSERT OR REPLACE INTO scores VALUES (@lab, @run, @scope, @name, @score, @rows, @parts)",
  runFinish: "UPDATE runs SET status = @status, finished_at = @at, summary = @summary WHERE id = @run",
};
