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
