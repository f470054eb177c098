import { isLabsError, type LabsError } from "#errors/index.ts";
import { ledgerErrors } from "../errors.ts";

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? "");
const messageOf = (error: unknown): string => {
  const { message, code } = error as { message?: string; code?: string };
  // Several addresses of one name were tried: their collected error has no text of its own.
  return (message || code || String(error)).replace(/\.$/, "");
};

/** The server starts, stops, was cut off, or takes nobody more. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN|ENOTFOUND|ENOENT)/.test(code)) return true;
  if (/^(08|57P0|53300)/.test(code)) return true;
  return code === "" && /terminat|timeout|closed|Connection ended/i.test(messageOf(error));
}

/** Two transactions were in each other's way: the same again, and it goes. */
export const isConflict = (error: unknown): boolean =>
  /^(40001|40P01)$/.test(codeOf(error)) ||
  (codeOf(error) === "23505" && (error as { constraint?: string }).constraint === "jobs_one_running");

/** What PostgreSQL said, as an error for people. */
export function explainPostgres(name: string, error: unknown): LabsError {
  if (isLabsError(error)) return error;
  const code = codeOf(error);
  const message = messageOf(error);
  if (isAway(error)) {
    return ledgerErrors.unreachable({
      message: `The database ${name} cannot be reached: ${message}.`,
      hint: "Check that PostgreSQL runs there and that this host may connect to it.",
      cause: error,
    });
  }
  if (code.startsWith("28") || message.startsWith("SASL")) {
    return ledgerErrors.loginRefused({
      message: `The database ${name} refuses the login: ${message}.`,
      hint: "Check user and password in LABS_DATABASE_URL, and the server's pg_hba.conf.",
      cause: error,
    });
  }
  if (/^(3D000|3F000|42501)$/.test(code)) {
    return ledgerErrors.databaseUnusable({
      message: `The database ${name} cannot be used: ${message}.`,
      hint: "Create it for this user: `CREATE DATABASE name OWNER user`.",
      cause: error,
    });
  }
  if (code === "55P03") {
    return ledgerErrors.locked({
      message: `The ledger in ${name} is locked by another process.`,
      hint: "Look in pg_stat_activity for a transaction that was left open, and end it.",
      cause: error,
    });
  }
  const failed = code === "" || /^(?!\d)/.test(code) ? ledgerErrors.unreachable : ledgerErrors.writeFailed;
  return failed({
    message: `The database ${name} ${failed === ledgerErrors.writeFailed ? "refused a statement" : "cannot be reached"}: ${message}.`,
    hint: "Look into PostgreSQL's log.",
    cause: error,
  });
}
