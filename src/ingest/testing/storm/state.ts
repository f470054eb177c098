import { openDatabase } from "#duck/index.ts";

const tables = ["orders", "small", "customers", "stock", "daily", "events"];

/** The number of a record is its place in one poll. */
const polled = (table: string): boolean => table.startsWith("api_");

/** Everything of a lab that must not hang on how often and when its loads were disturbed. */
export async function stateOf(path: string): Promise<Record<string, unknown>> {
  const database = await openDatabase(path, { readOnly: true });
  try {
    const connection = await database.connect();
    const names = async (schema: string) =>
      (
        await connection.query(
          `SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}' ORDER BY 1`,
        )
      ).rows.map(([name]) => String(name));
    const state: Record<string, unknown> = {};
    for (const table of await names("raw")) {
      // Runs and their times differ, and the name that a file had when it was loaded; what they brought does not.
      const columns = "COLUMNS(c -> c NOT IN ('_load_id', '_loaded_at', '_file'))";
      [state[`raw.${table}`]] = await connection.objects(
        `SELECT count(*)::INTEGER AS rows, coalesce(sum(hash(t)), 0)::VARCHAR AS checksum FROM (SELECT ${columns} FROM raw.${table}) AS t`,
      );
    }
    for (const table of await names("quarantine")) {
      // Empty where a file had broken rows for a moment only.
      [state[`quarantine.${table}`]] = await connection.objects(
        `SELECT count(*)::INTEGER AS rows, coalesce(sum(hash(t)), 0)::VARCHAR AS checksum FROM (SELECT ${polled(table) ? "" : "record, "}column_name, reason, row_text FROM quarantine.${table}) AS t HAVING rows > 0`,
      );
    }
    if ((await names("_labs")).includes("polls"))
      state["cursors"] = await connection.objects("SELECT source, cursor, resume FROM _labs.polls ORDER BY source");
    // Of files with equal content the one that came first has the rows. A file that had another content for a moment came
    // later than its copy: so which of them it is may differ, but it is one in both labs.
    state["files"] = await connection.objects(
      `SELECT source, file, CASE WHEN state = 'duplicate' THEN 'loaded' ELSE state END AS state, sha256, rows::INTEGER AS rows
       FROM _labs.files ORDER BY ALL`,
    );
    state["contents"] = await connection.objects(
      `SELECT source, sha256, count(*) FILTER (state = 'loaded')::INTEGER AS with_rows FROM _labs.files
       WHERE state IN ('loaded', 'duplicate') GROUP BY ALL ORDER BY ALL`,
    );
    // A removed file whose rows stay keeps its loads, one whose rows go does not.
    state["balance"] = await connection.objects(
      `SELECT table_name, sum(rows_read)::INTEGER AS read, sum(rows_loaded + rows_quarantined)::INTEGER AS accounted
       FROM _labs.loads WHERE outcome = 'loaded' AND table_name IN (${tables.map((name) => `'${name}'`).join(", ")}) GROUP BY 1 ORDER BY 1`,
    );
    return state;
  } finally {
    await database.close();
  }
}
