import type { Check } from "./project.ts";

/** A public project, what it needs beside its own files and what dbt does with it. */
export interface CorpusEntry {
  name: string;
  repository: string;
  /** The project's folder inside the repository. */
  folder: string;
  commit: string;
  /** Put under dbt_packages: name of the folder → repository (`itself` is the repository's own root). */
  packages: Record<string, string>;
  check: Check;
  /** Columns that hold the database's name, which was another one when dbt's results were recorded. */
  named: Record<string, string[]>;
  /** Why differences are left. */
  note: string;
  /** What dbt 1.12.3 does, in words. */
  expected: string;
}

const build = { args: ["build"] };
const seed = { args: ["seed"] };
const run = { args: ["run"] };
const test = { args: ["test"] };
const utils = { dbt_utils: "dbt-labs/dbt-utils" };
const date = { dbt_date: "godatadriven/dbt-date" };

const entry = (
  name: string,
  repository: string,
  folder: string,
  commit: string,
  packages: Record<string, string>,
  steps: Check["steps"],
  expected: string,
  more: Partial<Check> = {},
): CorpusEntry => ({
  name,
  repository,
  folder,
  commit,
  packages,
  check: { steps, ...(volatile[name] ? { volatile: volatile[name] } : {}), ...more },
  named: named[name] ?? {},
  note: notes[name] ?? "",
  expected,
});

const tables = ["customers", "employees", "offices", "orderdetails", "orders", "payments", "productlines", "products"];

const union = ["_dbt_source_relation"];
const named: Record<string, CorpusEntry["named"]> = {
  dbt_utils_it: {
    "main.test_union_base": union,
    "main.test_union_exclude_base_lowercase": union,
    "main.test_union_exclude_base_uppercase": union,
    "main.test_union_where_base": union,
  },
  project_evaluator_it2: {
    "main.stg_columns": union,
    "main.stg_sources": ["database"],
    "main.stg_nodes": ["database"],
  },
};
const volatile: Record<string, Record<string, string[]>> = {
  dbt_utils_it: { "main.recency_time_included": ["created_at"] },
  audit_helper_it: { "main.unit_test_model_a": ["created_at"], "main.unit_test_model_b": ["created_at"] },
  project_evaluator_it2: {
    "main.fct_documentation_coverage": ["measured_at"],
    "main.fct_test_coverage": ["measured_at"],
    "main.stg_nodes": ["macro_dependencies"],
  },
};
const notes: Record<string, string> = {
  project_evaluator_it2: "one model loops over a Python set, whose order is random",
  jaffle_shop:
    "sources are the project's own seeds without an edge between them: what runs first is chance, in dbt too",
  inc_starter:
    "sources are the project's own seeds without an edge between them: what runs first is chance, in dbt too",
  pykrot: "a Python model, which the engine does not run",
  tickit: "elementary's tables hold moments, durations and ids of the run",
};

/** Public projects, none of them part of this repository. */
export const corpus: CorpusEntry[] = [
  entry("jaffle_shop_classic", "dbt-labs/jaffle-shop-classic", ".", "fd7bfac", {}, [build], "28 of 28"),
  entry(
    "dbt_utils_it",
    "dbt-labs/dbt-utils",
    "integration_tests",
    "700764c",
    { dbt_utils: "itself" },
    [seed, run, test],
    "seed 75; run 47 ok, 3 errors; test 104 pass, 8 errors",
  ),
  entry(
    "dbt_date_it",
    "godatadriven/dbt-date",
    "integration_tests",
    "e706de9",
    { dbt_date: "itself" },
    [build],
    "73 of 73",
  ),
  entry("sushi_dbt", "SQLMesh/sqlmesh", "examples/sushi_dbt", "07e0f0f", {}, [build], "33 of 33"),
  entry("osmosis_demo", "z3z1ma/dbt-osmosis", "demo_duckdb", "fd2f89c", {}, [build], "32 of 32"),
  entry(
    "cosmos_jaffle",
    "astronomer/astronomer-cosmos",
    "dev/dags/dbt/jaffle_shop",
    "d2c90b4",
    utils,
    [build],
    "23 of 23",
    { env: { POSTGRES_DB: "oracle", POSTGRES_SCHEMA: "main" } },
  ),
  entry(
    "cosmos_upstream",
    "astronomer/astronomer-cosmos",
    "dev/dags/dbt/cross_project/upstream",
    "d2c90b4",
    {},
    [build],
    "25 of 25",
  ),
  entry(
    "cosmos_failing",
    "astronomer/astronomer-cosmos",
    "dev/dags/dbt/watcher_failing_tests",
    "d2c90b4",
    {},
    [build],
    "1 pass, 1 error",
  ),
  entry(
    "unit_jaffle",
    "EqualExperts/dbt-unit-testing",
    "jaffle-shop",
    "fbfd896",
    { dbt_unit_testing: "itself", ...utils },
    [build],
    "19 of 19",
  ),
  entry(
    "audit_helper_it",
    "dbt-labs/dbt-audit-helper",
    "integration_tests",
    "3bd0ca4",
    { audit_helper: "itself", ...utils },
    [seed, run, test],
    "seed 24; run 24 ok, 5 errors, 1 skip; test 34 pass, 20 errors",
  ),
  entry(
    "project_evaluator_it2",
    "dbt-labs/dbt-project-evaluator",
    "integration_tests_2",
    "927abbd",
    { dbt_project_evaluator: "itself", ...utils },
    [build],
    "59 pass, 21 warn",
  ),
  entry(
    "stat_test_it",
    "Matts52/dbt-stat-test",
    "integration_tests",
    "23fc36a",
    { dbt_stat_test: "itself" },
    [build],
    "72 pass, 1 fail",
  ),
  entry(
    "activity_schema_it",
    "tnightengale/dbt-activity-schema",
    "integration_tests",
    "a567600",
    { dbt_activity_schema: "itself", ...utils },
    [build],
    "60 pass, 7 errors",
  ),
  entry(
    "dbt_profiler_it",
    "data-mie/dbt-profiler",
    "integration_tests",
    "1cc8792",
    { dbt_profiler: "itself", ...utils, dbt_expectations: "metaplane/dbt-expectations", ...date },
    [build],
    "5 pass, 7 errors, 45 skipped",
  ),
  entry(
    "jaffle_shop",
    "dbt-labs/jaffle-shop",
    ".",
    "7be2c58",
    { ...utils, ...date, audit_helper: "dbt-labs/dbt-audit-helper" },
    [seed, { args: ["build", "--vars", '{"load_source_data": true}'] }],
    "seed 4; 21 pass, 2 errors, 27 skipped",
  ),
  entry("classicmodels", "yurizza/classicmodels-dbt-duckdb", ".", "9e9efdb", {}, [build], "23 of 23", {
    setup: tables.map((t) => `create table main.${t} as select * from read_csv('dataset/${t}.csv')`),
  }),
  entry("mini_lake", "aosman101/mini-lake-dbt-duckdb", "mini_lake", "7dff01f", {}, [build], "7 of 7"),
  entry("pykrot", "michaelkrot/dbt-duckdb-data", ".", "b2cae0a", utils, [build], "20 of 20"),
  entry(
    "xoniks",
    "xoniks/dbt-duckdb",
    "my_duckdb_project",
    "7265a44",
    {},
    [seed, build],
    "seed 4; 20 pass, 1 warn, 11 errors, 21 skipped",
  ),
  entry(
    "claims",
    "A-Kuo/Claims-Operations-Analytics-Platform",
    ".",
    "5be5d8a",
    utils,
    [seed, build],
    "seed 2; 11 pass, 7 errors, 102 skipped",
  ),
  entry(
    "tickit",
    "senthilsweb/dbt-duckdb-tickit-pipeline",
    ".",
    "1b19a48",
    { ...utils, ...date, codegen: "dbt-labs/dbt-codegen", elementary: "elementary-data/dbt-data-reliability" },
    [seed, build],
    "seed 6; 36 pass, 50 errors, 20 skipped",
  ),
  entry(
    "marketing_ad",
    "MaryamSaamin/dbt-DuckDB-DBeaver",
    "MarketingAD",
    "3973f8e",
    utils,
    [seed, build],
    "4 pass, 4 errors, 29 skipped",
  ),
  entry(
    "inc_starter",
    "Goku007007/dbt-duckdb-incremental-starter",
    ".",
    "c8db038",
    {},
    [build, build],
    "2 pass, 1 error, 4 skipped, twice",
  ),
];
