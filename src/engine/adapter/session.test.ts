import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { withComment } from "./query-comment.ts";
import { AdapterSession, exceptionName, type SessionOptions, type StatementReport } from "./session.ts";

let db: Database;
let sent: StatementReport[];
const open = (more: Partial<SessionOptions> = {}) =>
  new AdapterSession({ connect: () => db.connect(), onStatement: (report) => sent.push(report), ...more });
const statements = () => sent.map(({ sql }) => sql);
const failure = async (work: Promise<unknown>) => {
  try {
    await work;
  } catch (error) {
    if (isLabsError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
};

beforeEach(async () => {
  db = await openDatabase(":memory:");
  sent = [];
});
afterEach(() => db.close());

describe("transactions", () => {
  test("BEGIN is sent by the first statement that asks for it, and carries no comment", async () => {
    const session = open();
    session.acquire("model.p.x", '{"app": "dbt"}');
    await session.execute("select 1");
    await session.execute("create table t(a int)", { autoBegin: true });
    await session.execute("insert into t values (1)", { autoBegin: true });
    await session.commit();
    expect(statements()).toEqual([
      '/* {"app": "dbt"} */\nselect 1',
      "BEGIN",
      '/* {"app": "dbt"} */\ncreate table t(a int)',
      '/* {"app": "dbt"} */\ninsert into t values (1)',
      "COMMIT",
    ]);
    expect(sent.every(({ connection, seconds }) => connection === "model.p.x" && seconds >= 0)).toBe(true);
  });
  test("release rolls back, drops temporary tables and forgets settings", async () => {
    const session = open();
    await session.execute("create temp table tmp as select 1");
    await session.execute("set memory_limit = '1GB'; set threads = 1; create table kept(a int)");
    await session.execute("create table t(a int)", { autoBegin: true });
    await session.release();
    expect(statements().at(-1)).toBe("ROLLBACK");
    const { table } = await session.execute("select table_name from duckdb_tables() order by 1", { fetch: true });
    expect(table.allRows()).toEqual([["kept"]]);
  });
  test("an error rolls back and carries DuckDB's text", async () => {
    const session = open();
    await session.execute("create table t(a int)", { autoBegin: true });
    const error = await failure(session.execute("select * from nope", { autoBegin: true }));
    expect([error.code, error.data?.dbtType]).toEqual(["DBA-003", "Runtime Error"]);
    expect(error.message).toMatch(/^Catalog Error: Table with name nope does not exist!/);
    expect(session.transactionOpen).toBe(false);
    expect((await session.execute("from duckdb_tables()", { fetch: true })).table.rowCount).toBe(0);
  });
  test("commit without a transaction is an error, commitIfOpen is not", async () => {
    const session = open();
    expect((await failure(session.commit())).message).toBe(
      'Tried to commit transaction on connection "master", but it does not have one open!',
    );
    await session.commitIfOpen();
    await session.begin();
    expect((await failure(session.begin())).message).toContain("already had one open");
  });
  test("disable_transactions stops execute from beginning, not add_query", async () => {
    const session = open({ disableTransactions: true });
    await session.execute("select 1", { autoBegin: true });
    expect(session.transactionOpen).toBe(false);
    await session.addQuery("create table t(a int)");
    expect(statements()).toEqual(["select 1", "BEGIN", "create table t(a int)"]);
  });
  test("bindings", async () => {
    const session = open();
    await session.execute("create table t(a int, b varchar)");
    await session.addQuery("insert into t values (?, ?), (?, ?)", { bindings: ["1", "x", 2, null] });
    expect((await session.execute("from t", { fetch: true })).table.allRows()).toEqual([
      [1, "x"],
      [2, null],
    ]);
  });
});

describe("conflicts", () => {
  test("a statement alone is tried again until the other transaction is done", async () => {
    const [one, two] = [open(), open()];
    await one.execute("create table t as select 1 as a");
    await one.execute("update t set a = 2", { autoBegin: true });
    const waiting = two.execute("update t set a = a + 10");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await one.commit();
    await waiting;
    expect((await one.execute("from t", { fetch: true })).table.allRows()).toEqual([[12]]);
    expect(sent.some(({ attempt, error }) => attempt === 1 && error !== undefined && /conflict/i.test(error))).toBe(
      true,
    );
  });
  test("inside a transaction the error goes to its owner", async () => {
    const [one, two] = [open(), open()];
    await one.execute("create table t as select 1 as a");
    await one.execute("update t set a = 2", { autoBegin: true });
    const error = await failure(two.execute("update t set a = 3", { autoBegin: true }));
    expect([error.code, error.data?.conflict, two.transactionOpen]).toEqual(["DBA-003", true, false]);
    await one.release();
  });
});

test("cancel interrupts what runs and refuses what follows", async () => {
  const session = open();
  const running = session.execute(
    "select count(*) from range(100000000) a, range(100000) b where hash(a.range + b.range) = 1",
    { fetch: true },
  );
  const outcome = failure(running);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await session.cancel("Stopped.");
  expect([(await outcome).code, (await outcome).message]).toEqual(["DBA-010", "Stopped."]);
  expect((await failure(session.execute("select 1"))).code).toBe("DBA-010");
  session.revive();
  expect((await session.execute("select 1 as a", { fetch: true })).table.allRows()).toEqual([[1]]);
});

describe("query comment", () => {
  test.each([
    ["select 1", "c ", false, "/* c */\nselect 1"],
    ["select 1 ", "c", true, "select 1\n/* c */"],
    ["select 1;\n", "c", true, "select 1\n/* c */;"],
    ["select 1", "", false, "select 1"],
    ["select 1", null, true, "select 1"],
  ])("%j with %j, append %s", (sql, comment, append, expected) => {
    expect(withComment(sql, comment, append)).toBe(expected);
  });
  test("cannot end itself", () => {
    expect(() => withComment("select 1", "a */ drop", false)).toThrow(
      'query comment contains illegal value "*/": a */ drop',
    );
  });
});

test("names of Python's exceptions", () => {
  expect(exceptionName("IO Error: Could not set lock")).toBe("IOException");
  expect(exceptionName("TransactionContext Error: conflict")).toBe("TransactionException");
  expect(exceptionName("Out of Memory Error: failed")).toBe("OutofMemoryException");
  expect(exceptionName("something")).toBe("Error");
});

test("release keeps a connection that nothing was left in, and replaces one with settings or temporary objects", async () => {
  let connections = 0;
  const session = open({
    connect: () => {
      connections++;
      return db.connect();
    },
  });
  await session.execute("create table t(a int)");
  await session.execute("insert into t values (1)", { autoBegin: true });
  await session.release();
  expect((await session.execute("from t", { fetch: true })).table.rowCount).toBe(0);
  await session.release();
  expect(connections).toBe(1);
  await session.execute("set default_null_order = 'nulls_first'");
  await session.release();
  await session.execute("create temp view v as select 1");
  await session.release();
  await session.execute("select 1");
  expect(connections).toBe(3);
});
