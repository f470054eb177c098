import { type Connection, confine, type Database, interruptOnAbort } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { type KeptVersion, connectPublished, openPublished, publishedVersions, publishErrors } from "#publish/index.ts";
import type { Lab } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";
import type { Grid } from "../types.ts";
import { cellOf } from "./cells.ts";
import { isRelation, requireOneSelect, toldAsConfined } from "./questions.ts";

/** What a question may take of the machine. */
const settings = { threads: "2", memory_limit: "1GB", temp_directory: "" };
/** Questions side by side; the others wait. */
const sideBySide = 4;
const mostWaiting = 50;
const queryMs = 30_000;

/**
 * Questions to what labs have published. Each has a database of its own, read-only and confined: it reaches no file, no
 * network, no other database and no setting, and nothing of it stays behind.
 */
export class Snapshots {
  readonly #questions = new Map<string, AbortController>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** The version that readers see, or the one that is named. Errors: PUB-001, PUB-002. */
  version(lab: Lab, wanted?: string): KeptVersion {
    const all = publishedVersions(lab.paths.database);
    const found = all.find((each) => (wanted === undefined ? each.current : each.version === wanted));
    if (found) return found;
    if (wanted === undefined)
      throw publishErrors.nothingPublished({
        message: `Nothing of ${lab.name} is published yet.`,
        hint: "Run the lab: it publishes when models, tests and score allow it.",
      });
    throw publishErrors.versionUnknown({ message: `There is no published version ${wanted} of ${lab.name}.` });
  }

  /** Does something with a snapshot. Errors: PUB-001, PUB-002, SRV-009, SRV-013, DUCK-003. */
  async use<T>(
    lab: Lab,
    options: { version?: string; signal?: AbortSignal; id?: string; timeoutMs?: number },
    action: (connection: Connection, version: string) => Promise<T>,
  ): Promise<T> {
    const version = this.version(lab, options.version).version;
    await this.#turn();
    const own = new AbortController();
    const limit = AbortSignal.timeout(options.timeoutMs ?? queryMs);
    const signal = AbortSignal.any([own.signal, limit, ...(options.signal ? [options.signal] : [])]);
    if (options.id !== undefined) this.#questions.set(options.id, own);
    let database: Database | undefined;
    try {
      // The current one by the name that readers use, so that names with a catalog mean the same.
      database = await openPublished(lab.paths.database, options.version);
      const connection = await connectPublished(database);
      for (const [name, value] of Object.entries(settings)) await connection.run(`SET ${name} = '${value}'`);
      await confine(connection);
      const done = interruptOnAbort(database, signal);
      try {
        return await action(connection, version);
      } catch (error) {
        if (!isLabsError(error) || error.code !== "DUCK-004" || !limit.aborted) throw toldAsConfined(error);
        throw serverErrors.timedOut({
          message: `The query was stopped after ${(options.timeoutMs ?? queryMs) / 1000} seconds.`,
          hint: "Narrow it down with WHERE or fewer columns; `labs query` has no limit.",
          cause: error,
        });
      } finally {
        done();
      }
    } finally {
      if (options.id !== undefined) this.#questions.delete(options.id);
      await database?.close();
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Stops a question that was asked with an id; false when it has ended. */
  cancel(id: string): boolean {
    const found = this.#questions.get(id);
    found?.abort();
    return found !== undefined;
  }

  /** Runs one SELECT that somebody has written. Errors: SRV-012, SRV-013, SRV-015, DUCK-003, PUB-001, PUB-002. */
  ask(
    lab: Lab,
    sql: string,
    limit: number,
    options: { version?: string; signal?: AbortSignal; id?: string },
  ): Promise<Grid> {
    return this.use(lab, options, async (connection, version) => {
      await requireOneSelect(connection, sql);
      const started = performance.now();
      const text = sql.replace(/[;\s]+$/, "");
      const { columns, rows } = await connection.query(isRelation(text) ? `FROM (${text}\n) LIMIT ${limit + 1}` : text);
      return {
        columns: columns.map(({ name, type }) => ({ name, type })),
        rows: rows.slice(0, limit).map((row) => row.map(cellOf)),
        total: rows.length > limit ? null : rows.length,
        more: rows.length > limit,
        seconds: (performance.now() - started) / 1000,
        version,
      };
    });
  }

  async #turn(): Promise<void> {
    if (this.#running >= sideBySide) {
      if (this.#waiting.length >= mostWaiting)
        throw serverErrors.tooMany({ message: "Too many questions are being asked at once.", hint: "Try again." });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}
