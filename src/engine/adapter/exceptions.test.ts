import { expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { fromPlain, PyObject, type Value } from "#jinja/index.ts";
import { makeExceptions } from "./exceptions.ts";
import { Relation } from "./relation.ts";

const warned: string[] = [];
const node = { unique_id: "model.p.x", name: "x", resource_type: "model", original_file_path: "models/x.sql" };
const exceptions = makeExceptions({ node, warn: (message, { code }) => warned.push(`${code} ${message}`) });

function raised(name: string, ...args: unknown[]) {
  const method = exceptions.getItem(name) as PyObject;
  try {
    method.call(
      args.map((a) => fromPlain(a)),
      new Map(),
    );
  } catch (error) {
    if (isLabsError(error))
      return { code: error.code, type: error.data?.dbtType, node: error.data?.node, message: error.message };
    throw error;
  }
  throw new Error(`${name} did not raise`);
}

const column = (name: string, data_type: string) => ({ name, data_type });

test.each([
  ["raise_compiler_error", "DBA-001", "Compilation Error"],
  ["raise_database_error", "DBA-002", "Database Error"],
  ["raise_dependency_error", "DBA-006", "Runtime Error"],
  ["raise_fail_fast_error", "DBA-009", "FailFast Error"],
])("%s", (name, code, type) => {
  expect(raised(name, "what went wrong")).toEqual({ code, type, node: "model.p.x", message: "what went wrong" });
});

test("raise_contract_error prints the differences as dbt does", () => {
  const yaml = [column("id", "INTEGER"), column("b", "VARCHAR"), column("z", "DATE")];
  const sql = [
    column("id", "BIGINT"),
    column("b", "VARCHAR"),
    column("extra", "STRUCT(a INTEGER, b VARCHAR, c DOUBLE, d DOUBLE, e DOUBLE)"),
  ];
  expect(raised("raise_contract_error", yaml, sql).message).toBe(
    "This model has an enforced contract that failed.\nPlease ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.\n\n" +
      "| column_name | definition_type                                    | contract_type | mismatch_reason       |\n" +
      "| ----------- | -------------------------------------------------- | ------------- | --------------------- |\n" +
      "| extra       | STRUCT(a INTEGER, b VARCHAR, c DOUBLE, d DOUBLE... |               | missing in contract   |\n" +
      "| id          | BIGINT                                             | INTEGER       | data type mismatch    |\n" +
      "| z           |                                                    | DATE          | missing in definition |\n",
  );
  expect(raised("raise_contract_error", [], sql).message).toBe(
    "This model has an enforced contract, and its 'columns' specification is missing",
  );
});

test("texts with data", () => {
  const x = Relation.create({ database: "d", schema: "s", identifier: "x", type: "view" });
  expect(raised("relation_wrong_type", x, "table").message).toContain(
    'Trying to create table "d"."s"."x", but it currently exists as a view.',
  );
  expect(raised("missing_relation", x).message).toBe('Relation "d"."s"."x" not found!');
  expect(raised("missing_config", node, "unique_key").message).toBe(
    "Model 'model.p.x' does not define a required config parameter 'unique_key'.",
  );
  expect(raised("missing_materialization", { config: { materialized: "m" } }, "duckdb").message).toBe(
    "No materialization 'm' was found for adapter duckdb! (searched types 'default' and 'duckdb')",
  );
  expect(raised("column_type_missing", ["a", "b"]).message).toContain("for the ['a', 'b'] column(s).");
  expect(raised("raise_cache_inconsistent", "x").message).toBe("Cache inconsistency detected: x");
  expect(raised("raise_not_implemented", "later").message).toBe("ERROR: later");
  const other = { ...node, database: "d", schema: "s", alias: "a" };
  expect(raised("raise_ambiguous_alias", other, other).message).toContain('the database representation "d.s.a"');
});

test("warnings go to the callback and render nothing", () => {
  const warn = (name: string, ...args: Value[]) => (exceptions.getItem(name) as PyObject).call(args, new Map());
  expect(warn("warn", "careful")).toBe("");
  warn("warn_snapshot_timestamp_data_types", "TIMESTAMP", "DATE");
  expect(warned[0]).toBe("I061 careful");
  expect(warned[1]).toContain(
    "Q043 Data type of snapshot table timestamp columns (TIMESTAMP) doesn't match derived column 'updated_at' (DATE).",
  );
});
