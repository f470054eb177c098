import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import type { Target } from "../1-read/types.ts";
import { writtenFiles, attachmentPath, attachStatement } from "./attach.ts";
import { type OpenTarget, openTarget, type OpenTargetOptions } from "./connect.ts";
import { loadPluginSource, type PluginSource } from "./plugin-source.ts";
import { secretStatements } from "./secrets.ts";

let folder: string;
let opened: OpenTarget[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adapter-"));
  opened = [];
});
afterEach(async () => {
  for (const one of opened) await one.close();
  rmSync(folder, { recursive: true });
});

const target = (changes: Partial<Target> = {}): Target => ({
  profileName: "p",
  targetName: "dev",
  threads: 1,
  path: ":memory:",
  database: "memory",
  schema: "main",
  settings: {},
  configOptions: {},
  extensions: [],
  secrets: [],
  attach: [],
  plugins: [],
  externalRoot: ".",
  disableTransactions: false,
  isDucklake: false,
  retries: null,
  raw: {},
  ...changes,
});
async function open(changes: Partial<Target> = {}, options: OpenTargetOptions = {}): Promise<OpenTarget> {
  const one = await openTarget(target(changes), { projectDir: folder, ...options });
  opened.push(one);
  return one;
}
const rows = async (one: OpenTarget, sql: string) =>
  (await one.session().execute(sql, { fetch: true })).table.allRows();
const problem = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!isLabsError(error)) throw new Error(`expected an error of ours, got ${String(error)}`);
  return error;
};

describe("opening a target", () => {
  test("settings hold for every session, config options for the database", async () => {
    const one = await open({
      settings: { threads: 1, default_null_order: "nulls_last", preserve_insertion_order: false },
      configOptions: { default_block_size: 65536 },
    });
    const read =
      "select current_setting('threads')::int, lower(current_setting('default_null_order')), current_setting('preserve_insertion_order')";
    expect(await rows(one, read)).toEqual([[1, "nulls_last", false]]);
    expect(await rows(one, read)).toEqual([[1, "nulls_last", false]]);
    expect((await problem(open({ settings: { nonsense: 1 } }).then((o) => rows(o, "select 1")))).message).toContain(
      "A setting of the profile does not work (SET nonsense = '1')",
    );
  });
  test("relative paths mean the project's folder", async () => {
    const one = await open({ path: "lab.duckdb", database: "lab" });
    await rows(one, `copy (select 42 as a) to '${join(folder, "x.csv")}'`);
    expect(await rows(one, "from read_csv('x.csv')")).toEqual([[42]]);
    expect(await rows(one, "select current_database()")).toEqual([["lab"]]);
  });
  test("attached databases, read only or with an alias", async () => {
    const other = await open({ path: "other.duckdb" });
    await rows(other, "create table t as select 7 as a");
    await other.close();
    const one = await open({
      attach: [
        { path: "other.duckdb", alias: "o", read_only: true },
        { path: ":memory:", alias: "m" },
      ],
    });
    expect(await rows(one, "from o.t")).toEqual([[7]]);
    await expect(rows(one, "create table o.u(a int)")).rejects.toThrow("read-only");
    await rows(one, "create table m.u(a int)");
  });
  test("an extension that is not installed is named, with what to do", async () => {
    const error = await problem(open({ extensions: ["json", { name: "no_such_extension", repo: "community" }] }));
    expect([error.code, error.exit]).toEqual(["DBA-012", 2]);
    expect(error.message).toContain("The DuckDB extension 'no_such_extension' cannot be loaded");
    expect(error.hint).toContain("INSTALL no_such_extension FROM community;");
  });
  test("what needs Python or a network is refused with a way out", async () => {
    for (const changes of [
      { path: "md:x" },
      { raw: { remote: { host: "h" } } },
      { raw: { filesystems: [{ fs: "s3" }] } },
      { plugins: [{ module: "gsheet" }] },
    ]) {
      expect((await problem(open(changes))).code).toBe("DBA-014");
    }
  });
});

describe("the guard", () => {
  test("is asked for files that would be written, with absolute paths, and can refuse", async () => {
    const asked: string[] = [];
    const guard = (path: string) => {
      asked.push(path);
      return path.endsWith("theirs.duckdb") ? "theirs.duckdb belongs to another lab" : undefined;
    };
    const theirs = await open({ path: "theirs.duckdb" });
    await theirs.close();
    const attach = [{ path: "mine.duckdb" }, { path: "theirs.duckdb", read_only: true }];
    const one = await open({ path: "lab.duckdb", attach }, { guard });
    expect(asked).toEqual(["lab.duckdb", "mine.duckdb"].map((name) => join(folder, name)));
    const error = await problem(open({ attach: [{ path: "theirs.duckdb" }] }, { guard }));
    expect([error.code, error.message]).toEqual(["DBA-011", "theirs.duckdb belongs to another lab"]);
    expect((await problem(rows(one, "ATTACH 'theirs.duckdb' AS t"))).code).toBe("DBA-011");
    expect((await problem(open({ path: "theirs.duckdb" }, { guard }))).code).toBe("DBA-011");
  });
});

test("ATTACH statements as dbt-duckdb writes them", () => {
  expect(attachStatement({ path: "a'b.duckdb", alias: "x", type: "sqlite", secret: "s", read_only: true })).toBe(
    "ATTACH IF NOT EXISTS 'a''b.duckdb' AS x (TYPE sqlite, SECRET s, READ_ONLY)",
  );
  expect(
    attachStatement({
      path: "p",
      options: { type: "ducklake", data_path: "d", flag: true, off: false, size: 3, done: "'x'" },
    }),
  ).toBe("ATTACH IF NOT EXISTS 'p' (TYPE ducklake, DATA_PATH 'd', FLAG, SIZE 3, DONE 'x')");
  expect(() => attachStatement({ path: "p", type: "a", options: { type: "b" } })).toThrow(
    "Attachment option(s) type of 'p'",
  );
});

test("paths of attachments", () => {
  expect(attachmentPath({ path: "x.duckdb" }, "/p")).toEqual({
    path: "/p/x.duckdb",
    file: "/p/x.duckdb",
    readOnly: false,
  });
  expect(attachmentPath({ path: "ducklake:x.ducklake", options: { read_only: true } }, "/p")).toEqual({
    path: "ducklake:/p/x.ducklake",
    file: "/p/x.ducklake",
    readOnly: true,
  });
  expect(attachmentPath({ path: "host=h dbname=d", type: "postgres" }, "/p")).toEqual({
    path: "host=h dbname=d",
    readOnly: false,
  });
  expect(attachmentPath({ path: "s3://b/x.duckdb" }, "/p").file).toBeUndefined();
});

test("files that SQL attaches for writing or replaces", () => {
  expect(
    writtenFiles("attach 'a.db'; ATTACH DATABASE IF NOT EXISTS 'b''.db' AS b (TYPE sqlite); attach 'c.db' (read_only)"),
  ).toEqual(["a.db", "b'.db"]);
  expect(writtenFiles("select 1 -- attach 'x.db'\n/* attach 'y.db' */")).toEqual([]);
  expect(writtenFiles("copy (select 1) to 'o.db'; COPY t TO\n'p''.csv' (format csv)")).toEqual(["o.db", "p'.csv"]);
  expect(writtenFiles("copy t from 'in.csv'; select 'x'")).toEqual([]);
  expect(writtenFiles("attach ':memory:' as m; attach 'postgres:dbname=x'")).toEqual([]);
});

test("secrets as dbt-duckdb writes them", () => {
  const secrets = [
    { type: "s3", key_id: "k'", secret: "s", scope: ["s3://a", "s3://b"], persistent: true },
    { type: "http", name: "h", extra_http_headers: { A: "b" }, list: ["x", "y"] },
  ];
  expect(secretStatements(target({ secrets, raw: { use_credential_provider: "aws" } }))).toEqual([
    "CREATE OR REPLACE PERSISTENT SECRET _dbt_secret_1 (\n    type s3,\n    key_id 'k''',\n    secret 's',\n    scope 's3://a',\n    scope 's3://b'\n)",
    "CREATE OR REPLACE SECRET h (\n    type http,\n    extra_http_headers map {'A': 'b'},\n    list array ['x', 'y']\n)",
    "CREATE OR REPLACE SECRET _dbt_secret_3 (\n    type s3,\n    provider credential_chain\n)",
  ]);
});

describe("sources that plugins read", () => {
  const source = (settings: PluginSource["settings"], location: string | null = null): PluginSource => ({
    name: "t",
    identifier: "t",
    schema: "raw",
    database: "memory",
    location,
    settings,
  });
  const plugins = [{ module: "excel" }, { module: "gsheet", alias: "sheets" }];
  test.each([
    [{ plugin: "other" }, "DBA-013", "Plugin other not found; known plugins are: excel,sheets"],
    [{ plugin: "sheets" }, "DBA-014", "read by the plugin 'gsheet', which is Python code"],
    [{ plugin: "excel" }, "DBA-013", "The source t has no external_location."],
    [{ plugin: "excel", sheet_name: 2 }, "DBA-013", "has the sheet_name 2, which names no one sheet"],
  ])("%j", async (settings, code, message) => {
    const one = await open();
    const error = await problem(loadPluginSource(one.session(), target({ plugins }), source(settings)));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    expect(error.hint).toBeTruthy();
  });
  test("a file that is not there fails with DuckDB's words, and the schema stays", async () => {
    const one = await open();
    const error = await problem(
      loadPluginSource(one.session(), target({ plugins }), source({ plugin: "excel" }, "no/t.xlsx")),
    );
    expect(error.code).toBe("DBA-003");
    expect(String(error.data?.sql)).toBe(
      `CREATE OR REPLACE TABLE "memory"."raw"."t" AS SELECT * FROM read_xlsx('no/t.xlsx', header = true)`,
    );
    expect(await rows(one, "select schema_name from duckdb_schemas() where schema_name = 'raw'")).toEqual([["raw"]]);
  });
});
