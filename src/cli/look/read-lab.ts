import { setTimeout as sleep } from "node:timers/promises";
import { type Database, interruptOnAbort, isTornDatabase, openDatabase } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { qualityErrors } from "#quality/index.ts";
import { acquireLabLock, describeHolder, type Lab, type LabLock } from "#registry/index.ts";
import type { Io } from "../io.ts";

/**
 * Opens a lab's database for reading, does something with it and closes it. Holds the lab's lock meanwhile, since even a
 * reader keeps DuckDB from writing: a run that starts now waits a moment instead of failing. While the lab is busy it
 * says who holds it and waits. Errors: REG-014 and DUCK-002 with `wait: false`, QUAL-004 without a database.
 */
export async function readLab<T>(
  lab: Lab,
  options: { io: Io; wait: boolean; command: string },
  action: (database: Database) => Promise<T>,
): Promise<T> {
  const lock = await lockOf(lab, options);
  try {
    const database = await open(lab, options);
    const done = interruptOnAbort(database, options.io.signal);
    try {
      return await action(database);
    } finally {
      done();
      await database.close();
    }
  } finally {
    lock?.release();
  }
}

async function lockOf(lab: Lab, options: { io: Io; wait: boolean; command: string }): Promise<LabLock | undefined> {
  const { io } = options;
  try {
    return await acquireLabLock(lab, {
      command: options.command,
      wait: options.wait,
      signal: io.signal,
      onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
    });
  } catch (error) {
    // Somebody who may only read this workspace cannot lock it, and can still look.
    if (isLabsError(error) && (error.code === "REG-010" || error.code === "REG-011")) return undefined;
    throw error;
  }
}

async function open(lab: Lab, options: { io: Io; wait: boolean }): Promise<Database> {
  for (let told = false; ; ) {
    try {
      return await openDatabase(lab.paths.database, {
        readOnly: true,
        // A view may read files by a path that is relative to the project.
        config: { file_search_path: lab.paths.dbtProject },
      });
    } catch (error) {
      if (!isLabsError(error)) throw error;
      const torn = error.code === "DUCK-001" && isTornDatabase(lab.paths.database);
      if (torn || (error.code === "DUCK-001" && /does not exist/i.test(error.message))) {
        throw qualityErrors.databaseMissing({
          message: `The lab ${lab.name} has no database yet: ${lab.paths.database} ${torn ? "was never finished" : "does not exist"}.`,
          hint: `Run \`labs run ${lab.name}\` first.`,
          cause: error,
        });
      }
      if (error.code !== "DUCK-002" || !options.wait) throw error;
      if (!told) options.io.err(`${error.message} Waiting; ctrl-C stops.\n`);
      told = true;
      await sleep(200, undefined, { signal: options.io.signal });
    }
  }
}
