import { copyFileSync, existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readHeaders } from "#duck/index.ts";
import { ingestErrors } from "../errors.ts";

const attempts = 40;

/**
 * Copies a database file and its log as they were at one moment, also while another process writes to it. Between two
 * checkpoints a DuckDB file changes only where nothing refers to, and its log only at the end: so the log is copied
 * first, and the copy counts when no checkpoint came between. A block of metadata that a checkpoint was just writing has a
 * wrong checksum in the copy, which its verification tells. Never call it in the process that has the file open: closing
 * a second descriptor drops that process's lock. Errors: ING-013, ING-021 when checkpoints never pause.
 */
export async function copyDatabase(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const log = `${from}.wal`;
  for (let attempt = 0; attempt < attempts; attempt++) {
    signal?.throwIfAborted();
    rmSync(`${to}.wal`, { force: true });
    try {
      const before = readHeaders(from);
      const logged = statSync(log, { throwIfNoEntry: false });
      if (logged) {
        copyFileSync(log, `${to}.wal`);
        truncateSync(`${to}.wal`, Math.min(logged.size, statSync(`${to}.wal`).size));
      }
      copyFileSync(from, to);
      const now = statSync(log, { throwIfNoEntry: false });
      const sameLog = logged === undefined || (now?.ino === logged.ino && now.size >= logged.size);
      // A checkpoint under way keeps commits in a second log.
      if (
        readHeaders(from).equals(before) &&
        sameLog &&
        ![".checkpoint", ".recovery"].some((end) => existsSync(log + end))
      )
        return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The log is gone between two looks: a checkpoint.
      if (code !== "ENOENT" || !existsSync(from)) throw cannotCopy(from, to, error);
    }
    await sleep(100 + attempt * 25, undefined, { signal });
  }
  throw ingestErrors.badBackup({
    message: `${from} was checkpointed again and again while it was copied.`,
    place: { file: from },
    hint: "Back the lab up while no run is writing to it.",
  });
}

function cannotCopy(from: string, to: string, error: unknown) {
  return ingestErrors.notWritable({
    message: `${from} cannot be copied to ${to}: ${error instanceof Error ? error.message : String(error)}.`,
    place: { file: to },
    hint: "Free some space, or name another folder with `--to`.",
    cause: error,
  });
}
