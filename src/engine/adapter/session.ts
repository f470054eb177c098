import { isLabsError, type LabsError } from "#errors/index.ts";
import { type Connection, interruptOnAbort, type QueryResult, type SqlValue } from "#duck/index.ts";
import { writtenFiles } from "./attach.ts";
import { adapterError } from "./errors.ts";
import { withComment } from "./query-comment.ts";
import { emptyTable, tableFromResult, type AgateTable, type TableOptions } from "./table.ts";

/** What a statement answered, with dbt's field names. DuckDB always says `OK`. */
export interface AdapterResponse {
  _message: string;
  code?: string;
  rows_affected?: number;
}

export interface StatementReport {
  /** As sent, with the query comment. */
  sql: string;
  /** Name of the connection, usually the node's unique id. */
  connection: string;
  seconds: number;
  /** DuckDB's text when it failed. */
  error?: string;
  /** Which attempt this was, from 1; conflicts between transactions are tried again. */
  attempt: number;
}

export interface SessionOptions {
  /** Opens a connection with the target's settings applied; asked again after {@link AdapterSession.release}. */
  connect(): Promise<Connection>;
  /** `disable_transactions` of the target: nothing begins a transaction by itself. */
  disableTransactions?: boolean;
  onStatement?: (report: StatementReport) => void;
  /** Told when an open connection goes on under another name. */
  onReuse?: (before: string, now: string) => void;
  /** Attempts for a statement outside of a transaction that meets a write conflict. */
  conflictAttempts?: number;
  /** `retries` of the target. */
  retries?: { attempts: number; exceptions: string[] };
  tableOptions?: TableOptions;
  /** Asked for every file that a statement would attach for writing; throws to refuse. */
  guardAttach?: (path: string) => Promise<void>;
}

export interface ExecuteOptions {
  autoBegin?: boolean;
  /** Read the rows; without it the table is empty, as in dbt. */
  fetch?: boolean;
  /** At most so many rows are read. */
  limit?: number | null;
}

/**
 * One thread's connection with dbt's transaction rules: `BEGIN` is sent lazily by the first statement that asks for it,
 * an error or {@link release} rolls back, `COMMIT` only when something is open. Temporary objects live until {@link release}.
 */
export class AdapterSession {
  readonly options: SessionOptions;
  #connection: Promise<Connection> | undefined;
  #transactionOpen = false;
  #name = "master";
  #comment: string | null = null;
  #append = false;
  /** `BEGIN` was sent. It waits for the first statement that may write: a test is one query and needs no transaction. */
  #begun = false;
  #cancelled: LabsError | undefined;
  #cancel = new AbortController();
  /** A statement may have left temporary objects or settings in the connection. */
  #marked = false;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  get name(): string {
    return this.#name;
  }
  get transactionOpen(): boolean {
    return this.#transactionOpen;
  }
  /** Aborts when the session is cancelled, with the error as its reason: for work outside of DuckDB. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Names the connection (`model.pkg.x`) and sets the comment of its statements; null means none. */
  acquire(name: string, comment: string | null = null, append = false): void {
    if (this.#connection !== undefined && name !== this.#name) this.options.onReuse?.(this.#name, name);
    this.#name = name;
    this.#comment = comment;
    this.#append = append;
  }

  /**
   * Runs one text of SQL, which may hold several statements, and gives the result of the last one.
   * Errors: DBA-003 with DuckDB's own text, after a rollback; DBA-010 when cancelled.
   */
  async execute(sql: string, options: ExecuteOptions = {}): Promise<{ response: AdapterResponse; table: AgateTable }> {
    const text = withComment(sql, this.#comment, this.#append);
    const result = await this.addQuery(text, {
      autoBegin: options.autoBegin === true && !this.options.disableTransactions,
    });
    const response: AdapterResponse = { _message: "OK" };
    if (!options.fetch) return { response, table: emptyTable() };
    if (options.limit) result.rows.length = Math.min(result.rows.length, options.limit);
    return { response, table: await this.toTable(result) };
  }

  /** A query for the adapter's own use: with the comment, never beginning a transaction. */
  async select(sql: string): Promise<QueryResult> {
    return this.addQuery(withComment(sql, this.#comment, this.#append), { autoBegin: false });
  }

  /** Sends a text as it is, without comment; begins a transaction unless told otherwise (also with `disable_transactions`, as dbt). */
  async addQuery(sql: string, options: { autoBegin?: boolean; bindings?: SqlValue[] } = {}): Promise<QueryResult> {
    if (options.autoBegin !== false && !this.#transactionOpen) await this.begin();
    return this.#send(sql, options.bindings);
  }

  async begin(): Promise<void> {
    if (this.#transactionOpen) {
      const problem = `Tried to begin a new transaction on connection "${this.#name}", but it already had one open!`;
      throw adapterError("internal", problem);
    }
    this.#transactionOpen = true;
  }

  /** Errors: DBA-007 when no transaction is open. */
  async commit(): Promise<void> {
    if (!this.#transactionOpen) {
      throw adapterError(
        "internal",
        `Tried to commit transaction on connection "${this.#name}", but it does not have one open!`,
      );
    }
    if (this.#begun) await this.#send("COMMIT");
    this.#transactionOpen = false;
    this.#begun = false;
  }

  /** `adapter.commit()` of dbt-duckdb: commits what is open and is silent otherwise. */
  async commitIfOpen(): Promise<void> {
    if (this.#transactionOpen) await this.commit();
  }

  async rollbackIfOpen(): Promise<void> {
    if (!this.#transactionOpen) return;
    const begun = this.#begun;
    this.#transactionOpen = false;
    this.#begun = false;
    if (begun) await this.#quietly("ROLLBACK");
  }

  /**
   * Ends a node's use: rolls back what is open and drops temporary objects and session settings, as dbt does by closing its cursor.
   * The connection itself is kept when no statement can have left anything in it: reconnecting costs as much as a small query.
   */
  async release(): Promise<void> {
    await this.rollbackIfOpen();
    this.acquire("master");
    if (!this.#marked) return;
    this.#marked = false;
    await this.close();
  }

  /** Closes the connection; the next statement opens another one. */
  async close(): Promise<void> {
    await this.rollbackIfOpen();
    const connection = await this.#connection?.catch(() => undefined);
    this.#connection = undefined;
    await connection?.close();
  }

  /** Cancels the running statement and refuses further ones until {@link revive}. */
  async cancel(reason = "The run was cancelled."): Promise<void> {
    this.#cancelled = adapterError("cancelled", reason);
    this.#cancel.abort(this.#cancelled);
  }
  revive(): void {
    this.#cancelled = undefined;
    this.#cancel = new AbortController();
  }

  /** A query result as templates see it. */
  async toTable(result: QueryResult): Promise<AgateTable> {
    const zoned = result.rows.length > 0 && result.columns.some(({ type }) => /WITH TIME ZONE/.test(type));
    const timeZone = zoned ? await this.#timeZone() : "UTC";
    return tableFromResult(result, { ...this.options.tableOptions, timeZone });
  }

  async #timeZone(): Promise<string> {
    const { rows } = await (await this.#open()).query("select current_setting('TimeZone')");
    return String(rows[0]?.[0] ?? "UTC");
  }

  #open(): Promise<Connection> {
    this.#connection ??= this.options.connect();
    return this.#connection;
  }

  async #send(sql: string, bindings?: SqlValue[]): Promise<QueryResult> {
    if (this.#transactionOpen && !this.#begun && !onlyReads(sql)) {
      await this.#attempt("BEGIN");
      this.#begun = true;
    }
    return this.#attempt(sql, bindings);
  }

  async #attempt(sql: string, bindings?: SqlValue[]): Promise<QueryResult> {
    if (this.options.guardAttach) for (const path of writtenFiles(sql)) await this.options.guardAttach(path);
    if (!this.#marked && sql !== "BEGIN") this.#marked = leavesTraces.test(sql);
    const connection = await this.#open();
    for (let attempt = 1; ; attempt++) {
      if (this.#cancelled) throw this.#cancelled;
      const started = performance.now();
      const report = { sql, connection: this.#name, attempt };
      const done = interruptOnAbort(connection, this.#cancel.signal);
      try {
        const result = await connection.query(sql, bindings).finally(done);
        this.options.onStatement?.({ ...report, seconds: (performance.now() - started) / 1000 });
        return result;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.options.onStatement?.({ ...report, seconds: (performance.now() - started) / 1000, error: message });
        const wait = this.#cancelled ? undefined : this.#retryDelay(message, attempt, sql);
        if (wait === undefined) throw await this.#failed(error, message, sql);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** Milliseconds until the next attempt, undefined when the error is final. */
  #retryDelay(message: string, attempt: number, sql: string): number | undefined {
    const { retries, conflictAttempts = 8 } = this.options;
    if (retries && attempt < retries.attempts && retries.exceptions.includes(exceptionName(message))) {
      return 1000 * 2 ** (attempt - 1);
    }
    // inside a transaction the whole of it would have to be repeated: its owner decides that
    const alone = !this.#transactionOpen && sql !== "BEGIN";
    if (alone && isConflict(message) && attempt < conflictAttempts)
      return Math.min(500, 5 * 2 ** attempt) * (0.5 + Math.random());
    return undefined;
  }

  async #failed(error: unknown, message: string, sql: string): Promise<LabsError> {
    await this.rollbackIfOpen();
    if (this.#cancelled) return this.#cancelled;
    if (isLabsError(error) && error.code === "DUCK-004")
      return adapterError("cancelled", { message: error.message, cause: error, data: { sql } });
    return adapterError("statement", { message, cause: error, data: { sql, conflict: isConflict(message) } });
  }

  async #quietly(sql: string): Promise<void> {
    const started = performance.now();
    const report = { sql, connection: this.#name, attempt: 1 };
    try {
      await (await this.#open()).run(sql);
      this.options.onStatement?.({ ...report, seconds: (performance.now() - started) / 1000 });
    } catch {
      // DuckDB has closed the transaction itself: nothing is left to roll back
    }
  }
}

/** Words of statements whose effect lasts as long as the connection; taking too many for such only costs a reconnect. */
const leavesTraces = /\b(?:temp|temporary|set|reset|use|pragma|prepare|execute|begin|transaction|start|call)\b/i;

/** One query that changes nothing, as far as its words tell; whatever is unclear counts as writing. */
export function onlyReads(sql: string): boolean {
  const code = sql.replace(/^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, "");
  if (!/^(?:select|with|describe|from|values)\b/i.test(code)) return false;
  return !/;\s*\S|\b(?:insert|update|delete|merge|create|copy|attach|nextval|call)\b/i.test(code);
}

/** Two transactions wrote the same thing: the same statement can work a moment later. */
export const isConflict = (message: string): boolean =>
  message.startsWith("TransactionContext Error") && /conflict/i.test(message);

/** The class name that DuckDB's Python client gives an error, for `retries.retryable_exceptions`: `IO Error: …` → `IOException`. */
export function exceptionName(message: string): string {
  const kind = /^([A-Za-z ]+?) Error:/.exec(message)?.[1] ?? "";
  const name =
    kind === "TransactionContext" ? "Transaction" : kind === "INTERNAL" ? "Internal" : kind.replaceAll(" ", "");
  return name === "" ? "Error" : `${name}Exception`;
}
