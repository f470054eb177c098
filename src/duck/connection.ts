import type { DuckDBConnection, DuckDBMaterializedResult, DuckDBValue, Json } from "@duckdb/node-api";
import { binding } from "./binding.ts";
import { duckErrors } from "./errors.ts";

/** A value as DuckDB's binding gives it: `bigint` for BIGINT and wider, value objects for DECIMAL, DATE, TIMESTAMP, LIST … */
export type SqlValue = DuckDBValue;

export interface Column {
  name: string;
  /** DuckDB's own spelling: `DECIMAL(9,2)`, `INTEGER[]`. */
  type: string;
}

export interface QueryResult {
  columns: Column[];
  /** In column order. */
  rows: SqlValue[][];
  /** Rows inserted, updated or deleted by the last statement. */
  rowsChanged: number;
}

/** One connection to an open database. Statements on it run one after another; cancel with {@link interrupt}. */
export class Connection {
  readonly #raw: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(raw: DuckDBConnection) {
    this.#raw = raw;
  }

  /**
   * Runs one or more statements and returns the result of the last one.
   * Errors: DUCK-003 with DuckDB's message (`Binder Error: …`), DUCK-004 after {@link interrupt}.
   */
  async query(sql: string, parameters?: SqlValue[]): Promise<QueryResult> {
    const result = await this.#enqueue(sql, parameters);
    // The result is in memory: reading it through promises would cost a trip to the thread pool for each chunk.
    const rows: SqlValue[][] = [];
    for (let i = 0; i < result.chunkCount; i++) result.getChunk(i).appendToRows(rows);
    let columns: Column[] | undefined;
    return {
      get columns() {
        return (columns ??= columnsOf(result));
      },
      rows,
      get rowsChanged() {
        return result.rowsChanged;
      },
    };
  }

  /** Like {@link query}, without reading the result. */
  async run(sql: string, parameters?: SqlValue[]): Promise<void> {
    await this.#enqueue(sql, parameters);
  }

  /** Rows as plain objects: numbers where they are exact, text for what JSON has no type for. For reports and tests. */
  async objects<T extends Record<string, Json> = Record<string, Json>>(
    sql: string,
    parameters?: SqlValue[],
  ): Promise<T[]> {
    const result = await this.#enqueue(sql, parameters);
    return (await result.getRowObjectsJson()) as T[];
  }

  /** Runs the statements of a text one by one and returns how many rows they inserted, updated or deleted in all. */
  async runAll(sql: string): Promise<number> {
    let rows = 0;
    const texts = await this.#enqueueing(sql, () => this.#raw.extractStatements(sql));
    for (let i = 0; i < texts.count; i++) {
      // A later statement may need what an earlier one made.
      const result = await this.#enqueueing(sql, async () => (await texts.prepare(i)).run());
      rows += result.rowsChanged;
    }
    return rows;
  }

  /** Number of statements in a text, as DuckDB's own parser counts. */
  async statementCount(sql: string): Promise<number> {
    return (await this.#raw.extractStatements(sql)).count;
  }

  /**
   * The kind of each statement of a text as DuckDB calls it: `SELECT`, `COPY`; empty for one behind the first that cannot be
   * prepared before those before it ran. Runs nothing. Errors: DUCK-003.
   */
  async statementTypes(sql: string): Promise<string[]> {
    const { StatementType } = await binding();
    try {
      const statements = await this.#raw.extractStatements(sql);
      const types: string[] = [];
      for (let i = 0; i < statements.count; i++) {
        const prepared = await statements.prepare(i).catch((error: unknown) => {
          if (i === 0) throw error;
        });
        types.push(prepared ? (StatementType[prepared.statementType] ?? "") : "");
        prepared?.destroySync();
      }
      return types;
    } catch (error) {
      throw queryError(error, sql);
    }
  }

  /** Percentage of the running statement, or -1 when unknown. */
  get progress(): number {
    return this.#raw.progress.percentage;
  }

  /** Cancels the running statement; its promise rejects with DUCK-004. */
  interrupt(): void {
    if (!this.#closed) this.#raw.interrupt();
  }

  /** Waits for the running statement, then closes. An open transaction is rolled back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#tail.catch(() => {});
    this.#raw.closeSync();
  }

  #enqueue(sql: string, parameters?: SqlValue[]): Promise<DuckDBMaterializedResult> {
    return this.#enqueueing(sql, () => this.#raw.run(sql, parameters));
  }

  /** Waits for what this connection is doing, then does something with it. */
  #enqueueing<T>(sql: string, action: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(action).catch((error: unknown) => {
      throw queryError(error, sql);
    });
    this.#tail = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}

function columnsOf(result: DuckDBMaterializedResult): Column[] {
  const types = result.columnTypes();
  return result.columnNames().map((name, i) => ({ name, type: String(types[i]) }));
}

function queryError(error: unknown, sql: string) {
  const message = (error instanceof Error ? error.message : String(error)).trimEnd();
  if (message.startsWith("INTERRUPT Error")) {
    return duckErrors.interrupted({
      message: "The query was cancelled before it finished.",
      cause: error,
      data: { sql },
    });
  }
  return duckErrors.queryFailed({ message, cause: error, data: { sql } });
}
