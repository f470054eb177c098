import { expect, test } from "vitest";
import { RelationCache } from "./cache.ts";
import { Relation } from "./relation.ts";

const relation = (identifier: string, type = "table", schema = "main") =>
  Relation.create({ database: "db", schema, identifier, type });
const names = (cache: RelationCache) =>
  cache.relations("DB", "Main").map(({ identifier, type }) => `${identifier}:${type}`);

test("lists by schema in any case, and keeps the first of two with one name", () => {
  const cache = new RelationCache();
  expect(cache.has("db", "main")).toBe(false);
  cache.add(relation("a"));
  cache.add(relation("A", "view"));
  cache.add(relation("b", "view", "other"));
  expect(names(cache)).toEqual(["a:table"]);
  expect(cache.has("DB", "MAIN")).toBe(true);
  expect(cache.get({ database: "DB", schema: "main", identifier: "A" })?.type).toBe("table");
  cache.addSchemas([{ database: "db", schema: "empty" }]);
  expect([cache.has("db", "empty"), cache.relations("db", "empty")]).toEqual([true, []]);
});

test("a rename keeps the type of what is renamed; an unknown relation appears", () => {
  const cache = new RelationCache();
  cache.add(relation("x__dbt_tmp", "view"));
  cache.rename(relation("x__dbt_tmp", "table"), relation("x", "table"));
  expect(names(cache)).toEqual(["x:view"]);
  cache.rename(relation("gone"), relation("y", "table"));
  expect(names(cache)).toEqual(["x:view", "y:table"]);
});

test("a rename onto a name that is taken is refused", () => {
  const cache = new RelationCache();
  cache.add(relation("x"));
  cache.add(relation("x__dbt_backup"));
  expect(() => cache.rename(relation("x"), relation("x__dbt_backup"))).toThrow(
    "Cache inconsistency detected: in rename, new key db.main.x__dbt_backup already in cache",
  );
});

test("a drop takes its dependents along, through renames", () => {
  const cache = new RelationCache();
  cache.add(relation("base"));
  cache.add(relation("mid", "view"));
  cache.add(relation("top", "view"));
  cache.add(relation("free"));
  cache.addLink(relation("base"), relation("mid"));
  cache.addLink(relation("mid"), relation("top"));
  cache.rename(relation("mid"), relation("middle"));
  cache.drop(relation("BASE"));
  expect(names(cache)).toEqual(["free:table"]);
  cache.drop(relation("nothing"));
});

test("dropping a schema forgets it and all in it", () => {
  const cache = new RelationCache();
  cache.add(relation("a"));
  cache.add(relation("b", "view", "other"));
  cache.dropSchema("db", "main");
  expect([cache.has("db", "main"), names(cache), cache.relations("db", "other").length]).toEqual([false, [], 1]);
});
