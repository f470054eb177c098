import { serverErrors } from "./errors.ts";

/** What became of listening on an address. The result: SRV-001, or the error itself when it is of another kind. */
export function bindError(error: unknown, host: string, port: number): unknown {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (!/^E(ADDR|ACCES|NOTFOUND|AI_AGAIN)/.test(code)) return error;
  return serverErrors.portTaken({
    message: `The page cannot be served on ${host}:${port}: ${message}.`,
    hint: "Choose another with --port, or leave it out.",
    cause: error,
  });
}
