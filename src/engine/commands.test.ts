import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { targetForDatabase } from "./1-read/index.ts";
import { defaultFlags } from "./default-flags.ts";
import type { EngineEvent } from "./events.ts";
import { openProject } from "./open-project.ts";
import { readAhead } from "./commands/read-ahead.ts";
import { runCommand } from "./run-command.ts";
import { type Files, writeProject } from "./testing/project.ts";

/** A project with a database of its own, and what the engine said while it worked. */
function project(files: Files) {
  const folder = writeProject(files);
  const database = join(folder, "shop.duckdb");
  const asked = { database, projectDir: folder, profilesDirs: [], fallbackName: "dev", env: {} };
  const events: EngineEvent[] = [];
  const opened = openProject(folder, { target: targetForDatabase(asked), onEvent: (event) => events.push(event) });
  const json = (path: string) => JSON.parse(readFileSync(join(folder, "target", path), "utf8"));
  const messages = () => events.flatMap((event) => (event.type === "message" ? [`${event.name}: ${event.text}`] : []));
  return { folder, run: opened.run, events, json, messages };
}

test("compile brings ephemeral models along unless told not to, and shows what was asked for alone", async () => {
  const { run } = project({
    "models/a.sql": "{{ config(materialized='ephemeral') }}select 1 as id",
    "models/b.sql": "{{ config(materialized='ephemeral') }}select * from {{ ref('a') }}",
    "models/s.yml": "models: [{name: b, columns: [{name: id, data_tests: [unique]}]}]",
  });
  const plain = await run("compile", { select: ["b"], injectEphemeralCtes: false });
  expect(plain.text).toBe("Compiled node 'b' is:\nselect * from __dbt__cte__a");
  expect(plain.results.map((r) => r.unique_id)[0]).toBe("model.shop.b");
  const quiet = await run("compile", { select: ["b"], quiet: true });
  expect(quiet.text).toMatch(/^with __dbt__cte__a as \(/);
});

test("build runs unit tests with their models only, and a retry runs them behind", async () => {
  const { run, events } = project({
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select id {{ ', nope' if var('broken', false) }} from {{ ref('a') }}",
    "models/u.yml": `unit_tests:
  - {name: u, model: b, given: [{input: ref('a'), rows: [{id: 5}]}], expect: {rows: [{id: 5}]}}`,
  });
  const ids = (results: { unique_id: string; status: string }[]) => results.map((r) => [r.unique_id, r.status]);
  await run("run");
  expect(ids((await run("build", { select: ["u", "a"] })).results)).toEqual([["model.shop.a", "success"]]);
  expect(events.findLast((event) => event.type === "concurrency")?.total).toBe(2);
  expect((await run("build", { select: ["u"] })).results).toEqual([]);

  const vars = { broken: true };
  const [unit, model] = ["unit_test.shop.b.u", "model.shop.b"];
  expect(ids((await run("build", { select: ["b"], vars })).results)).toEqual([
    [unit, "error"],
    [model, "skipped"],
  ]);
  expect(ids((await run("retry", { vars: { broken: false } })).results)).toEqual([
    [model, "success"],
    [unit, "pass"],
  ]);
  expect((await run("retry")).results).toEqual([]);
  await expect(run("retry")).rejects.toThrow("Could not find previous run in 'target' target directory");
});

test("a package's macros are a mapping, too, whose own methods come first", async () => {
  const { run } = project({
    "packages.yml": "packages: [{local: dbt_packages/lib}]\n",
    "dbt_packages/lib/dbt_project.yml": "name: lib\n",
    "dbt_packages/lib/macros/m.sql": "{% macro one() %}1{% endmacro %}{% macro get(x) %}mine{% endmacro %}",
    "models/a.sql":
      "select {{ lib.get('one')() }}, '{{ lib.get('no', 2) }} {{ lib['get'](1) }} {{ context.get('lib').keys() | sort | join }}'",
    "models/b.sql": "select {{ lib.nope() if execute }}",
  });
  const { results } = await run("compile", { select: ["a"] });
  expect(results[0]?.compiled_code).toBe("select 1, '2 mine getone'");
  await expect(run("compile", { select: ["b"] })).rejects.toThrow("'dbt.context.macros.MacroNamespace object' has no");
});

test("seed --show tells ten rows of every seed; nothing runs on no threads", async () => {
  const { run, events } = project({ "seeds/s.csv": `id\n${Array.from({ length: 30 }, (_, i) => i).join("\n")}\n` });
  await run("seed", { show: true });
  const [table] = events.flatMap((event) => (event.type === "finished" ? (event.tables ?? []) : []));
  expect(table?.header).toBe("Random sample of table: main.s");
  expect(table?.text.match(/^\| +\d+ \|$/gm)).toHaveLength(10);
  await expect(run("seed", { threads: 0 })).rejects.toThrow("The number of threads must be greater than 0");
});

test("docs generate tells what it compiled of the named models", async () => {
  const { run, messages } = project({ "models/a.sql": "select 1 as id", "models/b.sql": "select 2 as id" });
  await run("docs generate", { select: ["b"] });
  expect(messages()).toEqual([
    "CompiledNode: Compiled node 'b' is:\nselect 2 as id",
    "BuildingCatalog: Building catalog",
    expect.stringMatching(/^CatalogWritten: /),
  ]);
});

const catalogMacro = (body: string) =>
  `{% macro get_catalog_relations(information_schema, relations) %}${body}{% endmacro %}`;

test("a project's own macro for the catalog is called, and its errors are told", async () => {
  const models = { "models/m.sql": "select 1 as id" };
  const failing = project({ ...models, "macros/c.sql": catalogMacro("{{ exceptions.raise_compiler_error('no') }}") });
  await failing.run("run");
  expect(await failing.run("docs generate")).toMatchObject({ success: false, exit: 1 });
  expect(failing.json("catalog.json").errors[0]).toContain("no");
  expect(failing.messages().filter((m) => /^(CatalogGenerationError|WriteCatalogFailure): /.test(m))).toHaveLength(2);

  const row = `select '" ~ relations[0].database ~ "' as table_database, '" ~ relations[0].schema ~ "' as table_schema,
    'm' as table_name, 'VIEW' as table_type, 'mine' as table_comment, null as table_owner,
    'id' as column_name, 1 as column_index, 'INTEGER' as column_type, null as column_comment`;
  const own = project({ ...models, "macros/c.sql": catalogMacro(`{{ return(run_query("${row}")) }}`) });
  await own.run("run");
  expect(await own.run("docs generate")).toMatchObject({ success: true });
  expect(own.json("catalog.json").nodes["model.shop.m"].metadata.comment).toBe("mine");
});

test("relations with an apostrophe in their names are built again and again", async () => {
  const { run } = project({
    "models/a.sql": `{{ config(alias="it's", materialized='table') }}select 1 as id`,
    "models/b.sql": `{{ config(alias="b's", schema="o's") }}select 1 as id`,
    "models/c.sql": `{{ config(alias="c's", materialized='incremental', unique_key='id') }}select 1 as id`,
  });
  for (let i = 0; i < 2; i++)
    expect((await run("run")).results.map(({ status }) => status)).toEqual(["success", "success", "success"]);
});

test("a seed is loaded wherever its project lies", async () => {
  const { run } = project({ "seeds/it's/places.csv": "id,name\n1,O'Hare\n" });
  expect((await run("seed")).results.map(({ status }) => status)).toEqual(["success"]);
});

test("freshness of no source at all writes an empty sources.json", async () => {
  const { run, json } = project({ "models/s.yml": "sources: [{name: s, tables: [{name: t}]}]" });
  expect(await run("source freshness", { exclude: ["source:s.t"] })).toMatchObject({ success: true });
  expect(json("sources.json").results).toEqual([]);
});

test("an operation that went well is not called again by retry", async () => {
  const macro = "{% macro hello() %}{{ log('hello', info=true) }}{% endmacro %}";
  const { run, messages } = project({ "macros/h.sql": macro });
  await run("run-operation", { macro: "hello", invocationArgs: { macro: "hello" } });
  expect(await run("retry")).toMatchObject({ success: true, results: [] });
  expect(messages().filter((m) => m.endsWith("hello"))).toHaveLength(1);
});

test("a warning of a test fails under warn_error_options, and the log knows the group of its model", async () => {
  const { run, events } = project({
    "models/m.sql": "select 1 as id union all select 1",
    "models/s.yml": `
groups: [{name: g, owner: {name: me, email: [a@b.c, d@e.f]}}]
models: [{name: m, config: {group: g}, columns: [{name: id, data_tests: [{unique: {config: {severity: warn}}}]}]}]`,
  });
  expect((await run("build")).results.map((r) => r.status)).toEqual(["success", "warn"]);
  const strict = await run("build", { warnErrorOptions: { error: "all" } });
  expect(strict.results.map((r) => r.status)).toEqual(["success", "fail"]);
  const selected = events.find((event) => event.type === "selected");
  const group = { name: "g", package_name: "shop", owner: { name: "me", email: "['a@b.c', 'd@e.f']" } };
  expect(Object.values(selected?.groups ?? {})).toEqual([group, group]);
});

test("what a unit test ran is written beside its properties file, below the folder's name", async () => {
  const given = "given: [{input: ref('a'), rows: [{id: 1}]}], expect: {rows: [{id: 2}]}";
  const { folder, run } = project({
    "models/sub/a.sql": "select 1 as id",
    "models/sub/b.sql": "select * from {{ ref('a') }}",
    "models/sub/s.yml": `unit_tests: [{name: u, model: b, ${given}}]`,
  });
  expect((await run("build")).results.map((r) => r.status)).toEqual(["success", "fail", "skipped"]);
  expect(existsSync(join(folder, "target/compiled/shop/models/sub/s.yml/models/sub/u.sql"))).toBe(true);
});

test("keyword arguments of a project's own ref() are known to unit tests only where the project says so", async () => {
  const given = "given: [{input: \"ref('a', label='x')\", rows: [{id: 1}]}], expect: {rows: [{id: 1}]}";
  const files = (flags: string): Files => ({
    "dbt_project.yml": `name: shop\nprofile: shop\nflags: {${flags}}\n`,
    "macros/ref.sql":
      "{% macro ref() %}{% set label = kwargs.label %}{{ return(builtins.ref(varargs[0])) }}{% endmacro %}",
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select * from {{ ref('a', label='x') }}",
    "models/s.yml": `unit_tests: [{name: u, model: b, ${given}}]`,
  });
  const statusOf = async (flags: string) => {
    const { run } = project(files(flags));
    await run("run");
    return (await run("test")).results.map((r) => [r.status, r.message?.split("\n")[0]]);
  };
  expect(await statusOf("support_custom_ref_kwargs: true")).toEqual([["pass", undefined]]);
  const [[status, message] = []] = await statusOf("support_custom_ref_kwargs: false");
  expect([status, message]).toEqual(["error", expect.stringContaining("Parsing Error")]);
});

test("semantic models need a time spine", async () => {
  const semantic = "semantic_models: [{name: sm, model: ref('m'), entities: [{name: id, type: primary}]}]";
  const { run } = project({ "models/m.sql": "select 1 as id", "models/s.yml": semantic });
  await expect(run("parse")).rejects.toThrow("The semantic layer requires a time spine model");
});

test("a project read ahead is built as it was read, and tells what was wrong when its command comes", async () => {
  const ahead = (files: Files) => {
    const { folder } = project(files);
    const database = join(folder, "shop.duckdb");
    const target = targetForDatabase({ database, projectDir: folder, profilesDirs: [], fallbackName: "dev", env: {} });
    const flags = defaultFlags("build", folder, {});
    const events: EngineEvent[] = [];
    const read = readAhead(flags, { target });
    return { events, run: () => runCommand(flags, { target, ahead: read, sink: (event) => events.push(event) }) };
  };
  const good = ahead({ "models/a.sql": "select 1 as id", "models/s.yml": "models: [{name: nobody}]" });
  expect(good.events).toEqual([]);
  expect(await good.run()).toMatchObject({ success: true, results: [{ unique_id: "model.shop.a" }] });
  const told = good.events.map(({ type }) => type);
  expect(told.indexOf("message")).toBeLessThan(told.indexOf("parsed"));
  expect(told.indexOf("parsed")).toBeLessThan(told.indexOf("selected"));

  const broken = ahead({ "models/a.sql": "select {{ ref('nothing') }}" });
  await expect(broken.run()).rejects.toMatchObject({ message: expect.stringContaining("nothing") });
});
