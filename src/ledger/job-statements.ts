import type { AttemptEnd, JobOutcome, JobRequest, Lease } from "./job-types.ts";
import { userName } from "./process-identity.ts";
import { newRunId } from "./run-id.ts";
import type { SqlValue, Statement } from "./sql.ts";

/** True of the job of an attempt that nobody has taken over. */
const held = "id = @id AND attempt = @attempt AND state = 'running'";
const caused = "(SELECT 1 FROM jobs c WHERE c.id = @cause AND c.attempt = @causeAttempt AND c.state = 'running')";

/**
 * Ends an attempt and adds the jobs that follow from it, or puts it back. Nothing when its lease was lost, so that doing it
 * twice is doing it once. The last statement gives a row when it was done.
 */
export function endOfAttempt({ lease, outcome, next }: AttemptEnd, now: Date): Statement[] {
  if (typeof outcome === "string") return [putBack(lease, outcome)];
  // Only an attempt that still holds its lease may cause anything.
  const cause = { cause: lease.id, causeAttempt: lease.attempt };
  const followers = next.map((request) => provided(`EXISTS ${caused}`, insertion(request), cause));
  return [...followers, ending(lease, outcome, now)];
}

function ending({ id, attempt }: Lease, outcome: JobOutcome, now: Date): Statement {
  const { state, message, error, retryAt } = outcome;
  const values = { id, attempt, now: now.toISOString(), message, error: error ? JSON.stringify(error) : null };
  if (retryAt !== undefined && state === "failed")
    return {
      text: `UPDATE jobs SET state = CASE WHEN cancel_by IS NULL THEN 'queued' ELSE 'cancelled' END,
          not_before = @retryAt, failures = failures + 1, worker = NULL, lease_until = NULL,
          finished_at = CASE WHEN cancel_by IS NULL THEN NULL ELSE @now END, message = @message, error = @error
        WHERE ${held} RETURNING id`,
      values: { ...values, retryAt },
    };
  return {
    text: `UPDATE jobs SET state = @state, failures = failures + @failed, worker = NULL, lease_until = NULL,
        finished_at = @now, message = @message, error = @error
      WHERE ${held} RETURNING id`,
    values: { ...values, state, failed: state === "failed" ? 1 : 0 },
  };
}

/** Puts a job back that was stopped on purpose before it was done: it counts as nothing. */
export const putBack = ({ id, attempt }: Lease, why: string): Statement => ({
  text: `UPDATE jobs SET state = 'queued', worker = NULL, lease_until = NULL, message = @why WHERE ${held} RETURNING id`,
  values: { id, attempt, why },
});

/** A new row of the queue; nothing happens when its `dedupe` is known already. */
export type Insertion = Statement & { values: NonNullable<Statement["values"]> & { id: string } };

/** An insertion that happens only when a condition holds. */
export const provided = (
  condition: string,
  { text, values }: Insertion,
  more: Record<string, SqlValue>,
): Insertion => ({
  text: text.replace(/VALUES \(([^)]*)\)/, (_, list: string) => `SELECT ${list} WHERE ${condition}`),
  values: { ...values, ...more },
});

/** What adds a job to the queue. */
export function insertion(request: JobRequest): Insertion {
  const created = new Date().toISOString();
  const behind = request.behind?.length ? request.behind : undefined;
  return {
    text: `INSERT INTO jobs (id, lab, state, priority, trigger_, command, user_, options, dedupe, due_at, not_before,
        created_at, attempt, failures, interruptions, behind, message)
      VALUES (@id, @lab, 'queued', @priority, @trigger, @command, @user, @options, @dedupe, @due, @due, @created, 0, 0, 0,
        @behind, @message)
      ON CONFLICT DO NOTHING`,
    values: {
      id: newRunId(),
      lab: request.lab,
      priority: request.priority ?? 0,
      trigger: request.trigger,
      command: request.command,
      user: request.user ?? userName(),
      options: JSON.stringify(request.options ?? {}),
      dedupe: request.dedupe ?? null,
      due: request.dueAt ?? created,
      created,
      behind: behind === undefined ? null : ` ${behind.join("  ")} `,
      message: behind === undefined ? null : `Behind ${behind.join(", ")}.`,
    },
  };
}
