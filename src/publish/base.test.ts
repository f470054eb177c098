import { expect, test } from "vitest";
import { duckdbVersion } from "#duck/index.ts";
import { baseOf, type Relation } from "./reuse.ts";
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
