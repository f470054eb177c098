import { setImmediate as nextTurn } from "node:timers/promises";
import { checkpoint, type Database } from "#duck/index.ts";
import { readAhead } from "#engine/index.ts";
import type { Lab } from "#registry/index.ts";
import type { EngineSettings } from "./transform.ts";

/**
 * Reads the lab's dbt project while its database is being opened, which happens on other threads. Not when something of
 * the lab's own runs before the transform: it may write files of the project.
 */
export async function readProjectMeanwhile(
  lab: Lab,
  settings: EngineSettings,
  opening: Promise<unknown>,
): Promise<EngineSettings> {
  const { sources, steps } = lab.config;
  if (sources.some(({ step }) => step !== undefined) || steps.some(({ own }) => own)) return settings;
  // Whoever opens it hears of it.
  opening.catch(() => {});
  await nextTurn();
  return { ...settings, ahead: readAhead(settings.flags, settings) };
}

/** Writes the log into the file while tables are read and published: closing would do it, and have nothing to do meanwhile. */
export async function writeBack(database: Database): Promise<void> {
  const connection = await database.connect();
  try {
    await checkpoint(connection);
  } catch {
    // The log stays valid; closing or the next opening takes it in.
  } finally {
    await connection.close();
  }
}
