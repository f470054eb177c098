import { existsSync } from "node:fs";
import { openDatabase } from "#duck/index.ts";

/** Twenty columns of the kinds that tables have: keys, codes, names, amounts, measures, days, moments, flags. */
const columns = `i AS id, (hash(i) % 1000000)::BIGINT AS order_no, (hash(i * 3) % 1000)::INTEGER AS store, (hash(i * 5) % 7)::INTEGER AS weekday,
  (hash(i * 13) % 100)::SMALLINT AS percent, hash(i * 17) AS fingerprint, ((hash(i * 19) % 100000000) / 100)::DECIMAL(12,2) AS amount,
  ((hash(i * 23) % 100000) / 100)::DECIMAL(9,2) AS price, (hash(i * 29) % 1000003) / 1000003 AS ratio, sin(i) * 1e6 AS measure, (i / 3)::DOUBLE AS third,
  DATE '2020-01-01' + (i % 2000)::INTEGER AS day, TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS loaded_at,
  'customer ' || (hash(i * 7) % 100000) AS customer, 'store ' || (hash(i * 11) % 50) AS store_name, md5(i::VARCHAR) AS code,
  CASE WHEN i % 10 = 0 THEN NULL ELSE 'DE-' || (hash(i) % 9999) END AS region, ['red', 'green', 'blue'][1 + (hash(i) % 3)::INTEGER] AS color,
  'long text number ' || (hash(i) % 1000000) || ' with words' AS note, i % 2 = 0 AS flag`;

/** Makes a database with `gold.facts`, and eight small tables beside it, unless it is there. */
export async function makeTables(file: string, rows: number): Promise<void> {
  if (existsSync(file)) return;
  const database = await openDatabase(file);
  const connection = await database.connect();
  await connection.run("CREATE SCHEMA gold");
  await connection.run(`CREATE TABLE gold.facts AS SELECT ${columns} FROM range(${rows}) r(i)`);
  for (let n = 1; n <= 8; n++)
    await connection.run(`CREATE TABLE gold.small_${n} AS SELECT i AS id, hash(i + ${n}) AS h FROM range(20000) r(i)`);
  await connection.run("CHECKPOINT");
  await database.close();
}
