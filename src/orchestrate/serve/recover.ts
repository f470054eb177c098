import { hostname } from "node:os";
import type { ErrorJson } from "#errors/index.ts";
import type { JobStore, WorkerInfo } from "#ledger/index.ts";
import type { Pool } from "./pool.ts";
import type { ServerEvent } from "./protocol.ts";

/** A sign of life this often. */
export const heartbeatMs = 5_000;

/** Puts jobs back into the queue that nobody runs any more. */
export async function recoverJobs(store: JobStore, pool: Pool): Promise<void> {
  const now = new Date();
  const workers = new Map((await store.workers(now)).map((worker) => [worker.id, worker]));
  await pool.recover((id) => isGone(workers.get(id)), now);
}

/**
 * Surely gone; one that nobody remembers is as well. Silence of another host proves nothing: after an outage of the database
 * everybody was silent. There the lease decides.
 */
const isGone = (worker: WorkerInfo | undefined): boolean =>
  worker === undefined || worker.stoppedAt !== null || (worker.host === hostname() && !worker.alive);

/** Passes events on, the same problem, such as a full disk, once a minute. */
export function withoutRepeats(onEvent: (event: ServerEvent) => void): (event: ServerEvent) => void {
  const toldAt = new Map<string, number>();
  const isNews = ({ code, message }: ErrorJson): boolean => {
    const text = `${code}: ${message}`;
    const now = Date.now();
    const news = now - (toldAt.get(text) ?? 0) >= 60_000;
    if (news) toldAt.set(text, now);
    if (toldAt.size > 1_000) toldAt.clear();
    return news;
  };
  return (event) => {
    if (event.type !== "problem" || isNews(event.error)) onEvent(event);
  };
}
