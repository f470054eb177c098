import { expect, test } from "vitest";
import { duckdbVersion, openDatabase } from "#duck/index.ts";
import { baseOf, isBase, type Relation } from "./reuse.ts";
import { publishable } from "./snapshot.ts";
import type { KeptVersion } from "./types.ts";

const relation = (name: string, given: Partial<Relation> = {}): Relation => ({
  schema: "gold",
  name,
  type: "table",
  columns: 1,
  estimatedRows: 100,
  identity: "1",
  ...given,
});
const now = (given: Partial<KeptVersion> = {}) => ({
  file: "shop.duckdb",
  version: {
    bytes: 100,
    freeBytes: 0,
    duckdb: duckdbVersion(),
    tables: ["a", "b"].map((name) => ({ schema: "gold", name, rows: 100, identity: "1" })),
    ...given,
  } as KeptVersion,
});
const keptOf = (relations: Relation[], version = now()) =>
  [...(baseOf(version, relations)?.kept ?? [])].map(({ name }) => name);

test("tables with the identity of the last version are taken over, views and others are not", () => {
  expect(keptOf([relation("a"), relation("b", { identity: "2", estimatedRows: 50 })])).toEqual(["a"]);
  expect(keptOf([relation("a"), relation("b", { type: "view", estimatedRows: 0 })])).toEqual(["a"]);
  expect(keptOf([relation("a"), relation("b", { identity: null, estimatedRows: 50 })])).toEqual(["a"]);
});

test("nothing is taken over of a file of another DuckDB, of one that is mostly empty, or when most of it is replaced", () => {
  const all = [relation("a"), relation("b")];
  expect(keptOf(all)).toEqual(["a", "b"]);
  expect(keptOf(all, now({ duckdb: "v0.0.1" }))).toEqual([]);
  expect(keptOf(all, now({ freeBytes: 41 }))).toEqual([]);
  expect(keptOf(all, now({ freeBytes: 40 }))).toEqual(["a", "b"]);
  expect(keptOf([relation("a"), relation("b", { identity: "2", estimatedRows: 200 })])).toEqual([]);
});

test("a copy of the version before is used only when it is what it should be", async () => {
  const database = await openDatabase(":memory:");
  const connection = await database.connect();
  const copy = async (version: string, table: string) => {
    await connection.run(`CREATE SCHEMA IF NOT EXISTS copy.gold; CREATE OR REPLACE TABLE copy.gold.a AS ${table}`);
    await connection.run(`CREATE OR REPLACE TABLE copy._labs.published AS SELECT '${version}' AS version`);
    const base = { file: "", version: now({ version: "v1" }).version, kept: new Set([relation("a")]) };
    return isBase(connection, "memory", "copy", base);
  };
  await connection.run("ATTACH ':memory:' AS copy; CREATE SCHEMA copy._labs; CREATE SCHEMA gold");
  await connection.run("CREATE TABLE gold.a AS SELECT range AS i FROM range(100)");
  expect(await copy("v1", "SELECT range AS i FROM range(100)")).toBe(true);
  expect(await copy("v2", "SELECT range AS i FROM range(100)")).toBe(false);
  expect(await copy("v1", "SELECT range AS i FROM range(99)")).toBe(false);
  expect(await copy("v1", "SELECT range AS j FROM range(100)")).toBe(false);
  expect(await copy("v1", "SELECT range::INTEGER AS i FROM range(100)")).toBe(false);
  await database.close();
});

test("readers get the gold layer or what is named, never failing rows or what a build left half-made", async () => {
  const database = await openDatabase(":memory:");
  const connection = await database.connect();
  for (const schema of ["gold", "_quality", "silver", "mart"]) await connection.run(`CREATE SCHEMA ${schema}`);
  for (const name of ["gold.a", "gold.a__dbt_tmp", "gold.a__dbt_backup", "_quality.bad", "silver.s", "mart.m"])
    await connection.run(`CREATE TABLE ${name} AS SELECT 1 AS x`);
  const names = async (schemas?: string[]) =>
    (await publishable(connection, schemas)).map(({ schema, name }) => `${schema}.${name}`);
  expect(await names()).toEqual(["gold.a"]);
  expect(await names(["MART", "_quality"])).toEqual(["mart.m"]);
  await connection.run("DROP SCHEMA gold CASCADE");
  expect(await names()).toEqual(["mart.m"]);
  await database.close();
});
