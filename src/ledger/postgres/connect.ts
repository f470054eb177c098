import { setTimeout as sleep } from "node:timers/promises";
import { Pool, type QueryResult, types } from "pg";
import { isReading, type Row, type Sql, type Statement } from "../sql.ts";
import { readAddress } from "./address.ts";
import { explainPostgres, isAway, isConflict } from "./explain.ts";
import { listenToQueue } from "./listen.ts";
import { withLiterals } from "./literals.ts";
import { exclusive, migrate, versionOf } from "./migrate.ts";

/** Counts and sums come as text, since they may be greater than a number can be; ours are not. */
const numbers = new Set([types.builtins.INT8, types.builtins.NUMERIC]);
const parsers = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    numbers.has(oid) ? Number : types.getTypeParser(oid, format as "text"),
} as typeof types;

/**
 * Opens the ledger in a PostgreSQL database and brings its schema up to date. A server that is away or starting is waited for
 * `patience` milliseconds, here and at every statement. Undefined: for reading, and nothing is there.
 * Errors: LED-004, LED-010 to LED-013.
 */
export async function connectToPostgres(
  url: string,
  patience: number,
  mode: "read" | "write",
): Promise<Sql | undefined> {
  const { config, name } = readAddress(url);
  const connection = {
    application_name: `labs ${process.pid}`,
    ...config,
    connectionTimeoutMillis: 5_000,
    query_timeout: 2 * patience + 10_000,
    keepAlive: true,
    types: parsers,
  };
  const pool = new Pool({ ...connection, max: 4, allowExitOnIdle: true });
  // A connection that breaks while nobody uses it is replaced by the next one.
  pool.on("error", () => {});
  const patiently = <T>(attempt: () => Promise<T>, milliseconds = patience) => persist(name, attempt, milliseconds);
  try {
    const there = await patiently(async () => {
      if (mode === "read" && (await versionOf(pool)) === 0) return false;
      await migrate(pool, name);
      return true;
    });
    if (!there) {
      await pool.end();
      return undefined;
    }
  } catch (error) {
    await pool.end();
    throw error;
  }
  const query = async (text: string, skip = 0): Promise<Row[][]> => {
    const answer = (await pool.query(text)) as QueryResult<Row> | QueryResult<Row>[];
    return (Array.isArray(answer) ? answer : [answer]).slice(skip).map(({ rows }) => rows);
  };
  const batch = async (statements: Statement[], progress = false): Promise<Row[][]> => {
    if (statements.length === 0) return [];
    const texts = statements.map(withLiterals);
    if (!statements.every(({ text }) => isReading(text))) {
      // Statements of one message are one transaction.
      const before = progress ? [] : [`SET LOCAL lock_timeout = ${Math.max(1, patience)}`, exclusive];
      const whole = [...before, ...texts].join(";\n");
      return patiently(() => query(whole, before.length), progress ? 0 : patience);
    }
    if (texts.length === 1) return patiently(() => query(texts[0] ?? ""));
    const whole = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ...texts, "COMMIT"].join(";\n");
    return (await patiently(() => query(whole, 1))).slice(0, -1);
  };
  return {
    all: async (text, values) => (await batch([{ text, ...(values && { values }) }]))[0] ?? [],
    batch: (statements, options) => batch(statements, options?.progress),
    version: async () => {
      const [rows] = await patiently(() => query("SELECT txid_current_snapshot()::text AS moment"));
      return String(rows?.[0]?.["moment"]);
    },
    onQueue: (listener) => listenToQueue(connection, listener),
    close: () => pool.end(),
  };
}

/** Tries again while the server is away or two transactions were in each other's way. Errors: LED-002, LED-007, LED-010 to 012. */
async function persist<T>(name: string, attempt: () => Promise<T>, patience: number): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(isAway(error) || isConflict(error)) || Date.now() >= end) throw explainPostgres(name, error);
      await sleep(50 + Math.random() * 150);
    }
  }
}
