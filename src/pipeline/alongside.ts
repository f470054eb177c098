import { setImmediate as nextTurn } from "node:timers/promises";
import { type Database, writeBack } from "#duck/index.ts";
import { readAhead } from "#engine/index.ts";
import type { Lab } from "#registry/index.ts";
import { isTest } from "./expectations.ts";
import type { EngineSettings } from "./transform.ts";
import type { LabEvent } from "./types.ts";

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

/**
 * Writes the log into the database's file once all that makes something has ended, while what is left is read, tested,
 * inspected and published: closing would do it, and have nothing to do meanwhile. Who writes after all waits for it.
 */
export class WriteBack {
  readonly #database: Database;
  #waiting = Number.POSITIVE_INFINITY;
  #done: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Looks for the end of the last node that is no test. */
  observe(event: LabEvent): void {
    if (event.type === "selected") {
      const makers = event.nodes.filter(({ resourceType }) => !isTest(resourceType)).length;
      if (makers > 0) this.#waiting = makers;
    } else if (event.type === "node-finish" && !isTest(event.node.resourceType) && --this.#waiting === 0) this.begin();
  }

  begin(): void {
    this.#done ??= writeBack(this.#database);
  }

  /** Waits until the database is no longer needed. */
  async end(): Promise<void> {
    await this.#done;
  }
}
