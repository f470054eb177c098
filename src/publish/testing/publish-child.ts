/** Publishes a database again and again with another number in every table, for tests that kill it. */
import { openDatabase } from "#duck/index.ts";
import { publish } from "../publish.ts";

const [path = "", first = "1", last = "100"] = process.argv.slice(2);
const database = await openDatabase(path);
const connection = await database.connect();
await connection.run("CREATE SCHEMA IF NOT EXISTS gold");
for (let n = Number(first); n <= Number(last); n++) {
  for (const table of ["a", "b", "c"])
    await connection.run(`CREATE OR REPLACE TABLE gold.${table} AS SELECT ${n} AS n, range AS i FROM range(2000)`);
  await publish(database, { runId: `run-${String(n).padStart(7, "0")}`, score: null, keep: 3 });
  process.stdout.write(`${n}\n`);
}
await database.close();
