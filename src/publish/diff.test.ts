import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { diffSnapshots } from "./diff.ts";

let root: string;
let made = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "labs-diff-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function snapshot(...statements: string[]): Promise<string> {
  const file = join(root, `${made++}.duckdb`);
  const database = await openDatabase(file);
  const connection = await database.connect();
  for (const sql of ["CREATE SCHEMA gold", ...statements]) await connection.run(sql);
  await database.close();
  return file;
}

const byId = new Map([["gold.t", ["id"]]]);

describe("the difference of two versions", () => {
  it("is told table by table, by key where there is one", async () => {
    const a = await snapshot(
      "CREATE TABLE gold.t AS SELECT * FROM (VALUES (1, 'a', 10.5), (2, 'b', 20), (3, 'c', NULL)) v(id, name, n)",
      "CREATE TABLE gold.same AS SELECT 1 AS x",
      "CREATE TABLE gold.gone AS SELECT 1 AS x",
    );
    const b = await snapshot(
      "CREATE TABLE gold.t AS SELECT * FROM (VALUES (2, 'B', 20, true), (3, 'c', 5, false), (4, 'd', 1, NULL)) v(id, name, n, extra)",
      "CREATE TABLE gold.same AS SELECT 1 AS x",
      "CREATE TABLE gold.fresh AS SELECT range AS x FROM range(4)",
    );
    const [fresh, gone, same, t] = await diffSnapshots(a, b, byId);
    expect(fresh).toMatchObject({ table: "gold.fresh", state: "added", rows: { before: 0, after: 4 }, added: 4 });
    expect(gone).toMatchObject({ table: "gold.gone", state: "removed", removed: 1 });
    expect(same).toMatchObject({ table: "gold.same", state: "same", added: 0, removed: 0, changed: null });
    expect(t).toMatchObject({ state: "changed", key: ["id"], added: 1, removed: 1, changed: 2 });
    expect(t?.columns.added).toEqual([{ name: "extra", type: "BOOLEAN" }]);
    const differ = new Map(t?.columns.differ.map((c) => [c.name, c]));
    expect(differ.get("name")).toMatchObject({ changed: 1, sum: null });
    expect(differ.get("n")).toMatchObject({ changed: 1, nulls: { before: 1, after: 0 } });
  });

  it("tells how values are spread: steps of both versions, the values that moved most, the share that moved", async () => {
    const a = await snapshot(
      "CREATE TABLE gold.t AS SELECT range AS id, range AS n, CASE WHEN range < 80 THEN 'DE' ELSE 'FR' END AS country, TIMESTAMP '2024-01-01' + INTERVAL (range) DAY AS at, [range] AS list, 'x' AS still FROM range(100)",
    );
    const b = await snapshot(
      "CREATE TABLE gold.t AS SELECT range AS id, CASE WHEN range < 50 THEN range ELSE NULL END AS n, CASE WHEN range < 60 THEN 'DE' WHEN range < 85 THEN 'FR' ELSE 'IT' END AS country, CASE WHEN range = 0 THEN 'infinity' ELSE TIMESTAMP '2024-01-01' + INTERVAL (range) DAY END AS at, [range + 1] AS list, 'x' AS still FROM range(100)",
    );
    const [t] = await diffSnapshots(a, b, byId);
    expect(t?.columns.differ.map(({ name }) => name)).toEqual(["n", "country", "at", "list"]);
    const of = (name: string) => t?.columns.differ.find((c) => c.name === name)?.distribution;
    expect(of("n")).toMatchObject({
      before: { distinct: 100, min: "0", max: "99", mean: 49.5, median: "49" },
      after: { distinct: 50, min: "0", max: "49", mean: 24.5, median: "24" },
      exact: true,
      shift: 0.5,
    });
    // Ten equal steps of 9.9 from 0 to 99 hold ten whole numbers each.
    expect(of("n")?.parts.map(({ before, after }) => [before, after])).toEqual([
      ...Array.from({ length: 5 }, () => [10, 10]),
      ...Array.from({ length: 5 }, () => [10, 0]),
    ]);
    expect(of("country")).toMatchObject({
      shift: 0.2,
      parts: [
        { label: "DE", before: 80, after: 60 },
        { label: "IT", before: 0, after: 15 },
        { label: "FR", before: 20, after: 25 },
      ],
    });
    expect(of("at")).toMatchObject({ shift: 0.01, before: { min: "2024-01-01 00:00:00" }, after: { max: "infinity" } });
    expect(of("list")).toMatchObject({ shift: null, parts: [], before: { min: null } });
  });

  it("sees values that change places among texts without a key, and compares no rows with none", async () => {
    const a = await snapshot("CREATE TABLE gold.t AS SELECT * FROM (VALUES ('x'), ('y')) v(name)");
    const b = await snapshot("CREATE TABLE gold.t AS SELECT * FROM (VALUES ('x'), ('z')) v(name)");
    const none = await snapshot("CREATE TABLE gold.t AS SELECT 'x' AS name WHERE false");
    const [t] = await diffSnapshots(a, b, byId);
    expect(t?.columns.differ).toMatchObject([{ name: "name", changed: null, distribution: { shift: 0.5 } }]);
    const [empty] = await diffSnapshots(a, none, byId);
    expect(empty?.columns.differ).toMatchObject([{ name: "name", distribution: { shift: null, parts: [] } }]);
  });

  it("has the shift that counting the values one by one has", async () => {
    const values = fc.array(
      fc.option(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 }))),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    const create = (data: (number | null)[]) =>
      `CREATE TABLE gold.t AS SELECT * FROM (VALUES ${data.map((n) => `(${n === null ? "NULL" : `'${n}'`}::DOUBLE)`).join(", ")}) v(n)`;
    await fc.assert(
      fc.asyncProperty(values, values, async (left, right) => {
        const [t] = await diffSnapshots(await snapshot(create(left)), await snapshot(create(right)), byId);
        const found = t?.columns.differ[0]?.distribution;
        if (!found) return;
        const known = [...left, ...right].filter((n) => n !== null);
        const [low, high] = [Math.min(...known), Math.max(...known)];
        const different = (list: (number | null)[]) => new Set(list.filter((n) => n !== null).map((n) => n + 0)).size;
        const few = Math.max(different(left), different(right)) <= 10;
        const part = (n: number | null) =>
          n === null
            ? "null"
            : few || low === high
              ? String(n)
              : String(Math.min(9, Math.floor((n - low) / ((high - low) / 10))));
        const share = (list: (number | null)[], p: string) => list.filter((n) => part(n) === p).length / list.length;
        const parts = new Set([...left, ...right].map(part));
        const expected = [...parts].reduce((sum, p) => sum + Math.abs(share(left, p) - share(right, p)), 0) / 2;
        expect(found.shift).toBeCloseTo(expected, 6);
      }),
      { numRuns: 15 },
    );
  });

  it("compares whole rows where a key is missing, null or not unique", async () => {
    const a = await snapshot("CREATE TABLE gold.t AS SELECT * FROM (VALUES (1, 'x'), (1, 'x'), (2, 'y')) v(id, name)");
    const b = await snapshot("CREATE TABLE gold.t AS SELECT * FROM (VALUES (1, 'x'), (2, 'z')) v(id, name)");
    expect((await diffSnapshots(a, b, byId))[0]).toMatchObject({ key: [], added: 1, removed: 2, changed: null });
    const none = await diffSnapshots(a, b, new Map([["gold.t", ["nope"]]]));
    expect(none[0]).toMatchObject({ key: [], added: 1, removed: 2 });
  });

  it("counts what a plain comparison of the rows counts", async () => {
    const rows = fc.uniqueArray(fc.record({ id: fc.nat({ max: 12 }), n: fc.option(fc.integer({ min: 0, max: 3 })) }), {
      selector: (row) => row.id,
      maxLength: 10,
    });
    const create = (data: { id: number; n: number | null }[]) =>
      `CREATE TABLE gold.t AS SELECT * FROM (VALUES ${[...data, { id: 99, n: 0 }].map(({ id, n }) => `(${id}, ${n ?? "NULL::INT"})`).join(", ")}) v(id, n)`;
    await fc.assert(
      fc.asyncProperty(rows, rows, async (left, right) => {
        const [a, b] = [await snapshot(create(left)), await snapshot(create(right))];
        const before = new Map(left.map(({ id, n }) => [id, n]));
        const after = new Map(right.map(({ id, n }) => [id, n]));
        const added = right.filter(({ id }) => !before.has(id)).length;
        const removed = left.filter(({ id }) => !after.has(id)).length;
        const changed = right.filter(({ id, n }) => before.has(id) && before.get(id) !== n).length;
        expect((await diffSnapshots(a, b, byId))[0]).toMatchObject({ key: ["id"], added, removed, changed });
      }),
      { numRuns: 15 },
    );
  });
});
