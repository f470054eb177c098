import { randomUUID } from "node:crypto";
import type {
  AlertChange,
  AlertMemory,
  ChannelState,
  Delivery,
  DeliveryKind,
  DeliveryMessage,
  Incident,
} from "./alert-types.ts";
import type { Row, Sql, SqlValue, Statement } from "./sql.ts";

/** Incidents that are over and messages that were sent are kept so long. */
const keptMs = 90 * 86_400_000;

/**
 * Open incidents and the messages about them. An evaluation reads the state, works out what follows from it, and commits
 * that only if nobody else committed in between; so any number of processes may do it at once.
 * Errors of all: LED-002, LED-003, LED-007.
 */
export class AlertStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What an evaluation starts from. */
  async state(): Promise<{ version: number; memory: AlertMemory; open: Incident[] }> {
    const [state, open] = await this.#sql.batch([
      { text: "SELECT version, memory FROM alert_state WHERE id = 1" },
      { text: "SELECT * FROM incidents WHERE state = 'open' ORDER BY id" },
    ]);
    const row = state?.[0];
    return {
      version: Number(row?.["version"] ?? 0),
      memory: JSON.parse(String(row?.["memory"] ?? "{}")) as AlertMemory,
      open: (open ?? []).map(incident),
    };
  }

  /**
   * Runs from `since` on, and jobs that failed after `failedSince`, that were not evaluated in the state they have now, oldest first. `before`: the state
   * they were evaluated in. A run whose process is gone is still written as running.
   */
  async unevaluated(
    since: string,
    failedSince: Date,
    limit: number,
  ): Promise<{ kind: "run" | "job"; id: string; before: string | null }[]> {
    const [runs = [], jobs = []] = await this.#sql.batch([
      {
        text: `SELECT r.id AS id, a.status AS before FROM runs r LEFT JOIN alert_runs a ON a.run = r.id
          WHERE r.id >= @since AND (a.run IS NULL OR a.status <> r.status) ORDER BY r.id LIMIT @limit`,
        values: { since, limit },
      },
      {
        text: `SELECT j.id AS id FROM jobs j LEFT JOIN alert_runs a ON a.run = j.id
          WHERE j.state = 'failed' AND j.finished_at > @failedSince AND a.run IS NULL ORDER BY j.id LIMIT @limit`,
        values: { failedSince: failedSince.toISOString(), limit },
      },
    ]);
    return [
      ...runs.map((row) => ({ kind: "run" as const, id: String(row["id"]), before: text(row["before"]) })),
      ...jobs.map((row) => ({ kind: "job" as const, id: String(row["id"]), before: null })),
    ];
  }

  /** Writes what an evaluation came to. False: somebody else was first, and nothing was written. */
  async commit(version: number, change: AlertChange, now: Date): Promise<boolean> {
    const token = randomUUID();
    const mine = "EXISTS (SELECT 1 FROM alert_state WHERE id = 1 AND token = @token)";
    const at = now.toISOString();
    const since = change.memory.since ?? "";
    const old = new Date(now.getTime() - keptMs).toISOString();
    const statements: Statement[] = [
      {
        text: `UPDATE alert_state SET version = version + 1, token = @token, memory = @memory
          WHERE id = 1 AND version = @version RETURNING version`,
        values: { token, version, memory: JSON.stringify(change.memory) },
      },
      ...change.evaluated.map(({ id, status }) => ({
        text: `INSERT INTO alert_runs (run, status, at) SELECT @id, @status, @at WHERE ${mine}
          ON CONFLICT (run) DO UPDATE SET status = excluded.status, at = excluded.at`,
        values: { id, status, at, token },
      })),
      ...change.incidents.map((each) => ({
        text: `INSERT INTO incidents (id, fingerprint, event, state, opened_at, seen_at, seen, over_at, data)
          SELECT @id, @fingerprint, @event, @state, @openedAt, @seenAt, @seen, @overAt, @data WHERE ${mine}
          ON CONFLICT (id) DO UPDATE SET state = excluded.state, seen_at = excluded.seen_at, seen = excluded.seen,
            over_at = excluded.over_at, data = excluded.data`,
        values: { ...incidentValues(each), token },
      })),
      ...change.deliveries.map((each) => ({
        text: `INSERT INTO deliveries (id, channel, kind, event, incidents, state, created_at, attempts)
          SELECT @id, @channel, @kind, @event, @incidents, 'due', @createdAt, 0 WHERE ${mine}`,
        values: { ...each, incidents: JSON.stringify(each.incidents), token },
      })),
      {
        // A job may be looked at for a day after it failed, however old its id.
        text: `DELETE FROM alert_runs WHERE run < @since AND at < @before AND ${mine}`,
        values: { since, before: new Date(now.getTime() - 2 * 86_400_000).toISOString(), token },
      },
      { text: `DELETE FROM incidents WHERE state = 'over' AND over_at < @old AND ${mine}`, values: { old, token } },
      {
        text: `DELETE FROM deliveries WHERE state <> 'due' AND created_at < @old AND ${mine}`,
        values: { old, token },
      },
    ];
    const [first] = await this.#sql.batch(statements);
    return (first ?? []).length > 0;
  }

  /** Incidents, newest first; default: 50. */
  async incidents(filter: { state?: Incident["state"]; limit?: number } = {}): Promise<Incident[]> {
    const { state = null, limit = 50 } = filter;
    const where = state === null ? "" : "WHERE state = @state";
    const rows = await this.#sql.all(`SELECT * FROM incidents ${where} ORDER BY id DESC LIMIT @limit`, {
      limit,
      ...(state !== null && { state }),
    });
    return rows.map(incident);
  }

  async incident(id: string): Promise<Incident | undefined> {
    const [row] = await this.#sql.all("SELECT * FROM incidents WHERE id = @id", { id });
    return row && incident(row);
  }

  /** Messages, newest first; default: 50. */
  async deliveries(limit = 50): Promise<Delivery[]> {
    const rows = await this.#sql.all("SELECT * FROM deliveries ORDER BY id DESC LIMIT @limit", { limit });
    return rows.map(delivery);
  }

  /** What waits to be sent, oldest first. */
  async due(): Promise<Delivery[]> {
    return (await this.#sql.all("SELECT * FROM deliveries WHERE state = 'due' ORDER BY id")).map(delivery);
  }

  /** Adds a message of no incident, rendered already. */
  async enqueue(
    { id, channel, kind, createdAt }: Pick<Delivery, "id" | "channel" | "kind" | "createdAt">,
    message: DeliveryMessage,
  ): Promise<void> {
    await this.#sql.all(
      `INSERT INTO deliveries (id, channel, kind, event, incidents, state, created_at, attempts, message)
       VALUES (@id, @channel, @kind, '', '[]', 'due', @createdAt, 0, @message)`,
      { id, channel, kind, createdAt, message: JSON.stringify(message) },
    );
  }

  /**
   * Takes a channel for sending: one process at a time, until `until`. False when another has it, or when it must wait after
   * a failure. A holder that is killed loses it by time.
   */
  async holdChannel(channel: string, holder: string, now: Date, until: Date): Promise<boolean> {
    const rows = await this.#sql.all(
      `INSERT INTO alert_channels (channel, failures, holder, held_until) VALUES (@channel, 0, @holder, @until)
       ON CONFLICT (channel) DO UPDATE SET holder = @holder, held_until = @until
         WHERE (alert_channels.holder = @holder OR alert_channels.held_until IS NULL OR alert_channels.held_until <= @now)
           AND (alert_channels.next_at IS NULL OR alert_channels.next_at <= @now)
       RETURNING channel`,
      { channel, holder, now: now.toISOString(), until: until.toISOString() },
    );
    return rows.length > 0;
  }

  async releaseChannel(channel: string, holder: string): Promise<void> {
    await this.#sql.all(
      "UPDATE alert_channels SET holder = NULL, held_until = NULL WHERE channel = @channel AND holder = @holder",
      { channel, holder },
    );
  }

  /** Notes that an attempt begins: from now on the message stays as it is. `incidents`: those that it tells of. */
  async attempt(id: string, message: DeliveryMessage, incidents: string[]): Promise<void> {
    await this.#sql.all(
      "UPDATE deliveries SET attempts = attempts + 1, message = @message, incidents = @incidents WHERE id = @id",
      { id, message: JSON.stringify(message), incidents: JSON.stringify(incidents) },
    );
  }

  /** Ends a message: it was sent, it cannot be, or nobody needs it any more. */
  async settle(id: string, state: "sent" | "failed" | "dropped", at: Date, problem: string | null): Promise<void> {
    await this.#sql.all(
      `UPDATE deliveries SET state = @state, problem = @problem, sent_at = CASE WHEN @state = 'sent' THEN @at END
       WHERE id = @id AND state = 'due'`,
      { id, state, at: at.toISOString(), problem },
    );
  }

  /** What an attempt said about the channel itself; `nextAt`: when to try again. */
  async noteChannel(
    channel: string,
    outcome: { ok: true } | { ok: false; problem: string; nextAt: Date | null; delivery?: string },
    at: Date,
  ): Promise<void> {
    const values = { channel, at: at.toISOString() };
    const begin: Statement = {
      text: "INSERT INTO alert_channels (channel, failures) VALUES (@channel, 0) ON CONFLICT (channel) DO NOTHING",
      values: { channel },
    };
    if (outcome.ok) {
      const text = `UPDATE alert_channels SET failures = 0, failing_since = NULL, problem = NULL, next_at = NULL, sent_at = @at
        WHERE channel = @channel`;
      await this.#sql.batch([begin, { text, values }]);
      return;
    }
    const { problem, nextAt, delivery: id } = outcome;
    await this.#sql.batch([
      begin,
      {
        text: `UPDATE alert_channels SET failures = failures + 1, failing_since = coalesce(failing_since, @at),
            problem = @problem, next_at = @nextAt WHERE channel = @channel`,
        values: { ...values, problem, nextAt: nextAt?.toISOString() ?? null },
      },
      ...(id === undefined
        ? []
        : [{ text: "UPDATE deliveries SET problem = @problem WHERE id = @id", values: { id, problem } }]),
    ]);
  }

  async channels(): Promise<Map<string, ChannelState>> {
    const rows = await this.#sql.all("SELECT * FROM alert_channels");
    return new Map(rows.map((row) => [String(row["channel"]), channelState(row)]));
  }

  /** How many messages of each channel are due, and were lost since a time. */
  async counts(since: Date): Promise<Map<string, { due: number; failed: number; problem: string | null }>> {
    const rows = await this.#sql.all(
      `SELECT channel, sum(CASE WHEN state = 'due' THEN 1 ELSE 0 END) AS due,
         sum(CASE WHEN state = 'failed' AND created_at > @since THEN 1 ELSE 0 END) AS failed,
         max(CASE WHEN state = 'failed' AND created_at > @since THEN problem END) AS problem
       FROM deliveries WHERE state IN ('due', 'failed') GROUP BY channel`,
      { since: since.toISOString() },
    );
    return new Map(
      rows.map((row) => [
        String(row["channel"]),
        { due: Number(row["due"]), failed: Number(row["failed"]), problem: text(row["problem"]) },
      ]),
    );
  }

  /** Messages that a channel sent after `since`. */
  async sentSince(channel: string, since: Date): Promise<number> {
    const [row] = await this.#sql.all(
      "SELECT count(*) AS n FROM deliveries WHERE channel = @channel AND state = 'sent' AND sent_at > @since",
      { channel, since: since.toISOString() },
    );
    return Number(row?.["n"] ?? 0);
  }

  /** When a channel was told about an incident last; undefined when it was not. ISO. */
  async lastSent(channel: string, incidentId: string): Promise<string | undefined> {
    const [row] = await this.#sql.all(
      `SELECT max(sent_at) AS at FROM deliveries WHERE channel = @channel AND state = 'sent'
         AND kind IN ('opened', 'repeated') AND incidents LIKE @pattern`,
      { channel, pattern: `%"${incidentId}"%` },
    );
    return text(row?.["at"]) ?? undefined;
  }

  /** Whether a channel was told about an incident, or may have been. */
  async wasTold(channel: string, incidentId: string): Promise<boolean> {
    const rows = await this.#sql.all(
      `SELECT id FROM deliveries WHERE channel = @channel AND attempts > 0 AND kind IN ('opened', 'repeated')
         AND incidents LIKE @pattern LIMIT 1`,
      { channel, pattern: `%"${incidentId}"%` },
    );
    return rows.length > 0;
  }
}

const text = (value: SqlValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

function incidentValues(each: Incident): Record<string, SqlValue> {
  const { id, fingerprint, event, state, openedAt, seenAt, seen, overAt, ...data } = each;
  return { id, fingerprint, event, state, openedAt, seenAt, seen, overAt, data: JSON.stringify(data) };
}

function incident(row: Row): Incident {
  return {
    id: String(row["id"]),
    fingerprint: String(row["fingerprint"]),
    event: String(row["event"]),
    state: String(row["state"]) as Incident["state"],
    openedAt: String(row["opened_at"]),
    seenAt: String(row["seen_at"]),
    seen: Number(row["seen"]),
    overAt: text(row["over_at"]),
    ...(JSON.parse(String(row["data"])) as Pick<Incident, "cause" | "labs" | "told" | "clearSince">),
  };
}

function delivery(row: Row): Delivery {
  const message = text(row["message"]);
  return {
    id: String(row["id"]),
    channel: String(row["channel"]),
    kind: String(row["kind"]) as DeliveryKind,
    event: String(row["event"]),
    incidents: JSON.parse(String(row["incidents"])) as string[],
    state: String(row["state"]) as Delivery["state"],
    createdAt: String(row["created_at"]),
    sentAt: text(row["sent_at"]),
    attempts: Number(row["attempts"]),
    message: message === null ? null : (JSON.parse(message) as DeliveryMessage),
    problem: text(row["problem"]),
  };
}

const channelState = (row: Row): ChannelState => ({
  channel: String(row["channel"]),
  failures: Number(row["failures"]),
  failingSince: text(row["failing_since"]),
  problem: text(row["problem"]),
  nextAt: text(row["next_at"]),
  sentAt: text(row["sent_at"]),
});
