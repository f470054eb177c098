import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { targetForDatabase } from "../1-read/index.ts";
import { defaultFlags } from "../default-flags.ts";
import { reasonOf, reusedResult } from "../6-execute/outcome.ts";
import type { Flags } from "../flags.ts";
import { runCommand } from "../run-command.ts";
import { type Files, writeProject } from "../testing/project.ts";

/** A project with its own database, built again and again. */
class Shop {
  readonly folder: string;
  readonly database: string;

  constructor(files: Files, database = "shop.duckdb") {
    this.folder = writeProject(files);
    this.database = join(this.folder, database);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Builds; gives what was done with each node by name: `kept` or the reason why it ran. */
  async build(flags: Partial<Flags> = {}, env: NodeJS.ProcessEnv = {}): Promise<Record<string, string>> {
    const all = defaultFlags(flags.command ?? "build", this.folder, { changed: true, ...flags });
    const target = targetForDatabase({
      database: this.database,
      projectDir: this.folder,
      profilesDirs: [],
      fallbackName: "dev",
      env,
    });
    const { results } = await runCommand(all, { sink: () => {}, target, env });
    return Object.fromEntries(
      results.map((r) => [
        r.unique_id.split(".")[r.unique_id.startsWith("unit_test.") ? 3 : 2] ?? "",
        reusedResult(r) ? "kept" : r.status === "error" ? `error: ${r.message}` : (reasonOf(r) ?? "ran"),
      ]),
    );
  }

  async query(sql: string): Promise<unknown[][]> {
    const database = await openDatabase(this.database, { config: { file_search_path: this.folder } });
    const connection = await database.connect();
    try {
      return (await connection.query(sql)).rows;
    } finally {
      await database.close();
    }
  }
}

const tables = { "dbt_project.yml": "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n" };

describe("what has not changed", () => {
  it("is left as it is, tests included", async () => {
    const shop = new Shop({
      ...tables,
      "models/a.sql": "select 1 as id",
      "models/b.sql": "select id from {{ ref('a') }}",
      "models/s.yml": "models:\n  - name: b\n    columns:\n      - name: id\n        data_tests: [unique]\n",
    });
    expect(await shop.build()).toMatchObject({ a: "no earlier run is known" });
    expect(await shop.build()).toEqual({ a: "kept", b: "kept", unique_b_id: "kept" });
    // Another command that knows what it writes does not end that.
    expect(await shop.build({ command: "run", changed: false, select: ["b"] })).toEqual({ b: "it was asked for" });
    expect(await shop.build()).toEqual({ a: "kept", b: "kept", unique_b_id: "main.b changed" });
  });

  it("is built again after a change of SQL, and with it what reads it", async () => {
    const shop = new Shop({
      ...tables,
      "models/a.sql": "select 1 as id",
      "models/b.sql": "select id from {{ ref('a') }}",
      "models/c.sql": "select 2 as other",
    });
    await shop.build();
    shop.write("models/a.sql", "select 7 as id");
    expect(await shop.build()).toEqual({ a: "its compiled SQL changed", b: "main.a changed", c: "kept" });
    expect(await shop.query("select id from b")).toEqual([[7]]);
  });

  it("is built again after a change of config, a variable, a macro that renders or materializes it", async () => {
    const shop = new Shop({
      "dbt_project.yml": "name: shop\nprofile: shop\nvars: {rate: 2}\n",
      "macros/m.sql": "{% macro twice(x) %}2 * {{ x }}{% endmacro %}",
      "models/a.sql": "{{ config(materialized='table') }} select {{ twice('3') }} as x",
      "models/v.sql": "{{ config(materialized='table') }} select {{ var('rate') }} as x",
      "models/plain.sql": "{{ config(materialized='table') }} select 1 as x",
    });
    await shop.build();
    expect(await shop.build({ vars: { rate: 5 } })).toEqual({
      a: "kept",
      v: "its compiled SQL changed",
      plain: "kept",
    });
    shop.write("macros/m.sql", "{% macro twice(x) %}{{ x }} + {{ x }}{% endmacro %}");
    expect(await shop.build({ vars: { rate: 5 } })).toEqual({
      a: "its compiled SQL changed",
      v: "kept",
      plain: "kept",
    });
    shop.write("models/plain.sql", "{{ config(materialized='view') }} select 1 as x");
    expect(await shop.build({ vars: { rate: 5 } })).toMatchObject({ a: "kept", plain: "its config changed" });
    shop.write(
      "macros/over.sql",
      "{% macro persist_docs(relation, model, for_relation=true, for_columns=true) %}{% endmacro %}",
    );
    expect(await shop.build({ vars: { rate: 5 } })).toMatchObject({ a: "its config changed", v: "its config changed" });
  });

  it.each([
    ["select now() as t", "it calls now()"],
    ["select current_date as t", "it uses current_date"],
    ["select random() as r", "it calls random()"],
    ["select * from main.by_hand", "it reads main.by_hand, which is no ref or source of it"],
    ["select * from {{ ref('base') }} using sample 1", "it takes a sample of rows"],
    ["select count(*) as n from {{ this }}", "it reads shop.main.m, which is no ref or source of it"],
    ["select count(*) as n from duckdb_tables()", "it reads from duckdb_tables()"],
    ["pivot (select 1 as a, 2 as b) on a using sum(b)", "its SQL cannot be taken apart"],
  ])("is not said of %s", async (sql, reason) => {
    const shop = new Shop({ ...tables, "models/base.sql": "select 1 as x", "models/m.sql": sql });
    await shop.query("create table by_hand as select 1 as x; create table m as select 1 as x");
    await shop.build();
    const done = await shop.build();
    expect(done.base).toBe("kept");
    expect(done.m).toContain(reason);
  });

  it("is not said when the model reads a file that changed, however it changed", async () => {
    const shop = new Shop({ ...tables, "models/m.sql": "select sum(x) as x from read_csv('data/*.csv')" });
    shop.write("data/a.csv", "x\n1\n2\n");
    await shop.build();
    expect(await shop.build()).toEqual({ m: "kept" });
    shop.write("data/a.csv", "x\n1\n9\n");
    expect(await shop.build()).toEqual({ m: "the file data/*.csv changed" });
    shop.write("data/b.csv", "x\n5\n");
    expect(await shop.build()).toEqual({ m: "the file data/*.csv changed" });
    expect(await shop.query("select x::int from m")).toEqual([[15]]);
  });

  it("is not said of anything when somebody else wrote to the database", async () => {
    const shop = new Shop({ ...tables, "models/a.sql": "select 1 as id" });
    await shop.build();
    await shop.query("update a set id = 99");
    expect(await shop.build()).toEqual({
      a: "something else may have written to the database since the last run",
    });
    expect(await shop.query("select id from a")).toEqual([[1]]);
    // Looking is not writing.
    await shop.query("select * from a");
    expect(await shop.build()).toEqual({ a: "kept" });
  });

  it("follows views and ephemeral models to the tables behind them", async () => {
    const shop = new Shop({
      "models/base.sql": "{{ config(materialized='table') }} select 1 as x",
      "models/v.sql": "{{ config(materialized='view') }} select x from {{ ref('base') }}",
      "models/e.sql": "{{ config(materialized='ephemeral') }} select x from {{ ref('v') }}",
      "models/top.sql": "{{ config(materialized='table') }} select x from {{ ref('e') }}",
    });
    await shop.build();
    expect(await shop.build()).toEqual({ base: "kept", v: "kept", top: "kept" });
    // Only the table below is built; the view is not selected and shows something else now.
    shop.write("models/base.sql", "{{ config(materialized='table') }} select 2 as x");
    await shop.build({ select: ["base"] });
    expect(await shop.build({ select: ["top"] })).toEqual({ top: "main.base changed" });
    expect(await shop.query("select x from top")).toEqual([[2]]);
  });

  it("takes hooks for what they are: writers", async () => {
    const shop = new Shop({
      "dbt_project.yml":
        'name: shop\nprofile: shop\nmodels:\n  +materialized: table\non-run-end: ["insert into {{ target.schema }}.log select 1"]\n',
      "models/log.sql": "select 0 as n where false",
      "models/reads_log.sql": "select count(*) as n from {{ ref('log') }}",
      "models/other.sql": "select 1 as n",
    });
    await shop.build();
    expect(await shop.build()).toEqual({
      log: "something else wrote to its relation",
      reads_log: "main.log changed",
      other: "kept",
      "shop-on-run-end-0": "ran",
    });
  });

  it("needs SQL macros to be the same", async () => {
    const project = (factor: number) =>
      `name: shop\nprofile: shop\nmodels:\n  +materialized: table\non-run-start: ["{{ make_macro() }}"]\n# ${factor}\n`;
    const macro = (factor: number) =>
      `{% macro make_macro() %}create or replace macro scaled(x) as x * ${factor}{% endmacro %}`;
    const shop = new Shop({
      "dbt_project.yml": project(1),
      "macros/m.sql": macro(2),
      "models/m.sql": "select scaled(3) as x",
    });
    await shop.build();
    expect(await shop.build()).toMatchObject({ m: "kept" });
    shop.write("macros/m.sql", macro(5));
    expect(await shop.build()).toMatchObject({ m: "the SQL macro scaled changed" });
    expect(await shop.query("select x from m")).toEqual([[15]]);
  });

  it("is asked of unit tests by all that they may use, the environment of macros included", async () => {
    const shop = new Shop({
      ...tables,
      "macros/m.sql": "{% macro factor() %}{{ env_var('FACTOR', '2') }}{% endmacro %}",
      "models/a.sql": "select 1 as x",
      "models/b.sql": "select x * {{ factor() }} as x from {{ ref('a') }}",
      "models/u.yml":
        "unit_tests:\n  - name: doubles\n    model: b\n    given: [{input: ref('a'), rows: [{x: 3}]}]\n    expect: {rows: [{x: 6}]}\n",
    });
    await shop.build();
    expect(await shop.build()).toEqual({ a: "kept", b: "kept", doubles: "kept" });
    const done = await shop.build({}, { FACTOR: "5" });
    expect(done.doubles).toBe("it, its model, a macro or a variable changed");
    shop.write("macros/m.sql", "{% macro factor() %}{{ 2 if run_started_at else 3 }}{% endmacro %}");
    await shop.build();
    expect((await shop.build()).doubles).toBe("its macros or hooks use run_started_at");
  });

  it("is asked of seeds by their bytes, and of nothing with --full-refresh", async () => {
    const shop = new Shop({ "seeds/s.csv": 'id,name\n1,"a  b"\n', "models/m.sql": "select name from {{ ref('s') }}" });
    await shop.build();
    shop.write("seeds/s.csv", 'id,name\n1,"a b"\n');
    expect(await shop.build()).toEqual({ s: "its file changed", m: "main.s changed" });
    expect(await shop.build()).toEqual({ s: "kept", m: "kept" });
    expect(await shop.build({ fullRefresh: true })).toEqual({ s: "full refresh", m: "full refresh" });
  });

  it("is not said of tests that did not pass, nor of a relation that is gone", async () => {
    const shop = new Shop({
      ...tables,
      "models/a.sql": "select 1 as id union all select 1",
      "models/s.yml": "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique]\n",
    });
    await shop.build();
    expect(await shop.build()).toEqual({ a: "kept", unique_a_id: "it did not pass in the last run" });
  });

  it("is not said after a run with --empty", async () => {
    const shop = new Shop({
      ...tables,
      "models/a.sql": "select 1 as id",
      "models/b.sql": "select * from {{ ref('a') }}",
    });
    await shop.build();
    await shop.build({ empty: true, changed: false });
    const done = await shop.build();
    expect(Object.values(done)).not.toContain("kept");
    expect(await shop.query("select count(*)::int from b")).toEqual([[1]]);
  });
});

/** A random project and edits of it; after each edit, what --changed made must be what a new database would get. */
describe("the results", () => {
  const names = ["m0", "m1", "m2", "m3", "m4", "m5"];
  const model = fc.record({
    kind: fc.constantFrom("table", "view", "ephemeral", "incremental"),
    factor: fc.integer({ min: 1, max: 9 }),
    /** Bits of the earlier models that it reads. */
    parents: fc.nat({ max: 63 }),
    file: fc.boolean(),
    seed: fc.boolean(),
  });
  type Model = typeof model extends fc.Arbitrary<infer T> ? T : never;
  const edit = fc.oneof(
    fc.record({ what: fc.constant("model" as const), index: fc.nat({ max: 5 }), model }),
    fc.record({ what: fc.constant("seed" as const), value: fc.nat({ max: 99 }) }),
    fc.record({ what: fc.constant("file" as const), value: fc.nat({ max: 99 }) }),
    fc.record({ what: fc.constant("source" as const), value: fc.nat({ max: 99 }) }),
    fc.record({ what: fc.constant("select" as const), index: fc.nat({ max: 5 }) }),
    fc.record({ what: fc.constant("plain run" as const), index: fc.nat({ max: 5 }) }),
  );

  const sqlOf = (m: Model, index: number): string => {
    const parents = names.slice(0, index).filter((_, i) => (m.parents >> i) & 1);
    const parts = [
      `select ${m.factor} as x`,
      ...parents.map((p) => `select x * ${m.factor} as x from {{ ref('${p}') }}`),
      ...(m.seed ? ["select x from {{ ref('seed') }}", "select x from {{ source('raw', 'given') }}"] : []),
      ...(m.file ? ["select x from read_csv('data/in.csv')"] : []),
    ];
    return `{{ config(materialized='${m.kind}') }} select sum(x)::bigint % 1000003 as x from (${parts.join(" union all ")})`;
  };
  const writeModels = (shop: Shop, models: Model[]): void => {
    for (const [i, m] of models.entries()) shop.write(`models/m${i}.sql`, sqlOf(m, i));
  };
  const contents = (shop: Shop, models: Model[]) =>
    shop.query(
      models
        .flatMap((m, i) => (m.kind === "ephemeral" ? [] : [`select ${i} as i, x from m${i}`]))
        .concat("select -1, null")
        .join(" union all ") + " order by 1",
    );
  const fixed: Files = {
    "seeds/seed.csv": "x\n1\n",
    "data/in.csv": "x\n1\n",
    "models/sources.yml": "sources:\n  - name: raw\n    schema: main\n    tables: [{name: given}]\n",
  };

  it("are those of a build from nothing, whatever was edited in between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(model, { minLength: 6, maxLength: 6 }),
        fc.array(edit, { maxLength: 5 }),
        async (start, edits) => {
          const models = [...start];
          const given = { value: 3 };
          const shop = new Shop(fixed);
          await shop.query("create table given as select 3 as x");
          writeModels(shop, models);
          await shop.build();
          for (const e of edits) {
            let select: string[] | undefined;
            if (e.what === "model") models[e.index] = e.model;
            else if (e.what === "seed") shop.write("seeds/seed.csv", `x\n${e.value}\n`);
            else if (e.what === "file") shop.write("data/in.csv", `x\n${e.value}\n`);
            else if (e.what === "source") {
              given.value = e.value;
              await shop.query(`update given set x = ${e.value}`);
            } else select = [`m${e.index}`];
            writeModels(shop, models);
            if (select) await shop.build({ select, changed: e.what === "select" });
          }
          // A model that became incremental keeps its rows under any dbt: compare what is defined by its inputs alone.
          const plain = models.map((m) => (m.kind === "incremental" ? { ...m, kind: "table" as const } : m));
          writeModels(shop, plain);
          await shop.build();
          const changed = await contents(shop, plain);

          const fresh = new Shop({ ...fixed });
          await fresh.query(`create table given as select ${given.value} as x`);
          for (const e of edits) {
            if (e.what === "seed") fresh.write("seeds/seed.csv", `x\n${e.value}\n`);
            if (e.what === "file") fresh.write("data/in.csv", `x\n${e.value}\n`);
          }
          writeModels(fresh, plain);
          await fresh.build({ changed: false });
          expect(changed).toEqual(await contents(fresh, plain));
        },
      ),
      { numRuns: Number(process.env.CHANGED_RUNS ?? 15) },
    );
  }, 120_000);
});
