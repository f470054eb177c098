import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { targetForDatabase } from "./own-target.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-own-target-"));
  writeFileSync(join(folder, "dbt_project.yml"), "name: p\nversion: '1'\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  "shop.duckdb",
  "a #1 ü%41\n'\"b/shop.duckdb",
  "what?/shop.duckdb",
  "shop#1.duckdb",
  "shop.v2.duckdb",
  ".shop.duckdb",
  "shop",
])("calls the catalog of %j as DuckDB does", async (name) => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  const { database } = targetForDatabase({ database: file, projectDir: folder, profilesDirs: [], fallbackName: "p" });
  const duckdb = await openDatabase(file);
  try {
    const connection = await duckdb.connect();
    expect((await connection.query("SELECT current_database()")).rows).toEqual([[database]]);
    await connection.close();
  } finally {
    await duckdb.close();
  }
});
