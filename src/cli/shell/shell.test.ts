import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { publish, publishedVersions } from "#publish/index.ts";
import { acquireLabLock, type Lab, openRegistry } from "#registry/index.ts";
import type { Io } from "../io.ts";
import { askLive, askPublished } from "../look/questions.ts";
import { Session } from "./session.ts";
import { talk } from "./terminal.ts";

let root: string;
let lab: Lab;
let out: string;
let err: string;
const io: Io = {
  cwd: "/",
  env: {},
  out: (text) => (out += text),
  err: (text) => (err += text),
  isTTY: false,
  color: false,
  width: 100,
  signal: new AbortController().signal,
};
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

async function build(n: number): Promise<void> {
  const database = await openDatabase(lab.paths.database, { config: { file_search_path: lab.paths.dbtProject } });
  try {
    const connection = await database.connect();
    for (const sql of [
      "CREATE SCHEMA IF NOT EXISTS gold",
      "CREATE SCHEMA IF NOT EXISTS raw",
      `CREATE OR REPLACE TABLE gold.numbers AS SELECT ${n} AS n, range AS i FROM range(300)`,
      "CREATE OR REPLACE VIEW raw.file AS FROM read_csv('../data/raw/a.csv')",
    ])
      await connection.run(sql);
    await publish(database, { runId: `run-${String(n).padStart(7, "0")}`, score: null, keep: 5 });
  } finally {
    await database.close();
  }
}

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-shell-")));
  write("shared/config/labs_config.yaml", "labs:\n  shop: {}\n");
  write("shop/dbt/dbt_project.yml", "name: shop\n");
  write("shop/data/raw/a.csv", "x\n7\n");
  write("secret.txt", "s3cret");
  lab = openRegistry(root).lab("shop");
  await build(1);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  out = "";
  err = "";
});

const published = () => askPublished(lab);
const live = async () => askLive(lab, { io, wait: true, command: "a test" });
const current = () => publishedVersions(lab.paths.database).find((version) => version.current)?.version;
const session = (open: typeof published, more: Partial<ConstructorParameters<typeof Session>[0]> = {}) =>
  new Session({ io, open, version: current, format: "csv", limit: 0, chatty: false, ...more });

describe("a conversation", () => {
  it("takes statements over lines, several on a line, and dot commands before one", async () => {
    const talkative = session(published);
    await talkative.open();
    for (const line of [
      "select 1 as",
      "  one; select ';' as two;",
      ".limit 2",
      "from gold.numbers;",
      ".mode json",
      "select 3::HUGEINT as n, 2.50 as d;",
    ])
      expect(await talkative.line(line)).toBe(true);
    expect(out).toBe('one\n1\ntwo\n;\nn,i\n1,0\n1,1\n{"n":3,"d":"2.50"}\n');
    expect(err).toContain("more rows");
    out = "";
    for (const line of [".mode csv", ".limit 0", ".tables NUMB", ".schema gold.numbers"]) await talkative.line(line);
    expect(out).toBe(
      "schema,name,type,rows,columns\ngold,numbers,table,300,2\ntable,column,type,nullable,comment\ngold.numbers,n,INTEGER,true,\ngold.numbers,i,BIGINT,true,\n",
    );
    await expect(talkative.line(".tabels")).rejects.toMatchObject({ code: "CLI-002", hint: "Did you mean `.tables`?" });
    await expect(talkative.line("select nothing;")).rejects.toMatchObject({ code: "DUCK-003" });
    await expect(talkative.line("from raw.file;")).rejects.toMatchObject({ code: "PUB-005" });
    await talkative.line("select 'at the end'");
    await talkative.end();
    expect(out).toContain("at the end");
    expect(await talkative.line(".exit")).toBe(false);
    await talkative.close();
  });

  it("keeps its version while newer ones are published, until it is told to take one", async () => {
    const talkative = session(published, { chatty: true });
    await talkative.open();
    await talkative.line("create temp table mine as select max(n) as n from gold.numbers;");
    await build(2);
    await talkative.line("select max(n) as n, (select n from mine) as mine from gold.numbers;");
    expect(out).toContain("1,1\n");
    expect(err).toContain(`Version ${current()} was published meanwhile`);
    await talkative.line(".refresh");
    await talkative.line("select max(n) as now from gold.numbers;");
    expect(out).toContain("now\n2\n");
    await talkative.close();
  });

  it("is cancelled by ctrl-C, and goes on at the terminal", async () => {
    const talkative = session(published, { chatty: true });
    await talkative.open();
    const [input, output] = [new PassThrough(), new PassThrough()];
    let screen = "";
    output.on("data", (chunk: Buffer) => (screen += chunk.toString()));
    const done = talk({
      session: talkative,
      input,
      output,
      name: "shop",
      history: ["select 41;"],
      words: ["gold.numbers"],
    });
    const until = async (what: () => boolean) => {
      for (let i = 0; i < 400 && !what(); i++) await sleep(10);
      expect(what(), `${screen}\n${out}\n${err}`).toBe(true);
    };
    input.write("select count(*) from range(100000000000) a, range(100000000) b where hash(a.range) = b.range;\r");
    await sleep(200);
    input.write("\u0003");
    await until(() => err.includes("Cancelled."));
    // What was typed and not ended is taken back.
    input.write("select wrong\r");
    await until(() => screen.includes("...> "));
    input.write("\u0003");
    input.write("from gold.num");
    await sleep(50);
    input.write("\t");
    await until(() => screen.includes("gold.numbers"));
    input.write(" where i = 7;\r");
    await until(() => out.includes("2,7\n"));
    // The line before, from the history.
    input.write("\u001b[A\r");
    await until(() => out.split("2,7\n").length === 3);
    input.write(".nothing\r");
    await until(() => err.includes("There is no command .nothing"));
    input.write("\u0004");
    expect((await done)[0]).toBe(".nothing");
    await talkative.close();
  });
});

describe("questions write nothing, and reach no files from what is published", () => {
  const reads = () => [`from read_text('${root}/secret.txt')`, `from '${root}/secret.txt'`, `from glob('${root}/*')`];
  const writes = () => [
    `copy (select 1) to '${root}/out.csv'`,
    `copy (select 1) to '${lab.paths.raw}/out.csv'`,
    `export database '${lab.paths.raw}/all'`,
    `attach '${lab.paths.raw}/other.duckdb'`,
    `explain analyze copy (select 1) to '${lab.paths.raw}/out.csv'`,
    `prepare p as copy (select 1) to '${lab.paths.raw}/out.csv'; execute p`,
    `select 1; copy (select 1) to '${lab.paths.raw}/out.csv'`,
    `create persistent secret s (type http)`,
    `install httpfs from '${root}'`,
    "set enable_external_access = true",
    "reset lock_configuration",
    "load httpfs",
    "create table gold.mine as select 1",
    "delete from gold.numbers",
  ];

  it.each(["published", "live"])("asked of what is %s", async (which) => {
    const questions = await (which === "live" ? live() : published());
    for (const sql of which === "live" ? writes() : [...reads(), ...writes()])
      await expect(questions.ask(sql, 10), sql).rejects.toMatchObject({ exit: 1 });
    for (const name of [
      "out.csv",
      "data/raw/out.csv",
      "shop/data/raw/out.csv",
      "shop/data/raw/all",
      "shop/data/raw/other.duckdb",
    ])
      expect(existsSync(join(root, name)), name).toBe(false);
    await questions.close();
  });

  it("though views of the working database read their own files", async () => {
    const questions = await live();
    expect((await questions.ask("from raw.file", 10)).rows).toEqual([[7n]]);
    await questions.close();
  });
});

describe("reads and runs", () => {
  it("do not wait for each other: what is published is read while the lab is held, and published anew while it is read", async () => {
    const questions = await published();
    const lock = await acquireLabLock(lab, { command: "a run" });
    const database = await openDatabase(lab.paths.database);
    try {
      // Somebody writes to the working database all the time.
      expect((await questions.ask("select count(*) from gold.numbers", 0)).rows).toEqual([[300n]]);
      const other = await published();
      expect((await other.ask("select count(*) from gold.numbers", 0)).rows).toEqual([[300n]]);
      const long = questions.ask("select count(*) from range(3000000) a, gold.numbers", 0);
      await publish(database, { runId: "run-0000003", score: null, keep: 5 });
      expect((await long).rows).toEqual([[900_000_000n]]);
      await other.close();
    } finally {
      await database.close();
      lock.release();
      await questions.close();
    }
  });

  it("with --live only while a statement runs: a conversation that waits holds nothing", async () => {
    const talkative = session(live, { version: () => undefined });
    await talkative.open();
    await talkative.line("select 1 as one;");
    const lock = await acquireLabLock(lab, { wait: false, command: "a run" });
    const asked = talkative.line("select 2 as two;");
    await sleep(300);
    expect(out).toBe("one\n1\n");
    expect(err).toContain("Waiting");
    lock.release();
    await asked;
    expect(out).toBe("one\n1\ntwo\n2\n");
    await talkative.close();
  });
});
