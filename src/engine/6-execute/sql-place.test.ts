import { expect, test } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { placeInModel } from "./sql-place.ts";

const file = "models/two.sql";

/** DuckDB's own message about a model's SQL, sent as a materialization does. */
async function fail(raw: string, compiled: string): Promise<ReturnType<typeof placeInModel>> {
  const database = await openDatabase(":memory:");
  try {
    const sql = `\n\n  create table two as (\n    ${compiled}\n  );\n`;
    const message = await (await database.connect()).run(sql).then(
      () => "no error",
      (error: Error) => error.message,
    );
    return placeInModel(message, sql, {
      original_file_path: file,
      raw_code: raw,
      compiled_code: compiled,
      compiled_path: "target/compiled/p/models/two.sql",
    });
  } finally {
    await database.close();
  }
}

test("a line that the model has itself", async () => {
  const raw = "{{ config(materialized='table') }}\n{% set x = 1 %}\nselect 1 as id,\n  nope as name\nfrom range(1)";
  const found = await fail(raw, "select 1 as id,\n  nope as name\nfrom range(1)");
  expect(found?.place).toMatchObject({ file, line: 4, column: 3 });
  expect(found?.message).toMatch(/\nLINE 4: {3}nope as name\n {10}\^$/);
});

test("the first line, behind the statement's own words", async () => {
  expect((await fail("selct 1 as id", "selct 1 as id"))?.place).toMatchObject({ line: 1, column: 1 });
});

test("a line that Jinja filled in", async () => {
  const raw = "select 1 as id\nfrom {{ ref('one') }}, nowhere";
  expect((await fail(raw, "select 1 as id\nfrom range(1), nowhere"))?.place).toMatchObject({
    file,
    line: 2,
    column: 24,
  });
});

test("a line that Jinja wrote is shown in the compiled file", async () => {
  const raw = "select\n{% for n in range(3) %}\n  nope{{ n }},\n{% endfor %}\n1 as id";
  expect((await fail(raw, "select\n\n  nope0,\n\n  nope1,\n\n  nope2,\n\n1 as id"))?.place).toMatchObject({
    file: "target/compiled/p/models/two.sql",
    line: 3,
    column: 3,
  });
});

test("the same line twice, and a long one that DuckDB cuts", async () => {
  const twice =
    "with a as (\n  select 1 as id\n  from range(1)\n)\nselect id,\n  id from a\nunion all\nselect id,\n  id2 from a";
  expect((await fail(twice, twice))?.place).toMatchObject({ line: 9, column: 3 });
  const long = `select 1 as a,\n ${"1 as column_with_name, ".repeat(20)}nope, ${"2 as another_column, ".repeat(20)} 3 as z`;
  const found = await fail(long, long);
  expect(found?.place).toMatchObject({ line: 2, column: (long.split("\n")[1] ?? "").indexOf("nope") + 1 });
});

test("statements that are not the model's, and messages without a line, have no place", () => {
  const node = { original_file_path: file, raw_code: "select 1", compiled_code: "select 1" };
  expect(placeInModel("Binder Error: x\n\nLINE 1: select nope\n               ^", "select nope", node)).toBeUndefined();
  expect(placeInModel("Constraint Error: Duplicate key", "insert into x (select 1)", node)).toBeUndefined();
});
