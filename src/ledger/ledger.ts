import type { LabsError } from "#errors/index.ts";
import { AccessStore } from "./access.ts";
import { AlertStore } from "./alerts.ts";
import { connectForReading, connectForWriting, connectInMemory, patienceMilliseconds } from "./connect.ts";
import { ledgerErrors } from "./errors.ts";
import { endOfAttempt } from "./job-statements.ts";
import type { AttemptEnd, Lease } from "./job-types.ts";
import { JobStore } from "./jobs.ts";
import { isRunGone, livenessColumns } from "./liveness.ts";
import { thisProcess, userName } from "./process-identity.ts";
import { findRun, readEvents, readLastRuns, readRunDetail, readRuns, readScores, readTrend } from "./queries.ts";
import { RunRecorder, type Write, type WriteName } from "./recorder.ts";
import { newRunId } from "./run-id.ts";
import { SessionStore } from "./sessions.ts";
import type { Sql, Statement } from "./sql.ts";
import { sqliteSql } from "./sqlite-sql.ts";
import { profilesKept, readTableProfiles, type RecordedProfile } from "./table-profiles.ts";
import { readTablesSeen, type TableSeen } from "./tables-seen.ts";
import { UserStore } from "./users.ts";
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

/** Name of the variable that says where the PostgreSQL database of a workspace's ledger is. */
export const databaseVariable = "LABS_DATABASE_URL";

/** Where PostgreSQL keeps the ledger and the queue; undefined: a file of the workspace does. */
export const databaseUrl = (): string | undefined => process.env[databaseVariable]?.trim() || undefined;

/**
 * Opens a workspace's ledger, bringing its schema up to date: `<workspace>/.labs/ledger.db`, or the PostgreSQL database that
 * `LABS_DATABASE_URL` names. Errors: LED-001 cannot be opened, LED-002 locked, LED-003 damaged, LED-004 written by a newer
 * version; of PostgreSQL LED-010 not reached, LED-011 login refused, LED-012 no such database, LED-013 no such address.
 */
export async function openLedger(path: string, options: OpenLedgerOptions = {}): Promise<Ledger> {
  const patience = options.patienceMilliseconds ?? patienceMilliseconds;
  try {
    const url = databaseUrl();
    if (url !== undefined) {
      // Loaded by those who use it: it is half as large as everything else a run needs.
      const { connectToPostgres } = await import("./postgres/connect.ts");
      const sql = await connectToPostgres(url, patience, options.mode ?? "write");
      return new Ledger(path, sql ?? sqliteSql(await connectInMemory(), path, patience));
    }
    const connect = options.mode === "read" ? connectForReading : connectForWriting;
    return new Ledger(path, sqliteSql(await connect(path, patience), path, patience));
  } catch (error) {
    if (!options.fallback) throw error;
    return new Ledger(path, sqliteSql(await connectInMemory(), path, patience), error as LabsError);
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
  /** People who sign in with a password. */
  readonly users: UserStore;
  /** Browsers that are signed in. */
  readonly sessions: SessionStore;
  readonly #sql: Sql;

  constructor(path: string, sql: Sql, problem?: LabsError) {
    this.path = path;
    this.problem = problem;
    this.#sql = sql;
    this.jobs = new JobStore(sql);
    this.alerts = new AlertStore(sql);
    this.access = new AccessStore(sql);
    this.users = new UserStore(sql);
    this.sessions = new SessionStore(sql);
  }

  /**
   * Begins a run and returns its recorder. Runs whose process is gone are marked `crashed` on the way.
   * Errors: LED-002, LED-003, LED-007, LED-010, and LED-008 when `start.job` is held by a newer attempt; with them nothing was
   * recorded.
   */
  async startRun(start: RunStart): Promise<RunRecorder> {
    const id = newRunId();
    const me = thisProcess();
    const lease = start.job && { job: start.job.id, attempt: start.job.attempt };
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
      job: null,
      attempt: null,
      ...lease,
    };
    const written = await this.#sql.batch([
      ...(await this.#settleCrashed()),
      ...(lease ? [{ text: nameRun, values: { ...lease, id } }] : []),
      { text: insertRun(lease !== undefined), values },
      ...dropOldDetails.map((text) => ({ text, values: { lab: start.lab } })),
      { text: "SELECT id FROM runs WHERE id = @id", values: { id } },
    ]);
    if (start.job && written.at(-1)?.length === 0) throw leaseLost(start.job);
    return new RunRecorder(id, start.lab, (batch, last) => this.#write(batch, last));
  }

  /** The newest run of every lab that ever ran, or the newest with one status. */
  async lastRuns(filter: { status?: RunStatus } = {}): Promise<Map<string, RunInfo>> {
    return readLastRuns(this.#sql, filter.status);
  }

  /** Runs, newest first. */
  async runs(filter: RunFilter = {}): Promise<RunInfo[]> {
    return readRuns(this.#sql, filter);
  }

  /**
   * One run by its id, by a text only its id begins or ends with, or `last`; with `lab` of this one or of one of these only.
   * Errors: LED-005 none, LED-006 several.
   */
  async run(id: string, lab?: string | readonly string[]): Promise<RunDetail> {
    return readRunDetail(this.#sql, await findRun(this.#sql, id, lab));
  }

  /** A run's events in order. Errors: LED-005, LED-006. */
  async events(id: string, filter: EventFilter = {}): Promise<EventInfo[]> {
    return readEvents(this.#sql, (await findRun(this.#sql, id)).id, filter);
  }

  /** Scores of a lab, its layers and tables, newest run first. */
  async scoresHistory(filter: ScoreFilter): Promise<ScoreInfo[]> {
    return readScores(this.#sql, filter);
  }

  /** A lab's own scores, newest run first, without what they are made of. */
  async scoreTrend(lab: string, limit: number): Promise<number[]> {
    return readTrend(this.#sql, lab, limit);
  }

  /** What earlier runs of a lab saw of its tables, newest first: enough to know their rhythm. */
  async tablesSeen(lab: string): Promise<TableSeen[]> {
    return readTablesSeen(this.#sql, lab, new Date());
  }

  /** The newest profiles of a lab's tables (or of one), newest first: at most `limit` of each table, default 2. */
  async tableProfiles(lab: string, options: { name?: string; limit?: number } = {}): Promise<RecordedProfile[]> {
    return readTableProfiles(this.#sql, lab, options);
  }

  /** A text that changes whenever anybody commits to the ledger; cheap to ask for. */
  async version(): Promise<string> {
    return this.#sql.version();
  }

  async close(): Promise<void> {
    await this.#sql.close();
  }

  async #write(batch: Write[], last?: { attempt: AttemptEnd | undefined }): Promise<void> {
    const rows = batch.map(({ statement, values }) => ({ text: writes[statement], values }));
    const end = last?.attempt ? endOfAttempt(last.attempt, new Date()) : [];
    await this.#sql.batch([...rows, ...end], { progress: last === undefined });
  }

  /** What writes down that runs have crashed: their processes are looked at before the ledger is held. */
  async #settleCrashed(): Promise<Statement[]> {
    const unfinished = await this.#sql.all(
      `SELECT ${livenessColumns} FROM runs r LEFT JOIN jobs j ON j.id = r.job WHERE r.status = 'running'`,
    );
    return unfinished.filter(isRunGone).flatMap(({ id = null }) => settleRun.map((text) => ({ text, values: { id } })));
  }
}

const held = "id = @job AND attempt = @attempt AND state = 'running'";

const nameRun = `UPDATE jobs SET run = @id WHERE ${held}`;

/** A run of a job begins only under its lease. */
const insertRun = (leased: boolean) => `INSERT INTO runs (id, lab, trigger_, command, user_, host, pid, process_token,
    started_at, seen_at, status, code_version, config_hash, job, attempt)
  SELECT @id, @lab, @trigger, @command, @user, @host, @pid, @token, @at, @at, 'running', @codeVersion, @configHash, @job,
    @attempt WHERE ${leased ? `EXISTS (SELECT 1 FROM jobs WHERE ${held})` : "1 = 1"}
  ON CONFLICT (id) DO NOTHING`;

const leaseLost = (job: Lease) =>
  ledgerErrors.leaseLost({
    message: `Attempt ${job.attempt} of job ${job.id} has lost its lease: somebody else has it, or it was ended.`,
    hint: "Nothing needs to be done: the job goes on where it is held now.",
  });

/** A few runs at a time: every start makes one run too old, so the rest is only for catching up. */
const oldRuns = `(SELECT id FROM runs WHERE lab = @lab ORDER BY id DESC LIMIT 20 OFFSET ${runsWithDetails})`;
const dropOldDetails = ["events", "models"].map((table) => `DELETE FROM ${table} WHERE run IN ${oldRuns}`);

/** The last sign of life that was written is the nearest thing to the time of death. */
const settleRun = [
  `UPDATE runs SET status = 'crashed', finished_at = (SELECT max(sign) FROM (
      SELECT started_at AS sign FROM runs WHERE id = @id
      UNION ALL SELECT max(time) FROM events WHERE run = @id
      UNION ALL SELECT max(coalesce(finished_at, started_at)) FROM steps WHERE run = @id) signs)
    WHERE id = @id AND status = 'running'`,
  "UPDATE steps SET status = 'crashed' WHERE run = @id AND status = 'running'",
];

/** Writing any of them twice is writing it once. */
const writes: Record<WriteName, string> = {
  alive: "UPDATE runs SET seen_at = @at WHERE id = @run",
  stepStart: `INSERT INTO steps (run, position, name, attempt, status, started_at)
    VALUES (@run, @position, @name, @attempt, 'running', @at) ON CONFLICT (run, position) DO NOTHING`,
  stepFinish: `UPDATE steps SET status = @status, finished_at = @at, rows_ = @rows, error = @error, data = @data
    WHERE run = @run AND position = @position`,
  event: `INSERT INTO events (run, seq, time, level, step, type, text, data)
    VALUES (@run, @seq, @at, @level, @step, @type, @text, @data) ON CONFLICT (run, seq) DO NOTHING`,
  model: `INSERT INTO models (run, unique_id, name, resource_type, status, seconds, rows_, failures, message, relation)
    VALUES (@run, @uniqueId, @name, @resourceType, @status, @seconds, @rows, @failures, @message, @relation)
    ON CONFLICT (run, unique_id) DO UPDATE SET name = excluded.name, resource_type = excluded.resource_type,
      status = excluded.status, seconds = excluded.seconds, rows_ = excluded.rows_, failures = excluded.failures,
      message = excluded.message, relation = excluded.relation`,
  score: `INSERT INTO scores (lab, run, scope, name, score, rows_, parts)
    VALUES (@lab, @run, @scope, @name, @score, @rows, @parts)
    ON CONFLICT (lab, run, scope, name) DO UPDATE SET score = excluded.score, rows_ = excluded.rows_, parts = excluded.parts`,
  profile: `INSERT INTO table_profiles (lab, name, run, at, data)
    SELECT @lab, @name, @run, @at, @data WHERE NOT EXISTS (SELECT 1 FROM table_profiles WHERE lab = @lab AND name = @name
      AND data = @data AND run = (SELECT max(run) FROM table_profiles WHERE lab = @lab AND name = @name))
    ON CONFLICT (lab, name, run) DO UPDATE SET data = excluded.data`,
  profileOld: `DELETE FROM table_profiles WHERE lab = @lab AND name = @name AND run IN (SELECT run FROM table_profiles
    WHERE lab = @lab AND name = @name ORDER BY run DESC LIMIT 20 OFFSET ${profilesKept})`,
  runFinish: "UPDATE runs SET status = @status, finished_at = @at, summary = @summary WHERE id = @run",
};
