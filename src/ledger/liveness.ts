import { hostname } from "node:os";
import { isAlive } from "./process-identity.ts";
import type { Row } from "./sql.ts";

/** A run says this often that it is there. */
export const signOfLifeMs = 10_000;
/** A process of another host that was silent for so long is gone. */
export const silenceMs = 60_000;

/**
 * Whether the process of a row (`host`, `pid`, `process_token`, `seen_at`) is gone: on this host by looking, on another one
 * by its silence.
 */
export function isGone(row: Row, now: number = Date.now()): boolean {
  const identity = {
    host: String(row["host"]),
    pid: Number(row["pid"]),
    token: String(row["process_token"]),
  };
  if (identity.host === hostname()) return !isAlive(identity);
  const seen = row["seen_at"];
  return typeof seen === "string" && Date.parse(seen) < now - silenceMs;
}

/** Columns that {@link isRunGone} needs, of `runs r LEFT JOIN jobs j ON j.id = r.job`. */
export const livenessColumns = "r.*, j.state AS job_state, j.attempt AS job_attempt";

/** The same of a run. On another host one that lost its lease is gone whatever it still does: it may write no more. */
export function isRunGone(row: Row): boolean {
  if (isGone(row)) return true;
  if (row["host"] === hostname() || row["job"] === null) return false;
  return row["job_state"] !== "running" || Number(row["job_attempt"]) !== Number(row["attempt"]);
}
