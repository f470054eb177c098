import { endOfAttempt, type Insertion, insertion, provided } from "./job-statements.ts";
import type { AttemptEnd, JobFilter, JobInfo, JobRequest, JobState, LabState, Lease, WorkerInfo } from "./job-types.ts";
import { isGone } from "./liveness.ts";
import { thisProcess, userName } from "./process-identity.ts";
import { ofLabs, type Row, type Sql, type Statement } from "./sql.ts";

/**
 * The queue of a workspace and what scheduling remembers, in the ledger. A lab has at most one running job, which the
 * database itself guards. Every method is one transaction. Errors of all: LED-002, LED-003, LED-007.
 */
export class JobStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Adds jobs, all or none; gives those that are new. A request whose `dedupe` is known already adds nothing. */
  async enqueue(requests: JobRequest[]): Promise<JobInfo[]> {
    return this.#add([], requests.map(insertion));
  }

  /** Also when the database did it already and its answer was lost. */
  async #add(before: Statement[], insertions: Insertion[], after: Statement[] = []): Promise<JobInfo[]> {
    const ids = insertions.map(({ values }) => values.id);
    const found = ids.map((id) => ({ text: "SELECT * FROM jobs WHERE id = @id", values: { id } }));
    const rows = await this.#sql.batch([...before, ...insertions, ...after, ...found]);
    return rows
      .slice(rows.length - found.length)
      .flat()
      .map(jobInfo);
  }

  /**
   * Takes the most urgent job that may run now: by priority, then by due time. Not of labs that have a running job or
   * are paused (what a person asked for runs all the same), nor behind another lab's job that will run. Undefined when
   * there is none.
   */
  async claim(worker: string, now: Date, leaseMs: number): Promise<JobInfo | undefined> {
    const rows = await this.#sql.all(
      `UPDATE jobs SET state = 'running', worker = @worker, lease_until = @until, attempt = attempt + 1,
         started_at = coalesce(started_at, @now), message = NULL
       WHERE state = 'queued' AND id = (
         SELECT j.id FROM jobs j LEFT JOIN lab_states s ON s.lab = j.lab
         WHERE j.state = 'queued' AND j.not_before <= @now
           AND (s.paused_at IS NULL OR j.trigger_ IN ('cli', 'api'))
           AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.lab = j.lab AND r.state = 'running')
           AND (j.behind IS NULL OR NOT EXISTS (
             SELECT 1 FROM jobs a LEFT JOIN lab_states p ON p.lab = a.lab
             WHERE a.state IN ('queued', 'running') AND a.due_at <= j.due_at
               AND replace(j.behind, ' ' || a.lab || ' ', '') <> j.behind
               AND (a.state = 'running' OR p.paused_at IS NULL OR a.trigger_ IN ('cli', 'api'))))
         ORDER BY j.priority DESC, j.due_at, j.id LIMIT 1)
       RETURNING *`,
      { worker, now: now.toISOString(), until: later(now, leaseMs) },
    );
    return rows[0] && jobInfo(rows[0]);
  }

  /** Keeps a lease. Undefined: it is lost, and its holder must stop writing at once. */
  async renew(
    { id, attempt }: Lease,
    now: Date,
    leaseMs: number,
  ): Promise<{ until: string; cancelBy: string | null } | undefined> {
    const [row] = await this.#sql.all(
      `UPDATE jobs SET lease_until = @until WHERE id = @id AND attempt = @attempt AND state = 'running'
       RETURNING lease_until, cancel_by`,
      { id, attempt, until: later(now, leaseMs) },
    );
    return row && { until: row["lease_until"] as string, cancelBy: row["cancel_by"] as string | null };
  }

  /**
   * Ends an attempt, and adds the jobs that follow from it in the same transaction, or puts it back. False when the lease was
   * lost: then nothing was written.
   */
  async finish(lease: Lease, outcome: AttemptEnd["outcome"], now: Date, next: JobRequest[] = []): Promise<boolean> {
    const rows = await this.#sql.batch(endOfAttempt({ lease, outcome, next }, now));
    return (rows.at(-1) ?? []).length > 0;
  }

  /**
   * Puts a job back whose attempt ended without an outcome, at once at first, then after ever longer pauses. After `most`
   * of them in all it failed: something about it kills its workers. Does nothing when the lease is not the given one.
   */
  async interrupt({ id, attempt }: Lease, why: string, now: Date, most: number): Promise<JobInfo | undefined> {
    const [row] = await this.#sql.all(
      `UPDATE jobs SET
         state = CASE WHEN cancel_by IS NOT NULL THEN 'cancelled' WHEN interruptions + 1 >= @most THEN 'failed' ELSE 'queued' END,
         finished_at = CASE WHEN cancel_by IS NOT NULL OR interruptions + 1 >= @most THEN @now END,
         not_before = CASE WHEN interruptions < 3 THEN not_before WHEN interruptions < 6 THEN @soon ELSE @later END,
         interruptions = interruptions + 1, worker = NULL, lease_until = NULL, message = @why
       WHERE id = @id AND attempt = @attempt AND state = 'running' RETURNING *`,
      { id, attempt, why, now: now.toISOString(), soon: later(now, 1_000), later: later(now, 10_000), most },
    );
    return row && jobInfo(row);
  }

  /** Names the run of an attempt. False when the lease is lost. */
  async noteRun({ id, attempt }: Lease, run: string): Promise<boolean> {
    const rows = await this.#sql.all(
      "UPDATE jobs SET run = @run WHERE id = @id AND attempt = @attempt AND state = 'running' RETURNING id",
      { id, attempt, run },
    );
    return rows.length > 0;
  }

  /** Cancels what waits, and asks the worker of what runs to stop. Undefined when it has ended already, or never was. */
  async cancel(id: string, by: string, now: Date): Promise<JobInfo | undefined> {
    const [row] = await this.#sql.all(
      `UPDATE jobs SET cancel_by = coalesce(cancel_by, @by), message = 'Cancelled by ' || @by || '.',
         finished_at = CASE WHEN state = 'queued' THEN @now END,
         state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
       WHERE id = @id AND state IN ('queued', 'running') RETURNING *`,
      { id, by, now: now.toISOString() },
    );
    return row && jobInfo(row);
  }

  /** Jobs, newest first. */
  async jobs(filter: JobFilter = {}): Promise<JobInfo[]> {
    const values: Record<string, string | number> = { limit: filter.limit ?? 50 };
    const labs = ofLabs("lab", filter.lab);
    Object.assign(values, labs.values);
    const conditions = [labs.condition];
    if (filter.states) {
      const names = filter.states.map((state, i) => {
        values[`state${i}`] = state;
        return `@state${i}`;
      });
      conditions.push(`state IN (${names.join(", ") || "NULL"})`);
    }
    const rows = await this.#sql.all(
      `SELECT * FROM jobs WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT @limit`,
      values,
    );
    return rows.map(jobInfo);
  }

  /** Forgets jobs that ended before a time; gives how many. */
  async prune(before: Date): Promise<number> {
    const rows = await this.#sql.all(
      "DELETE FROM jobs WHERE state IN ('ok', 'failed', 'cancelled') AND finished_at < @before RETURNING id",
      { before: before.toISOString() },
    );
    return rows.length;
  }

  async job(id: string): Promise<JobInfo | undefined> {
    const [row] = await this.#sql.all("SELECT * FROM jobs WHERE id = @id", { id });
    return row && jobInfo(row);
  }

  /** The earliest time at which a queued job may run. */
  async nextStart(): Promise<string | undefined> {
    const [row] = await this.#sql.all("SELECT min(not_before) AS at FROM jobs WHERE state = 'queued'");
    return (row?.["at"] as string | null) ?? undefined;
  }

  /** What is remembered of every lab that anything is remembered of. */
  async labStates(): Promise<Map<string, LabState>> {
    const rows = await this.#sql.all("SELECT * FROM lab_states");
    return new Map(rows.map((row) => [row["lab"] as string, labState(row)]));
  }

  /** Keeps schedules from running a lab; pausing twice keeps the first word. */
  async pause(lab: string, by: string, why: string | null, now: Date): Promise<void> {
    await this.#sql.all(
      `INSERT INTO lab_states (lab, paused_at, paused_by, paused_why) VALUES (@lab, @now, @by, @why)
       ON CONFLICT (lab) DO UPDATE SET paused_at = coalesce(lab_states.paused_at, excluded.paused_at),
         paused_by = coalesce(lab_states.paused_by, excluded.paused_by),
         paused_why = coalesce(lab_states.paused_why, excluded.paused_why)`,
      { lab, by, why, now: now.toISOString() },
    );
  }

  /** Lets schedules run a lab again; false when it was not paused. */
  async resume(lab: string): Promise<boolean> {
    const rows = await this.#sql.all(
      `UPDATE lab_states SET paused_at = NULL, paused_by = NULL, paused_why = NULL
       WHERE lab = @lab AND paused_at IS NOT NULL RETURNING lab`,
      { lab },
    );
    return rows.length > 0;
  }

  /** Remembers up to when due times were dealt with, and adds their jobs, in one transaction. */
  async schedule(lab: string, hash: string, until: string, requests: JobRequest[]): Promise<JobInfo[]> {
    const remember = {
      text: `INSERT INTO lab_states (lab, scheduled_until, schedule_hash) VALUES (@lab, @until, @hash)
        ON CONFLICT (lab) DO UPDATE SET scheduled_until = excluded.scheduled_until, schedule_hash = excluded.schedule_hash`,
      values: { lab, until, hash },
    };
    return this.#add([remember], requests.map(insertion));
  }

  /** Remembers what lies in a raw folder, and adds the job for it, in one transaction. Somebody who saw the same later adds nothing. */
  async filesSeen(lab: string, seen: string, requests: JobRequest[]): Promise<JobInfo[]> {
    const news = "NOT EXISTS (SELECT 1 FROM lab_states WHERE lab = @lab AND files_seen = @seen)";
    const remember = {
      text: `INSERT INTO lab_states (lab, files_seen) VALUES (@lab, @seen)
        ON CONFLICT (lab) DO UPDATE SET files_seen = excluded.files_seen`,
      values: { lab, seen },
    };
    return this.#add(
      [],
      requests.map((request) => provided(news, insertion(request), { lab, seen })),
      [remember],
    );
  }

  /** Calls back when any process changed the queue, where the database tells; the queue must be looked at now and then anyway. */
  async onChange(listener: () => void): Promise<() => Promise<void>> {
    return (await this.#sql.onQueue?.(listener)) ?? (async () => {});
  }

  /** Says that this process is there. */
  async beat(id: string, kind: WorkerInfo["kind"], now: Date, info: Record<string, unknown>): Promise<void> {
    const me = thisProcess();
    await this.#sql.all(
      `INSERT INTO workers (id, kind, host, pid, process_token, user_, started_at, seen_at, info)
       VALUES (@id, @kind, @host, @pid, @token, @user, @now, @now, @info)
       ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, info = excluded.info`,
      {
        id,
        kind,
        host: me.host,
        pid: me.pid,
        token: me.token,
        user: userName(),
        now: now.toISOString(),
        info: JSON.stringify(info),
      },
    );
  }

  /** Says that this process is gone. */
  async retire(id: string, now: Date): Promise<void> {
    await this.#sql.all("UPDATE workers SET stopped_at = @now WHERE id = @id", { id, now: now.toISOString() });
  }

  /** Processes that did not say goodbye, and those that did within the last `keepMs`; older ones are forgotten. */
  async workers(now: Date, keepMs = 7 * 86_400_000): Promise<WorkerInfo[]> {
    const [, rows = []] = await this.#sql.batch([
      { text: "DELETE FROM workers WHERE seen_at < @oldest", values: { oldest: later(now, -keepMs) } },
      { text: "SELECT * FROM workers ORDER BY started_at DESC, id" },
    ]);
    return rows.map((row) => workerInfo(row, now));
  }
}

const later = (now: Date, ms: number) => new Date(now.getTime() + ms).toISOString();

const parsed = <T>(text: unknown): T | null => (typeof text === "string" ? (JSON.parse(text) as T) : null);

function jobInfo(row: Row): JobInfo {
  const text = (name: string) => row[name] as string | null;
  return {
    id: row["id"] as string,
    lab: row["lab"] as string,
    state: row["state"] as JobState,
    priority: Number(row["priority"]),
    trigger: row["trigger_"] as string,
    command: row["command"] as string,
    user: row["user_"] as string,
    options: parsed(row["options"]) ?? {},
    dedupe: text("dedupe"),
    dueAt: row["due_at"] as string,
    notBefore: row["not_before"] as string,
    createdAt: row["created_at"] as string,
    startedAt: text("started_at"),
    finishedAt: text("finished_at"),
    attempt: Number(row["attempt"]),
    failures: Number(row["failures"]),
    interruptions: Number(row["interruptions"]),
    worker: text("worker"),
    leaseUntil: text("lease_until"),
    cancelBy: text("cancel_by"),
    run: text("run"),
    message: text("message"),
    error: parsed(row["error"]),
  };
}

function labState(row: Row): LabState {
  const at = row["paused_at"] as string | null;
  return {
    lab: row["lab"] as string,
    paused:
      at === null ? null : { at, by: row["paused_by"] as string, why: (row["paused_why"] as string | null) ?? null },
    scheduledUntil: row["scheduled_until"] as string | null,
    scheduleHash: row["schedule_hash"] as string | null,
    filesSeen: row["files_seen"] as string | null,
  };
}

function workerInfo(row: Row, now: Date): WorkerInfo {
  const stoppedAt = row["stopped_at"] as string | null;
  return {
    id: row["id"] as string,
    kind: row["kind"] as WorkerInfo["kind"],
    host: row["host"] as string,
    pid: Number(row["pid"]),
    user: row["user_"] as string,
    startedAt: row["started_at"] as string,
    seenAt: row["seen_at"] as string,
    stoppedAt,
    alive: stoppedAt === null && !isGone(row, now.getTime()),
    info: parsed(row["info"]) ?? {},
  };
}
