import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type Database, openDatabase } from "#duck/index.ts";
import { columnDrift } from "./column-drift.ts";
import { unpackFigures } from "./figures.ts";
import { inspectAndScore, profileRows } from "./lab-quality.ts";

let database: Database;
let connection: Connection;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  connection = await database.connect();
  await connection.run("CREATE SCHEMA gold");
});
afterAll(() => database.close());

/** The figures of gold.t as a run would note and a later one read them. */
async function figures(table: string) {
  await connection.run(`CREATE OR REPLACE TABLE gold.t AS ${table}`);
  const [row] = profileRows(await inspectAndScore({ connection, schemas: ["gold"], figures: true }));
  expect(row?.name).toBe("gold.t");
  const found = unpackFigures(JSON.parse(JSON.stringify(row?.data)));
  if (!found) throw new Error("no figures");
  return found;
}

describe("figures of a run", () => {
  it("are those of the table, for columns of every type and name", async () => {
    const { rows, columns } = await figures(
      `SELECT * FROM (VALUES
        (1, 1.5::DOUBLE, 'a', DATE '2024-01-01', [1], {'x': 1}, true, 'NaN'::FLOAT),
        (2, 'inf'::DOUBLE, NULL, DATE '2024-03-01', [2], {'x': 2}, NULL, 2),
        (2, 2.5::DOUBLE, 'c', 'infinity'::DATE, NULL, NULL, false, 4)) v("a ""b", "order", n, d, l, s, b, f)`,
    );
    expect(rows).toBe(3);
    expect(columns).toEqual([
      { name: 'a "b', type: "INTEGER", nulls: 0, distinct: 2, mean: 5 / 3, min: "1", max: "2" },
      { name: "order", type: "DOUBLE", nulls: 0, distinct: 3, mean: 2, min: "1.5", max: "inf" },
      { name: "n", type: "VARCHAR", nulls: 1, distinct: 2, mean: null, min: "a", max: "c" },
      { name: "d", type: "DATE", nulls: 0, distinct: 3, mean: null, min: "2024-01-01", max: "infinity" },
      { name: "l", type: "INTEGER[]", nulls: 1, distinct: null, mean: null, min: null, max: null },
      { name: "s", type: "STRUCT(x INTEGER)", nulls: 1, distinct: null, mean: null, min: null, max: null },
      { name: "b", type: "BOOLEAN", nulls: 1, distinct: 2, mean: null, min: "false", max: "true" },
      { name: "f", type: "FLOAT", nulls: 0, distinct: 3, mean: 3, min: "2.0", max: "nan" },
    ]);
  });

  it("are the same for the same data, so that nothing seems to change", async () => {
    const table = "SELECT range AS id, range % 7 AS k, 'x' || range % 100 AS t FROM range(50000)";
    expect(columnDrift(await figures(table), await figures(table))).toEqual([]);
  });

  it("count different values only where that is cheap", async () => {
    const { columns } = await figures("SELECT range AS a, range AS b, range AS c FROM range(2_000_000)");
    expect(columns.map(({ distinct, mean, max }) => [distinct, mean, max])).toEqual(
      Array.from({ length: 3 }, () => [null, 999_999.5, "1999999"]),
    );
  });
});

describe("drift of columns", () => {
  it("tells nulls, different values, mean, range, types, columns that came and went; the greatest first", async () => {
    const before = await figures(
      "SELECT range AS id, range AS n, 'a' AS gone, 1 AS same, range AS \"Type\" FROM range(10)",
    );
    const after = await figures(
      'SELECT range AS id, CASE WHEN range < 5 THEN range END AS n, 1 AS same, range::VARCHAR AS "type", 2 AS fresh FROM range(10)',
    );
    const drift = columnDrift(before, after);
    expect(drift.map(({ name, state }) => [name, state])).toEqual([
      ["fresh", "added"],
      ["gone", "removed"],
      ["type", "changed"],
      ["n", "changed"],
    ]);
    expect(drift[3]).toEqual({
      name: "n",
      state: "changed",
      changes: [
        { what: "nulls", before: "0", after: "5" },
        { what: "distinct", before: expect.stringMatching(/^\d+$/), after: "5" },
        { what: "mean", before: "4.5", after: "2" },
        { what: "max", before: "9", after: "4" },
      ],
      weight: expect.closeTo(2.5 / 4.5, 6),
    });
  });

  it("is symmetric, between 0 and 1, and nothing only for equal figures", () => {
    const number = fc.option(fc.integer({ min: -50, max: 50 }));
    const column = fc.record({
      name: fc.constantFrom("a", "A", "b"),
      type: fc.constantFrom("INTEGER", "DOUBLE"),
      nulls: fc.nat({ max: 5 }),
      distinct: fc.option(fc.nat({ max: 5 })),
      mean: number,
      min: fc.option(fc.constantFrom("1", "2")),
      max: fc.option(fc.constantFrom("1", "2")),
    });
    const profile = fc.record({
      rows: fc.integer({ min: 5, max: 9 }),
      columns: fc.uniqueArray(column, { selector: ({ name }) => name.toLowerCase(), maxLength: 2 }),
    });
    fc.assert(
      fc.property(profile, profile, (a, b) => {
        const [there, back] = [columnDrift(a, b), columnDrift(b, a)];
        expect(there.map(({ weight }) => weight)).toEqual(back.map(({ weight }) => weight));
        for (const { weight } of there) expect(weight >= 0 && weight <= 1).toBe(true);
        expect(columnDrift(a, a)).toEqual([]);
      }),
    );
  });
});
