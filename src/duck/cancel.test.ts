import { expect, test } from "vitest";
import { interruptOnAbort } from "./cancel.ts";
import { openDatabase } from "./database.ts";

const endless = "select count(*) from range(200000) a, range(60000) b where (a.range * b.range) % 7 = 3";

test.each(["before the statement", "during the statement"])("an abort %s cancels it", async (when) => {
  const database = await openDatabase(":memory:");
  const connection = await database.connect();
  const abort = new AbortController();
  if (when === "before the statement") abort.abort();
  const done = interruptOnAbort(connection, abort.signal);
  const query = connection.run(endless);
  setImmediate(() => abort.abort());
  await expect(query).rejects.toMatchObject({ code: "DUCK-004" });
  done();
  // Once it is over, nothing is interrupted any more.
  expect(await connection.objects("select 1 as one")).toEqual([{ one: 1 }]);
  await database.close();
});

test("nothing happens without an abort", async () => {
  const database = await openDatabase(":memory:");
  const abort = new AbortController();
  const done = interruptOnAbort(database, abort.signal);
  expect(await (await database.connect()).objects("select 1 as one")).toEqual([{ one: 1 }]);
  done();
  abort.abort();
  expect(await (await database.connect()).objects("select 2 as two")).toEqual([{ two: 2 }]);
  await database.close();
});
