import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "#duck/index.ts";
import { fromPlain, PyDict, PyFunction, PyObject, PyTuple, repr, str, type Value } from "#jinja/index.ts";
import type { Target } from "../1-read/types.ts";
import { Adapter, type AdapterShared, type AdapterWarning } from "./adapter.ts";
import { adapterMethodNames, AdapterObject } from "./adapter-object.ts";
import { RelationCache } from "./cache.ts";
import { AdapterColumn } from "./column.ts";
import { Relation } from "./relation.ts";
import { AdapterSession } from "./session.ts";
import { readSeedTable } from "./seed-table.ts";
import type { AgateTable } from "./table.ts";

const target = {
  database: "memory",
  schema: "main",
  externalRoot: "out",
  disableTransactions: false,
  isDucklake: false,
  attach: [],
  plugins: [{ module: "excel" }],
} as unknown as Target;

let db: Database;
let session: AdapterSession;
let shared: AdapterShared;
let adapter: Adapter;
let run: AdapterObject;
let macros: string[];
let warnings: AdapterWarning[];

/** The macros that dbt-duckdb has for these, as plain SQL. */
async function executeMacro(name: string, kwargs: Record<string, Value>): Promise<Value> {
  macros.push(name);
  const relation = kwargs.relation as Relation;
  const query = async (sql: string) => (await session.execute(sql, { fetch: true })).table;
  switch (name) {
    case "list_relations_without_caching": {
      const { schema } = kwargs.schema_relation as Relation;
      return query(
        `select table_catalog, table_name, table_schema, case table_type when 'BASE TABLE' then 'table' when 'VIEW' then 'view' end from information_schema.tables where table_schema = '${schema}' order by 2`,
      );
    }
    case "get_columns_in_relation": {
      const described = await query(`describe ${relation.render()}`);
      return described.allRows().map(([column = null, type = null]) => new AdapterColumn(str(column), str(type)));
    }
    case "drop_relation":
      await session.execute(`drop ${relation.type} if exists ${relation.render()} cascade`);
      return "";
    case "rename_relation":
      await session.execute(
        `alter table ${(kwargs.from_relation as Relation).render()} rename to "${(kwargs.to_relation as Relation).identifier}"`,
      );
      return "";
    case "create_schema":
      await session.execute(`create schema if not exists ${relation.render()}`, { autoBegin: true });
      return "";
    case "drop_schema":
      await session.execute(`drop schema if exists ${relation.render()} cascade`, { autoBegin: true });
      return "";
    case "truncate_relation":
      await session.execute(`truncate ${relation.render()}`);
      return "";
    default:
      throw new Error(`no macro ${name}`);
  }
}

beforeAll(async () => {
  db = await openDatabase(":memory:");
});
afterAll(() => db.close());
beforeEach(async () => {
  macros = [];
  warnings = [];
  session = new AdapterSession({ connect: () => db.connect() });
  await session.execute(
    "drop schema if exists s cascade; create schema s; create table s.t(id int, name varchar); create view s.v as select 1 as x",
  );
  shared = { cache: new RelationCache(), target, projectName: "p", warn: (warning) => warnings.push(warning) };
  adapter = new Adapter({ shared, session, executeMacro });
  const dispatch = (name: string, namespace: string | null) => `${namespace}.${name}`;
  run = new AdapterObject({ adapter, phase: "run", dispatch, config: "the config" });
});

const invoke = async (
  object: PyObject,
  name: string,
  args: Value[] = [],
  kwargs: Record<string, Value> = {},
): Promise<Value> => {
  const method = object.getAttr(name);
  if (!(method instanceof PyObject)) throw new Error(`adapter has no ${name}`);
  return method.call(args, new Map(Object.entries(kwargs)));
};
const call = (name: string, ...args: Value[]) => invoke(run, name, args);
const plain = (value: unknown): Value => fromPlain(value);
const t = () => Relation.create({ database: "memory", schema: "s", identifier: "t", type: "table" });

describe("relations", () => {
  test("get_relation reads a schema once and answers from the cache", async () => {
    const found = (await call("get_relation", "memory", "s", "t")) as Relation;
    expect([found.str(), found.type]).toEqual(['"memory"."s"."t"', "table"]);
    expect(
      ((await invoke(run, "get_relation", [], { database: "memory", schema: "s", identifier: "v" })) as Relation).type,
    ).toBe("view");
    expect(await call("get_relation", "memory", "s", "nope")).toBe(null);
    expect(macros).toEqual(["list_relations_without_caching"]);
    await expect(call("get_relation", "memory", "s", "T")).rejects.toThrow("approximate match");
  });
  test("drop, rename and truncate change the database and the cache", async () => {
    await adapter.fillCache([Relation.create({ database: "memory", schema: "s" })]);
    await call("rename_relation", t(), t().with({ identifier: "t2" }));
    expect(await call("get_relation", "memory", "s", "t")).toBe(null);
    await session.execute("insert into s.t2 values (1, 'a')");
    await call("truncate_relation", t().with({ identifier: "t2" }));
    expect((await session.execute("from s.t2", { fetch: true })).table.rowCount).toBe(0);
    await call("drop_relation", t().with({ identifier: "t2" }));
    expect(shared.cache.relations("memory", "s").map(({ identifier }) => identifier)).toEqual(["v"]);
    await expect(call("drop_relation", t().with({ type: null }))).rejects.toThrow(
      'Tried to drop relation "memory"."s"."t", but its type is null.',
    );
    await expect(call("drop_relation", null)).rejects.toThrow("Attempted to drop a null relation for master");
    await expect(call("rename_relation", null, t())).rejects.toThrow(
      'Attempted to rename null relation to "memory"."s"."t" for master',
    );
  });
  test("cache_added, cache_dropped, cache_renamed render nothing", async () => {
    expect([await call("cache_added", t()), await call("cache_renamed", t(), t().with({ identifier: "u" }))]).toEqual([
      "",
      "",
    ]);
    expect(shared.cache.relations("memory", "s").map(({ identifier }) => identifier)).toEqual(["u"]);
    expect(await call("cache_dropped", t().with({ identifier: "u" }))).toBe("");
    await expect(call("cache_added", null)).rejects.toThrow("Attempted to cache a null relation for master");
  });
  test("schemas are created and dropped in a transaction of their own", async () => {
    await call("create_schema", Relation.create({ database: "memory", schema: "made", identifier: "x" }));
    expect(session.transactionOpen).toBe(false);
    shared.cache.add(Relation.create({ database: "memory", schema: "made", identifier: "x", type: "table" }));
    await call("drop_schema", Relation.create({ database: "memory", schema: "made" }));
    expect(shared.cache.has("memory", "made")).toBe(false);
  });
});

describe("columns", () => {
  const columns = (value: Value) => (value as AdapterColumn[]).map(({ column, dtype }) => `${column} ${dtype}`);
  test("of relations, of queries, and those that are missing", async () => {
    expect(columns(await call("get_columns_in_relation", t()))).toEqual(["id INTEGER", "name VARCHAR"]);
    expect(await call("get_columns_in_relation", t().with({ identifier: "nope" }))).toEqual([]);
    expect(
      columns(await call("get_column_schema_from_query", "select 1 as a, {'x': 1, 'y': {'z': 'q'}} as s")),
    ).toEqual(["a INTEGER", "s.x INTEGER", "s.y.z VARCHAR"]);
    const v = t().with({ identifier: "v", type: "view" });
    expect(columns(await call("get_missing_columns", t(), v))).toEqual(["id INTEGER", "name VARCHAR"]);
    await expect(call("get_missing_columns", "t", v)).rejects.toThrow(
      "'adapter.get_missing_columns' expects argument 'from_relation'",
    );
    expect(await call("expand_target_column_types", t(), v)).toBe(null);
  });
  test("a snapshot's target must have its columns", async () => {
    await expect(call("valid_snapshot_target", t())).rejects.toThrow(
      'Snapshot target is missing configured columns (missing "dbt_scd_id", "dbt_valid_from", "dbt_valid_to").',
    );
    const names = plain({ dbt_scd_id: "ID", dbt_valid_from: "name", dbt_valid_to: "name", dbt_is_deleted: "gone" });
    expect(await call("valid_snapshot_target", t(), names)).toBe(null);
    expect(
      await call("assert_valid_snapshot_target_given_strategy", t(), names, plain({ hard_deletes: "ignore" })),
    ).toBe(null);
    await expect(
      call("assert_valid_snapshot_target_given_strategy", t(), names, plain({ hard_deletes: "new_record" })),
    ).rejects.toThrow('(missing "gone")');
  });
});

describe("statements", () => {
  test("execute answers response and table", async () => {
    const pair = (await invoke(run, "execute", ["select 1 as a"], { fetch: true })) as PyTuple;
    expect(str(pair.items[0] as Value)).toBe("OK");
    expect(repr(pair.items[0] as Value)).toBe(
      "AdapterResponse(_message='OK', code=None, rows_affected=None, query_id=None)",
    );
    expect((pair.items[1] as AgateTable).allRows()).toEqual([[1]]);
  });
  test("add_query begins a transaction and takes bindings; commit ends it and is silent without one", async () => {
    await call("add_query", "insert into s.t values (?, ?)", true, [1, "a"]);
    expect(session.transactionOpen).toBe(true);
    expect([await call("commit"), await call("commit")]).toEqual([null, null]);
    expect((await session.execute("from s.t", { fetch: true })).table.allRows()).toEqual([[1, "a"]]);
  });
  test("location_exists", async () => {
    expect(await call("location_exists", "no/such/file.parquet")).toBe(false);
  });
});

describe("texts", () => {
  test("quoting", async () => {
    expect(await call("quote", "a b")).toBe('"a b"');
    expect([await call("quote_seed_column", "a", null), await call("quote_seed_column", "a", false)]).toEqual([
      '"a"',
      "a",
    ]);
    await expect(call("quote_seed_column", "a", "no")).rejects.toThrow("invalid type <class 'str'>");
    expect([
      await call("quote_as_configured", "a", "identifier"),
      await call("quote_as_configured", "a", "other"),
    ]).toEqual(['"a"', "a"]);
  });
  // expected texts are those of dbt-duckdb 1.11.0
  test("constraints", async () => {
    const column = (name: string, data_type: string, quote: boolean, constraints: unknown[]) => ({
      name,
      data_type,
      quote,
      constraints,
    });
    const columns = plain({
      id: column("id", "int", false, [
        { type: "not_null" },
        { type: "primary_key", expression: "x" },
        { type: "check", expression: "id > 0" },
        { type: "check" },
        { type: "unique", warn_unenforced: false },
      ]),
      "b c": column("b c", "varchar", true, [
        { type: "foreign_key", to: '"db"."s"."t"', to_columns: ["id"] },
        { type: "foreign_key", expression: "t (id)" },
        { type: "custom", expression: "default 1" },
        { type: "foreign_key", to: "t", to_columns: ["a", "b"] },
      ]),
    });
    expect(await invoke(run, "render_raw_columns_constraints", [], { raw_columns: columns })).toEqual([
      "id int not null primary key x check (id > 0) unique",
      '"b c" varchar references "s"."t" (id) references t (id) default 1 references t (a, b)',
    ]);
    const model = plain([
      { type: "primary_key", columns: ["a", "b"], name: "pk" },
      { type: "unique", columns: ["a"], expression: "nulls" },
      { type: "check", expression: "a>0", name: "ck", columns: [] },
      { type: "foreign_key", columns: ["a"], to: "db.s.t", to_columns: ["x"] },
      { type: "not_null", columns: ["a"] },
      { type: "custom", expression: "foo" },
    ]);
    expect(await invoke(run, "render_raw_model_constraints", [], { raw_constraints: model })).toEqual([
      "constraint pk primary key (a, b)",
      "unique nulls (a)",
      "constraint ck check (a>0)",
      "foreign key (a) references db.s.t (x)",
      "foo",
    ]);
    await expect(call("render_raw_model_constraints", plain([{ type: "nope" }]))).rejects.toThrow(
      "Could not parse constraint: {'type': 'nope'}",
    );
    await expect(call("render_raw_model_constraints", plain([{ type: "not_null", extra: 1 }]))).rejects.toThrow(
      "Could not parse constraint",
    );
  });
  test.each([
    ["x/y.parquet", {}, "format parquet", "x/y.parquet"],
    ["x.csv", { delimiter: "|" }, "delimiter '|', format csv, header 1", "x.csv"],
    [
      "dir/part",
      { partition_by: "a,b", format: "parquet" },
      "partition_by (a,b), format parquet",
      "dir/part/*/*/*.parquet",
    ],
    ["dir.x/out", { delimiter: ";" }, "delimiter ';', format csv, header 1", "dir.x/out"],
    [
      "x.csv",
      { header: 0, null: "NA", partition_by: "a" },
      "header 0, null 'NA', partition_by a, format csv",
      "x.csv/*/*.csv",
    ],
    ["x.PARQUET", { per_thread_output: true }, "per_thread_output True, format parquet", "x.PARQUET/*.parquet"],
    ["x", { quote: "'~'" }, "quote '~', format parquet", "x"],
  ])("external files: %s %j", async (location, options, written, read) => {
    const dict = plain(options);
    expect(await call("external_write_options", location, dict)).toBe(written);
    expect(await call("external_read_location", location, dict)).toBe(read);
  });
  test("indexes", async () => {
    const index = (await call("parse_index", plain({ columns: ["a"], unique: true }))) as PyObject;
    expect(repr(index)).toBe("DuckDBIndexConfig(columns=['a'], unique=True)");
    const name = (await invoke(index, "render", [t()])) as string;
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    expect(await call("parse_index", null)).toBe(null);
    await expect(call("parse_index", plain({ unique: true }))).rejects.toThrow(
      "Could not parse index config: at path []: 'columns' is a required property",
    );
    await expect(call("parse_index", plain({ columns: [1] }))).rejects.toThrow(
      "at path ['columns'][0]: 1 is not of type 'string'",
    );
  });
  test("seed columns become types", async () => {
    const table = readSeedTable("a,b,c,d,e\n1,1.5,x,2024-01-01,true\n");
    const types = await Promise.all([0, 1, 2, 3, 4].map((i) => call("convert_type", table, i)));
    expect(types).toEqual(["integer", "float8", "text", "date", "boolean"]);
  });
});

describe("strategies and flags", () => {
  const macro = new PyFunction("m", () => "sql");
  const context = new PyDict([
    ["get_incremental_delete_insert_sql", macro],
    ["get_incremental_default_sql", macro],
  ]);
  test("incremental strategies", async () => {
    expect(await call("valid_incremental_strategies")).toEqual(["append", "delete+insert", "merge", "microbatch"]);
    expect(await call("get_incremental_strategy_macro", context, "delete+insert")).toBe(macro);
    expect(await call("get_incremental_strategy_macro", context, null)).toBe(macro);
    await expect(call("get_incremental_strategy_macro", context, "insert_overwrite")).rejects.toThrow(
      "The incremental strategy 'insert_overwrite' is not valid for this adapter",
    );
    await expect(call("get_incremental_strategy_macro", context, "mine")).rejects.toThrow(
      'dbt could not find an incremental strategy macro with the name "get_incremental_mine_sql" in p',
    );
  });
  test("hard deletes", async () => {
    const mode = (config: unknown) => call("get_hard_deletes_behavior", plain(config));
    expect([
      await mode({}),
      await mode({ hard_deletes: "new_record" }),
      await mode({ invalidate_hard_deletes: true }),
    ]).toEqual(["ignore", "new_record", "invalidate"]);
    await expect(mode({ hard_deletes: "x" })).rejects.toThrow("Invalid setting for property hard_deletes.");
    await expect(mode({ hard_deletes: "ignore", invalidate_hard_deletes: false })).rejects.toThrow(
      "You cannot set both",
    );
  });
  test("batches get temporary relations of their own", async () => {
    expect(await call("batch_id_for_model", plain({ batch: { event_time_start: "2024-01-01 00:00:00+00:00" } }))).toBe(
      "20240101_0000000000",
    );
    expect(await call("batch_id_for_model", plain({}))).toBe("");
    const one = str(await call("get_temp_relation_path", t(), "b1"));
    expect(one).toMatch(/^Path\(database='memory', schema='dbt_temp', identifier='t__[0-9a-f]{12}__b1'\)$/);
    expect(str(await call("get_temp_relation_path", t(), "b1"))).toBe(one);
  });
  test("behavior flags tell that they are off, unless asked for no_warn", () => {
    const flag = (run.getAttr("behavior") as PyObject).getAttr("enable_truthy_nulls_equals_macro") as PyObject;
    expect(flag.getAttr("no_warn")).toBe(false);
    expect(warnings).toEqual([]);
    expect([flag.truthy(), flag.truthy(), warnings.length]).toEqual([false, false, 1]);
    expect(() => run.behavior.getAttr("nope")).toThrow("The flag nope has not been registered.");
  });
  test("warnings once, dispatch, grants, and what is not there", async () => {
    await call("warn_once", "careful");
    await call("warn_once", "careful");
    expect(warnings.map(({ message }) => message)).toEqual(["DuckDB adapter: careful"]);
    expect(await call("dispatch", "m", "pkg")).toBe("pkg.m");
    await expect(call("dispatch", "pkg.m")).rejects.toThrow(
      'Did you mean `adapter.dispatch("m", macro_namespace="pkg")`?',
    );
    const grants = (
      await session.execute("select 'me' as grantee, 'select' as privilege_type union all select 'you', 'select'", {
        fetch: true,
      })
    ).table;
    expect(repr(await call("standardize_grants_dict", grants))).toBe("{'select': ['me', 'you']}");
    expect([await call("external_root"), run.getAttr("config"), await call("type"), run.getAttr("nope")]).toEqual([
      "out",
      "the config",
      "duckdb",
      undefined,
    ]);
    await expect(call("store_relation", "glue", t(), [], "p", "parquet", null)).rejects.toThrow(
      "Plugin glue not found; known plugins are: excel",
    );
  });
});

test("at parse time nothing reaches the database", async () => {
  const unused = new AdapterSession({
    connect: () => {
      throw new Error("reached the database");
    },
  });
  const parse = new AdapterObject({
    adapter: new Adapter({ shared, session: unused, executeMacro }),
    phase: "parse",
    dispatch: () => null,
  });
  const answer = (name: string) => invoke(parse, name, ["anything", "at", "all", "five", 5]);
  for (const name of [
    "get_relation",
    "create_schema",
    "drop_relation",
    "rename_relation",
    "get_incremental_strategy_macro",
    "get_hard_deletes_behavior",
  ]) {
    expect([name, await answer(name)]).toEqual([name, null]);
  }
  for (const name of ["get_columns_in_relation", "get_missing_columns", "get_column_schema_from_query"])
    expect(await answer(name)).toEqual([]);
  expect([await answer("already_exists"), await answer("check_schema_exists")]).toEqual([false, false]);
  expect(repr(await answer("execute"))).toBe("('', <agate.table.Table object at 0x7f0000000000>)");
  expect(repr(await answer("add_query"))).toBe("(None, None)");
  expect(await invoke(parse, "quote", ["a"])).toBe('"a"');
  expect(macros).toEqual([]);
});

test("every method that dbt-duckdb makes available is there", () => {
  const available =
    "add_query already_exists assert_valid_snapshot_target_given_strategy batch_id_for_model behavior build_catalog_relation cache_added cache_dropped cache_renamed check_schema_exists convert_datetimes_to_strs convert_type create_schema disable_transactions drop_relation drop_schema execute expand_target_column_types external_read_location external_root external_write_options get_binding_char get_catalog_integration get_column_schema_from_query get_columns_in_relation get_columns_in_table get_hard_deletes_behavior get_incremental_strategy_macro get_missing_columns get_partitions_metadata get_relation get_seed_file_path get_temp_relation_path is_ducklake is_motherduck location_exists parse_index quote quote_as_configured quote_seed_column rename_relation render_raw_columns_constraints render_raw_model_constraints run_sql_for_tests standardize_grants_dict store_relation truncate_relation use_ducklake_table_workarounds valid_incremental_strategies valid_snapshot_target warn_once dispatch type commit config Relation";
  expect(adapterMethodNames()).toEqual(expect.arrayContaining(available.split(" ")));
});
