import { describe, expect, it } from "vitest";
import { isLabsError } from "#errors/index.ts";
import type { AnyNode, EngineEvent, RunResult, RunStatus } from "#engine/index.ts";
import { dbtErrors } from "./errors.ts";
import { Log, type LogFormat, type LogLevel } from "./log.ts";
import { Printer } from "./printer.ts";
import { Style } from "./record.ts";
import { WarnErrors } from "./warn-errors.ts";

interface Options {
  format?: LogFormat;
  level?: LogLevel;
  color?: boolean;
  print?: boolean;
  env?: NodeJS.ProcessEnv;
  warnErrors?: Partial<ConstructorParameters<typeof WarnErrors>[0]>;
  command?: string;
}

function printed(write: (printer: Printer) => void, options: Options = {}): string[] {
  const lines: string[] = [];
  const { format = "text", level = "info", color = false, print = true, env = {}, command = "run" } = options;
  const log = new Log({
    console: { format, level, color, write: (line) => lines.push(line) },
    invocationId: "an-id",
    env,
    print,
  });
  const warnErrors = new WarnErrors({ all: false, error: [], warn: [], silence: [], ...options.warnErrors });
  const printer = new Printer({
    log,
    style: new Style(color, 80),
    warnErrors,
    showAllDeprecations: false,
    adapterVersion: "1.11.0",
    told: { counts: command !== "parse", nodes: true },
  });
  write(printer);
  printer.close();
  // oxlint-disable-next-line no-control-regex
  return lines.map((line) => line.replace(/^(\u001b\[0m)?\d\d:\d\d:\d\d {2}/, "$1T  "));
}

const node = (type: string, name: string, more: Record<string, unknown> = {}): AnyNode =>
  ({
    resource_type: type,
    unique_id: `${type}.p.${name}`,
    name,
    alias: name,
    schema: "main",
    path: `${name}.sql`,
    original_file_path: `models/${name}.sql`,
    config: { materialized: "table" },
    checksum: { name: "sha256", checksum: "abc" },
    ...more,
  }) as unknown as AnyNode;

const result = (of: AnyNode, status: RunStatus, more: Partial<RunResult> = {}): RunResult => ({
  unique_id: of.unique_id,
  status,
  timing: [],
  thread_id: "Thread-1 (worker)",
  execution_time: 0.1234,
  adapter_response: {},
  message: "OK",
  failures: null,
  compiled: true,
  compiled_code: null,
  relation_name: null,
  batch_results: null,
  ...more,
});

const finish = (of: AnyNode, description: string, status: RunStatus, more: Partial<RunResult> = {}): EngineEvent => ({
  type: "node-finish",
  node: of,
  index: 1,
  total: 2,
  description,
  result: result(of, status, more),
});

describe("log lines are dbt's", () => {
  const a = node("model", "a", { config: { materialized: "view" } });
  const bad = node("model", "c_bad", { compiled_path: "target/compiled/p/models/c_bad.sql" });
  const skipped = node("model", "d_skip", { config: { materialized: "view" } });
  const events: EngineEvent[] = [
    {
      type: "parsed",
      counts: [
        { name: "model", count: 6 },
        { name: "test", count: 5 },
        { name: "analysis", count: 2 },
        { name: "seed", count: 1 },
        { name: "source", count: 0 },
        { name: "macro", count: 500 },
      ],
      seconds: 1,
    },
    { type: "concurrency", threads: 2, target: "dev", total: 3 },
    { type: "hook-start", name: "p.on-run-start.0", index: 1, total: 1 },
    { type: "hook-finish", name: "p.on-run-start.0", index: 1, total: 1, ok: true, seconds: 0.02 },
    {
      type: "node-start",
      node: a,
      index: 1,
      total: 3,
      description: "sql view model main.a",
      threadId: "Thread-1 (worker)",
    },
    { ...(finish(a, "sql view model main.a", "success") as Extract<EngineEvent, { type: "node-finish" }>), total: 3 },
    {
      type: "node-start",
      node: bad,
      index: 2,
      total: 3,
      description: "sql table model main.c_bad",
      threadId: "Thread-1 (worker)",
    },
    {
      type: "node-finish",
      node: bad,
      index: 2,
      total: 3,
      description: "sql table model main.c_bad",
      result: result(bad, "error", {
        message: "Runtime Error in model c_bad (models/c_bad.sql)\n  Binder Error: no",
        execution_time: 0.009,
      }),
    },
    {
      type: "node-skip",
      node: skipped,
      index: 3,
      total: 3,
      description: "sql view model main.d_skip",
      cause: bad.unique_id,
      result: result(skipped, "skipped", { message: null }),
    },
    { type: "hook-start", name: "p.on-run-end.0", index: 1, total: 1 },
    { type: "message", level: "info", text: "bye", name: "JinjaLogInfo", code: "I062" },
    { type: "hook-finish", name: "p.on-run-end.0", index: 1, total: 1, ok: true, seconds: 0 },
    {
      type: "finished",
      command: "run",
      seconds: 63.491,
      results: [
        { ...result(a, "success"), unique_id: "operation.p.p-on-run-start-0" },
        result(a, "success"),
        result(bad, "error", { message: "Runtime Error in model c_bad (models/c_bad.sql)\n  Binder Error: no" }),
        result(skipped, "skipped", { message: null }),
        { ...result(a, "success"), unique_id: "operation.p.p-on-run-end-0" },
      ],
    },
  ];

  it("for a run with hooks, an error and a skip", () => {
    expect(printed((printer) => events.forEach(printer.sink))).toEqual([
      "T  Registered adapter: duckdb=1.11.0",
      "T  Found 6 models, 5 data tests, 2 analyses, 1 seed, 500 macros",
      "T  ",
      "T  Concurrency: 2 threads (target='dev')",
      "T  ",
      "T  1 of 1 START hook: p.on-run-start.0 ............................................ [RUN]",
      "T  1 of 1 OK hook: p.on-run-start.0 ............................................... [OK in 0.02s]",
      "T  ",
      "T  1 of 3 START sql view model main.a ............................................. [RUN]",
      "T  1 of 3 OK created sql view model main.a ........................................ [OK in 0.12s]",
      "T  2 of 3 START sql table model main.c_bad ........................................ [RUN]",
      "T  2 of 3 ERROR creating sql table model main.c_bad ............................... [ERROR in 0.01s]",
      "T  3 of 3 SKIP relation main.d_skip ............................................... [SKIP]",
      "T  ",
      "T  1 of 1 START hook: p.on-run-end.0 .............................................. [RUN]",
      "T  bye",
      "T  1 of 1 OK hook: p.on-run-end.0 ................................................. [OK in 0.00s]",
      "T  ",
      "T  Finished running 2 project hooks, 1 table model, 2 view models in 0 hours 1 minutes and 3.49 seconds (63.49s).",
      "T  ",
      "T  Completed with 1 error, 0 partial successes, and 0 warnings:",
      "T  ",
      "T  [ERROR]: in model c_bad (models/c_bad.sql)",
      "T    Runtime Error in model c_bad (models/c_bad.sql)\n  Binder Error: no",
      "T  ",
      "T    compiled code at target/compiled/p/models/c_bad.sql",
      "T  ",
      "T  Done. PASS=3 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=5",
    ]);
  });

  it("in colour, and only errors when quiet", () => {
    const colored = printed((printer) => events.forEach(printer.sink), { color: true });
    expect(colored[9]).toBe(
      "\u001b[0mT  1 of 3 OK created sql view model main.a ........................................ [\u001b[32mOK\u001b[0m in 0.12s]",
    );
    expect(colored.find((line) => line.includes("Completed"))).toContain("\u001b[31mCompleted with 1 error");
    expect(printed((printer) => events.forEach(printer.sink), { level: "error" })).toEqual([
      "T  2 of 3 ERROR creating sql table model main.c_bad ............................... [ERROR in 0.01s]",
      "T  [ERROR]: in model c_bad (models/c_bad.sql)",
      "T    Runtime Error in model c_bad (models/c_bad.sql)\n  Binder Error: no",
    ]);
  });

  it("for every kind of node and status", () => {
    const test = node("test", "t", { config: { store_failures: true }, relation_name: '"x"."audit"."t"' });
    const unit = node("unit_test", "u");
    const seed = node("seed", "sd");
    const snapshot = node("snapshot", "snap");
    const source = node("source", "s", { source_name: "src" });
    const exposure = node("exposure", "e");
    const lines = printed((printer) => {
      for (const event of [
        finish(test, "test t", "pass"),
        finish(test, "test t", "fail", { failures: 3 }),
        finish(test, "test t", "warn", { failures: 2 }),
        finish(test, "test t", "error"),
        finish(unit, "unit_test a::u", "fail", { failures: 1 }),
        finish(seed, "seed file main.sd", "success", { message: "INSERT 2" }),
        finish(seed, "seed file main.sd", "error"),
        finish(snapshot, "snapshot main.snap", "success"),
        finish(snapshot, "snapshot main.snap", "error"),
        finish(source, "freshness of src.s", "pass"),
        finish(source, "freshness of src.s", "warn"),
        finish(source, "freshness of src.s", "error"),
        finish(source, "freshness of src.s", "runtime error"),
        finish(exposure, "exposure e", "no-op"),
        finish(a, "sql view model main.a", "partial success", { message: "partial success (2/3)" }),
      ])
        printer.sink(event);
    });
    expect(lines.slice(1).map((line) => line.replace(/\.{4,}/, "…"))).toEqual([
      "T  1 of 2 PASS t … [PASS in 0.12s]",
      "T  1 of 2 FAIL 3 t … [FAIL 3 in 0.12s]",
      "T  1 of 2 WARN 2 t … [WARN 2 in 0.12s]",
      "T  1 of 2 ERROR t … [ERROR in 0.12s]",
      "T  1 of 2 FAIL 1 a::u … [FAIL 1 in 0.12s]",
      "T  1 of 2 OK loaded seed file main.sd … [INSERT 2 in 0.12s]",
      "T  1 of 2 ERROR loading seed file main.sd … [ERROR in 0.12s]",
      "T  1 of 2 OK snapshotted main.snap … [OK in 0.12s]",
      "T  1 of 2 ERROR snapshotting main.snap … [ERROR in 0.12s]",
      "T  1 of 2 PASS freshness of src.s … [PASS in 0.12s]",
      "T  1 of 2 WARN freshness of src.s … [WARN in 0.12s]",
      "T  1 of 2 ERROR STALE freshness of src.s … [ERROR STALE in 0.12s]",
      "T  1 of 2 ERROR freshness of src.s … [ERROR in 0.12s]",
      "T  1 of 2 NO-OP exposure e … [NO-OP in 0.12s]",
      "T  1 of 2 PARTIALLY created sql view model main.a … [PARTIAL SUCCESS (2/3) in 0.12s]",
    ]);
  });

  it("for warnings of tests and stored failures", () => {
    const test = node("test", "t", {
      original_file_path: "models/m.yml",
      config: { store_failures: true },
      relation_name: '"x"."audit"."t"',
    });
    const lines = printed((printer) => {
      printer.sink(finish(test, "test t", "warn", { failures: 1 }));
      printer.sink({
        type: "finished",
        command: "test",
        seconds: 0.1,
        results: [result(test, "warn", { failures: 1, message: "Got 1 result, configured to warn if != 0" })],
      });
    });
    expect(lines.slice(2)).toEqual([
      "T  ",
      "T  Finished running 1 test in 0 hours 0 minutes and 0.10 seconds (0.10s).",
      "T  ",
      "T  Completed with 1 warning:",
      "T  ",
      "T  [WARNING]: in test t (models/m.yml)",
      "T  [WARNING]: Got 1 result, configured to warn if != 0",
      "T  ",
      'T    See test failures:\n  --------------------------------\n  select * from "x"."audit"."t"\n  --------------------------------'.replace(
        /-{32}/g,
        "-".repeat(29),
      ),
      "T  ",
      "T  Done. PASS=0 WARN=1 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1",
    ]);
  });

  it("as JSON, with names, codes and node_info", () => {
    const records = printed((printer) => events.forEach(printer.sink), { format: "json", level: "debug" }).map(
      (line) => JSON.parse(line) as { info: Record<string, unknown>; data: Record<string, unknown> },
    );
    const names = records.map(({ info }) => `${String(info.name)} ${String(info.code)} ${String(info.level)}`);
    for (const name of [
      "AdapterRegistered E034 info",
      "FoundStats W006 info",
      "ConcurrencyLine Q027 info",
      "NodeStart Q024 debug",
      "LogStartLine Q011 info",
      "LogModelResult Q012 error",
      "NodeFinished Q025 debug",
      "SkippingDetails Q034 info",
      "LogHookEndLine Q033 info",
      "FinishedRunningStats E047 info",
      "EndOfRunSummary Z030 info",
      "RunResultFailure Z022 error",
      "StatsLine Z023 info",
    ]) {
      expect(names).toContain(name);
    }
    const ok = records.find(({ info }) => info.name === "LogModelResult");
    expect(ok?.info).toMatchObject({ invocation_id: "an-id", thread: "Thread-1 (worker)", category: "", extra: {} });
    expect(ok?.info.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(ok?.data).toMatchObject({
      description: "sql view model main.a",
      index: 1,
      total: 3,
      status: "OK",
      node_info: {
        unique_id: "model.p.a",
        resource_type: "model",
        node_status: "success",
        materialized: "view",
        node_checksum: "abc",
        node_relation: { schema: "main", alias: "a" },
      },
    });
    expect(records.find(({ info }) => info.name === "StatsLine")?.data).toEqual({
      stats: { error: 1, noop: 0, pass: 3, reused: 0, skip: 1, total: 5, warn: 0 },
    });
  });
});

describe("messages", () => {
  const warn = (name: string, text: string): EngineEvent => ({
    type: "message",
    level: "warn",
    name,
    code: "X000",
    text,
  });

  it("of print() have no time stamp, are shown when quiet, and can be switched off", () => {
    const print: EngineEvent = {
      type: "message",
      level: "info",
      name: "PrintEvent",
      code: "Z052",
      text: "hello",
      bare: true,
    };
    expect(printed((printer) => printer.sink(print), { level: "error" })).toEqual(["hello"]);
    expect(printed((printer) => printer.sink(print), { level: "error", print: false })).toEqual([]);
  });

  it("tell each kind of deprecation once and sum up at the end", () => {
    const text =
      "The `source-paths` config has been renamed to `model-paths`. Please update your `dbt_project.yml` configuration to reflect this change.";
    const lines = printed((printer) => {
      printer.sink(warn("ConfigSourcePathDeprecation", text));
      printer.sink(warn("ConfigSourcePathDeprecation", text));
      printer.sink(warn("DuplicateYAMLKeysDeprecation", "Duplicate key 'a'"));
    });
    expect(lines.slice(1)).toEqual([
      "T  [WARNING]: Deprecated functionality\nThe `source-paths` config has been renamed to `model-paths`. Please update your\n`dbt_project.yml` configuration to reflect this change.",
      "T  [WARNING][DuplicateYAMLKeysDeprecation]: Deprecated functionality\nDuplicate key 'a'",
      `T  [WARNING][DeprecationsSummary]: Deprecated functionality
Summary of encountered deprecations:
- ConfigSourcePathDeprecation: 2 occurrences
- DuplicateYAMLKeysDeprecation: 1 occurrence
To see all deprecation instances instead of just the first occurrence of each,
run command again with the \`--show-all-deprecations\` flag. You may also need to
run with \`--no-partial-parse\` as some deprecations are only encountered during
parsing.`,
    ]);
  });

  it("become errors with --warn-error, unless they are excepted or silenced", () => {
    const run = (options: Options["warnErrors"]) =>
      printed((printer) => printer.sink(warn("NothingToDo", "Nothing to do.")), { warnErrors: options });
    expect(run({})).toContain("T  [WARNING]: Nothing to do.");
    for (const options of [{ all: true }, { error: "all" }, { error: ["NothingToDo"] }]) {
      expect(() => run(options)).toThrow("Nothing to do.");
    }
    expect(run({ error: "*", warn: ["NothingToDo"] })).toContain("T  [WARNING]: Nothing to do.");
    expect(run({ silence: ["NothingToDo"] })).toEqual(["T  Registered adapter: duckdb=1.11.0"]);
  });

  it("never show a secret", () => {
    const lines = printed((printer) => printer.sink(warn("Note", "the word is abracadabra")), {
      env: { DBT_ENV_SECRET_X: "abracadabra" },
    });
    expect(lines.at(-1)).toBe("T  [WARNING]: the word is *****");
  });
});

it("prints an error as dbt does, with place and fix behind it", () => {
  const error = dbtErrors.warning({
    message: "first\nsecond",
    place: { file: "/p/models/x.sql", line: 3, column: 5, stack: [{ file: "macros/m.sql", line: 1, column: 2 }] },
    hint: "Do it.",
    data: { dbtType: "Compilation Error" },
  });
  expect(isLabsError(error)).toBe(true);
  expect(printed((printer) => printer.failure(error))).toEqual([
    "T  [ERROR]: Encountered an error:\nCompilation Error\n  first\n  second\n\n  at /p/models/x.sql:3:5\n  called from macros/m.sql:1:2\n  fix: Do it. [DBT-003]",
  ]);
});
