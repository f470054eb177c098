import { type Connection, qualifiedName, quoteLiteral } from "#duck/index.ts";
import type { TableOutcome } from "./types.ts";

/** Schema where failing rows are kept for a look. The underscore marks what is the platform's own. */
export const failingRowsSchema = "_quality";
const name = "failing_rows";
const sql = qualifiedName(failingRowsSchema, name);

/** Failing rows of expectations, at most `most` of each: `_quality.failing_rows` of the open database. */
export class FailingRows {
  readonly #connection: Connection;
  readonly #most: number;
  readonly #now: number;
  #exists: boolean;
  /** Expectations with rows in the table. */
  #kept = new Set<string>();

  private constructor(connection: Connection, options: { most: number; now: number; exists: boolean }) {
    this.#connection = connection;
    this.#most = options.most;
    this.#now = options.now;
    this.#exists = options.exists;
  }

  /** `tables`: what the database has, by `schema.table` in lower case; `now` in milliseconds since 1970. Errors: DUCK-003. */
  static async open(
    connection: Connection,
    tables: ReadonlyMap<string, unknown>,
    options: { most: number; now: number },
  ): Promise<FailingRows> {
    const exists = tables.has(`${failingRowsSchema}.${name}`);
    const failing = new FailingRows(connection, { ...options, exists });
    if (!exists) return failing;
    const { rows } = await connection.query(`SELECT DISTINCT expectation FROM ${sql}`);
    failing.#kept = new Set(rows.map(([id]) => String(id)));
    return failing;
  }

  /**
   * Replaces the kept rows of expectations that were checked by those that fail now, in one transaction, and notes in each
   * outcome how many were kept. Values are kept as text, so that anything a table can hold is valid JSON. Errors: DUCK-003.
   */
  async replace(checked: readonly { outcome: TableOutcome; rowsQuery: string | null }[]): Promise<void> {
    const old = checked.flatMap(({ outcome: { id } }) => (this.#kept.has(id) ? [id] : []));
    const failing = checked.flatMap(({ outcome, rowsQuery }) =>
      this.#most > 0 && rowsQuery !== null && (outcome.failures ?? 0) > 0 ? [{ outcome, rowsQuery }] : [],
    );
    if (old.length === 0 && failing.length === 0) return;
    await this.#transaction(async () => {
      await this.#forget(old);
      for (const { outcome, rowsQuery } of failing) outcome.kept = await this.#keep(outcome, rowsQuery);
    });
    for (const { outcome } of failing) this.#kept.add(outcome.id);
  }

  /** Removes the rows of expectations that are not among `ids`: nobody will check them again. Errors: DUCK-003. */
  async retain(ids: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#kept].filter((id) => !ids.has(id));
    if (gone.length > 0) await this.#transaction(() => this.#forget(gone));
  }

  async #keep({ id, table, name: expected, expectation }: TableOutcome, rowsQuery: string): Promise<number> {
    if (!this.#exists) {
      await this.#connection.run(`CREATE SCHEMA IF NOT EXISTS ${qualifiedName(failingRowsSchema)}`);
      await this.#connection.run(
        `CREATE TABLE IF NOT EXISTS ${sql} (expectation VARCHAR, table_name VARCHAR, expected VARCHAR, severity VARCHAR, checked_at TIMESTAMP, "row" JSON)`,
      );
    }
    this.#exists = true;
    const constants = [id, table, expected, expectation.severity].map(quoteLiteral).join(", ");
    const { rowsChanged } = await this.#connection.query(
      `INSERT INTO ${sql} SELECT ${constants}, make_timestamp(${Math.round(this.#now * 1000)}), to_json(texts)
       FROM (SELECT COLUMNS(*)::VARCHAR FROM (${rowsQuery}\n) LIMIT ${this.#most}) AS texts`,
    );
    return rowsChanged;
  }

  async #forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#connection.run(`DELETE FROM ${sql} WHERE expectation IN (${ids.map(quoteLiteral).join(", ")})`);
    for (const id of ids) this.#kept.delete(id);
  }

  /** Somebody else may be making a schema at the same moment, which DuckDB calls a conflict: then once more. */
  async #transaction(body: () => Promise<void>, again = 3): Promise<void> {
    const [existed, kept] = [this.#exists, new Set(this.#kept)];
    await this.#connection.run("BEGIN");
    try {
      await body();
      await this.#connection.run("COMMIT");
    } catch (error) {
      this.#exists = existed;
      this.#kept = kept;
      await this.#connection.run("ROLLBACK").catch(() => {});
      if (again === 0 || !/conflict/i.test(error instanceof Error ? error.message : "")) throw error;
      await this.#transaction(body, again - 1);
    }
  }
}
