import type { DuckDBInstance } from "@duckdb/node-api";
import { binding, bindingNow } from "./binding.ts";
import { Connection } from "./connection.ts";
import { duckErrors } from "./errors.ts";
import { mendTornBlocks } from "./mend.ts";
import { noteClosed, noteOpened } from "./open-paths.ts";
import { discardTornDatabase, isTornDatabase } from "./torn.ts";

export interface OpenOptions {
  readOnly?: boolean;
  /** DuckDB configuration by name, as strings: `{ threads: "4", memory_limit: "4GB" }`. */
  config?: Record<string, string>;
}

/** An open database file (or `:memory:`). Open a file once a process: a second instance would lose writes in silence. */
export class Database {
  readonly path: string;
  readonly #instance: DuckDBInstance;
  readonly #connections = new Set<Connection>();
  #closed = false;

  constructor(path: string, instance: DuckDBInstance) {
    this.path = path;
    this.#instance = instance;
    noteOpened(path);
  }

  async connect(): Promise<Connection> {
    const connection = new Connection(await this.#instance.connect());
    this.#connections.add(connection);
    return connection;
  }

  /** Cancels every running statement of every connection. */
  interrupt(): void {
    for (const connection of this.#connections) connection.interrupt();
  }

  /** Waits for running statements, closes all connections and the file. */
  async close(): Promise<void> {
    for (const connection of this.#connections) await connection.close();
    this.#connections.clear();
    this.#instance.closeSync();
    if (!this.#closed) noteClosed(this.path);
    this.#closed = true;
  }
}

/** The version of the library: `v1.5.5`. */
export const duckdbVersion = (): string => bindingNow().version();

/**
 * Opens a database file, creating it when missing (its folder must exist).
 * Extensions are never downloaded behind the user's back: a missing one is an error at once instead of a stall.
 * A file whose creation was cut short is created again, one whose checkpoint was cut short is repaired.
 * Errors: DUCK-001 when it cannot be opened, DUCK-002 when another process holds it.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Promise<Database> {
  return open(path, options, false);
}

async function open(path: string, options: OpenOptions, again: boolean): Promise<Database> {
  const config: Record<string, string> = {
    autoinstall_known_extensions: "false",
    ...(options.readOnly && path !== ":memory:" ? { access_mode: "READ_ONLY" } : {}),
    ...options.config,
  };
  const { DuckDBInstance } = await binding();
  try {
    return new Database(path, await DuckDBInstance.create(path, config));
  } catch (error) {
    // Its creator is gone: DuckDB locks a file before it reads it, and says so first. Once: on a full disk the next one is
    // cut short as well.
    if (!again && !options.readOnly && path !== ":memory:" && discardTornDatabase(path))
      return open(path, options, true);
    const message = error instanceof Error ? error.message : String(error);
    const damaged = message.includes("computed checksum");
    if (!again && damaged && mendTornBlocks(path)) return open(path, options, true);
    if (/Could not set lock|Conflicting lock/.test(message)) {
      throw duckErrors.locked({
        message: `${path} is in use: ${/\(PID \d+\)[^.]*/.exec(message)?.[0] ?? "another process holds it"}.`,
        hint: "Wait for that process, or stop it; `labs doctor` shows who holds a lab.",
        cause: error,
      });
    }
    throw duckErrors.openFailed({
      message: `${path} cannot be opened as a DuckDB database: ${message}`,
      hint: isTornDatabase(path)
        ? "Its creation was cut short and it holds nothing: the next run creates it again."
        : damaged
          ? "The file is damaged. `labs backup --list` shows the copies that `labs restore` can bring back."
          : "Check that the path is a database file written by this or an older DuckDB and that its folder can be written.",
      cause: error,
    });
  }
}
