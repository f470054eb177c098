/** Writes to the database given as its argument until its input ends, for tests that copy it meanwhile. */
import { openDatabase } from "#duck/index.ts";

const database = await openDatabase(process.argv[2] ?? "");
const connection = await database.connect();
await connection.run("CREATE TABLE a (i BIGINT, t VARCHAR); CREATE TABLE b (i BIGINT, t VARCHAR)");
let done = false;
process.stdin.once("end", () => (done = true)).resume();
for (let n = 0; !done; n++) {
  const rows = `SELECT ${n} * 1000 + range, repeat('x', 40) FROM range(${n % 50 === 0 ? 30_000 : 50})`;
  await connection.run(`BEGIN; INSERT INTO a ${rows}; INSERT INTO b ${rows}; COMMIT`);
  if (n % 40 === 39) await connection.run("CHECKPOINT");
  if (n === 3) process.stdout.write("writing\n");
}
await database.close();
