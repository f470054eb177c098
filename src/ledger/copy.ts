import { existsSync } from "node:fs";
import { connectForReading, patienceMilliseconds } from "./connect.ts";
import { ledgerErrors } from "./errors.ts";
import { isGone, isRunGone, livenessColumns } from "./liveness.ts";
import { databaseUrl } from "./ledger.ts";
import type { Row, Sql, SqlValue, Statement } from "./sql.ts";
import { sqliteSql } from "./sqlite-sql.ts";

/** What was copied of a table, or lies in it. */
export interface TableCount {
  table: string;
  rows: number;
}

/** Rows of one message to PostgreSQL. */
const atOnce = 200;

/** Processes are those of their own queue. */
const notCopied = new Set(["workers"]);
/** Of one row that every ledger has from the beginning. */
const always = new Set(["alert_state"]);

/**
 * Copies the ledger in a SQLite file into the PostgreSQL database at `url`. Whatever stops it, the next copy goes on: rows that
 * are there are written again as they are. Tells each table when it is done. The file stays as it is.
 * Errors: LED-015 while something runs or when the database has a history of its own, LED-016 when the counts differ afterwards,
 * and those of opening both.
 */
export async function copyLedger(
  path: string,
  url: string,
  onTable: (done: TableCount) => void = () => {},
): Promise<TableCount[]> {
  return withBoth(path, url, "write", async (source, target) => {
    await requireQuiet(source, path);
    const tables = await tablesOf(source);
    for (const table of tables) await requireNothingElse(source, target, table);
    for (const table of tables) {
      await copyTable(source, target, table);
      onTable({ table: table.name, rows: await countOf(target, table) });
    }
    const counts: TableCount[] = [];
    for (const table of tables) {
      const [wanted, found] = [await countOf(source, table), await countOf(target, table)];
      if (wanted !== found) throw incomplete(table.name, wanted, found);
      counts.push({ table: table.name, rows: found });
    }
    return counts;
  });
}

/**
 * How many runs a workspace's SQLite ledger knows that nobody will see, because `LABS_DATABASE_URL` names a database which
 * has none yet; 0 in every other case. Errors: those of opening both.
 */
export async function runsLeftBehind(path: string): Promise<number> {
  const url = databaseUrl();
  if (url === undefined || !existsSync(path)) return 0;
  return withBoth(path, url, "read", async (source, target) => {
    const runs = { name: "runs", columns: [], key: [] };
    return (await countOf(target, runs)) > 0 ? 0 : countOf(source, runs);
  });
}

interface Table {
  name: string;
  columns: string[];
  /** Columns of the primary key, in its order. */
  key: string[];
}

async function withBoth<T>(
  path: string,
  url: string,
  mode: "read" | "write",
  action: (source: Sql, target: Sql) => Promise<T>,
): Promise<T> {
  const { connectToPostgres } = await import("./postgres/connect.ts");
  const source = sqliteSql(await connectForReading(path), path, patienceMilliseconds);
  try {
    const target = await connectToPostgres(url, patienceMilliseconds, mode);
    // Nothing is there yet, and looking makes nothing.
    if (!target) return await action(source, { ...source, all: async () => [] });
    try {
      return await action(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The tables of a SQLite ledger, those that others refer to first. */
async function tablesOf(source: Sql): Promise<Table[]> {
  const rows = await source.all(
    `SELECT t.name AS name, c.name AS column_, c.pk AS pk FROM sqlite_master t JOIN pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name <> 'runs', t.name, c.cid`,
  );
  const tables = Map.groupBy(rows, (row) => String(row["name"]));
  return [...tables].flatMap(([name, columns]) => {
    if (notCopied.has(name)) return [];
    const keys = columns.filter((column) => Number(column["pk"]) > 0);
    keys.sort((a, b) => Number(a["pk"]) - Number(b["pk"]));
    const names = (of: Row[]) => of.map((column) => String(column["column_"]));
    return [{ name, columns: names(columns), key: names(keys) }];
  });
}

async function requireQuiet(source: Sql, path: string): Promise<void> {
  const runs = await source.all(
    `SELECT ${livenessColumns} FROM runs r LEFT JOIN jobs j ON j.id = r.job WHERE r.status = 'running'`,
  );
  const processes = await source.all("SELECT * FROM workers WHERE stopped_at IS NULL");
  const [run] = runs.filter((row) => !isRunGone(row));
  const [server] = processes.filter((row) => !isGone(row));
  if (!run && !server) return;
  throw ledgerErrors.copyRefused({
    message: run
      ? `The lab ${run["lab"]} is being run (pid ${run["pid"]} on ${run["host"]}), and ${path} changes with it.`
      : `A server works with ${path} (pid ${server?.["pid"]} on ${server?.["host"]}).`,
    hint: run ? "Wait until it is done." : "Stop it, copy, and start it again with LABS_DATABASE_URL.",
  });
}

/** Refuses a database that somebody has used: what an interrupted copy left in it is all from here. */
async function requireNothingElse(source: Sql, target: Sql, table: Table): Promise<void> {
  const [key, ...more] = table.key;
  if (key === undefined || more.length > 0 || always.has(table.name)) return;
  const keys = async (sql: Sql) => (await sql.all(`SELECT ${key} AS key FROM ${table.name}`)).map((row) => row["key"]);
  const ours = new Set(await keys(source));
  const others = (await keys(target)).filter((value) => !ours.has(value));
  if (others.length === 0) return;
  throw ledgerErrors.copyRefused({
    message: `The database has a history of its own: ${others.length} in its table ${table.name} that are not in the file.`,
    hint: "Copy into an empty database, or into a schema of its own: `…/labs?options=-c%20search_path%3Dteam_a`.",
    data: { table: table.name, entries: others.length },
  });
}

async function copyTable(source: Sql, target: Sql, { name, columns, key }: Table): Promise<void> {
  const others = columns.filter((column) => !key.includes(column));
  const text = `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${columns.map((column) => `@${column}`).join(", ")})
    ON CONFLICT (${key.join(", ")}) DO ${others.length === 0 ? "NOTHING" : `UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(", ")}`}`;
  const ordered = `ORDER BY ${key.join(", ")} LIMIT ${atOnce}`;
  const after = `WHERE (${key.join(", ")}) > (${key.map((column) => `@${column}`).join(", ")})`;
  for (let last: Record<string, SqlValue> | undefined; ; ) {
    const rows: Row[] = await source.all(`SELECT * FROM ${name} ${last ? after : ""} ${ordered}`, last ?? {});
    if (rows.length === 0) return;
    await target.batch(rows.map((values): Statement => ({ text, values })));
    last = Object.fromEntries(key.map((column) => [column, rows.at(-1)?.[column] ?? null]));
  }
}

async function countOf(sql: Sql, { name }: Table): Promise<number> {
  const [row] = await sql.all(`SELECT count(*) AS n FROM ${name}`);
  return Number(row?.["n"] ?? 0);
}

const incomplete = (table: string, wanted: number, found: number) =>
  ledgerErrors.copyIncomplete({
    message: `${table} has ${found} rows in the database, and ${wanted} in the file.`,
    hint: "Something writes to one of them. Stop what runs in this workspace and copy again.",
    data: { table, wanted, found },
  });
