import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Connection, type Database, openDatabase, quoteLiteral } from "#duck/index.ts";
import type { TableExpectation } from "#registry/index.ts";
import { checkTables } from "./check-tables.ts";

let database: Database;
let db: Connection;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  db = await database.connect();
});
afterAll(() => database.close());

interface Row {
  id: number | null;
  text: string | null;
}
const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    id: fc.option(fc.integer({ min: -5, max: 12 }), { nil: null }),
    text: fc.option(fc.constantFrom("", "a", "bb", "it's", "ä", "a\nb", "null", "%"), { nil: null }),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Each check beside what it means, counted over the rows by hand. */
const surplus = (keys: (string | null)[]): number => {
  const known = keys.filter((key) => key !== null);
  return known.length - new Set(known).size;
};
const checks: [Partial<TableExpectation> & Pick<TableExpectation, "check">, (rows: Row[]) => number][] = [
  [{ check: "not_null", columns: ["id"] }, (all) => all.filter(({ id }) => id === null).length],
  [{ check: "not_null", columns: ["id", "text"] }, (all) => all.filter((r) => r.id === null || r.text === null).length],
  [{ check: "unique", columns: ["text"] }, (all) => surplus(all.map(({ text }) => text))],
  [
    { check: "unique", columns: ["id", "text"] },
    (all) => surplus(all.map((r) => (r.id === null || r.text === null ? null : JSON.stringify([r.id, r.text])))),
  ],
  [
    { check: "in_set", columns: ["text"], values: ["a", "it's", "%"] },
    (all) => all.filter(({ text }) => text !== null && !["a", "it's", "%"].includes(text)).length,
  ],
  [
    { check: "range", columns: ["id"], min: 0, max: 9 },
    (all) => all.filter(({ id }) => id !== null && (id < 0 || id > 9)).length,
  ],
  [
    { check: "length", columns: ["text"], min: 1, max: 2 },
    (all) => all.filter(({ text }) => text !== null && (text.length < 1 || text.length > 2)).length,
  ],
  [
    { check: "regex", columns: ["text"], pattern: "b" },
    (all) => all.filter((r) => r.text !== null && !r.text.includes("b")).length,
  ],
  [{ check: "sql", sql: "id > 3" }, (all) => all.filter(({ id }) => !(id !== null && id > 3)).length],
  [
    { check: "range", columns: ["id"], min: 4, where: "text = 'a'" },
    (all) => all.filter(({ id, text }) => text === "a" && id !== null && id < 4).length,
  ],
  [
    { check: "relationship", columns: ["id"], to: "main.parents", fields: ["id"] },
    (all) => all.filter(({ id }) => id !== null && ![0, 1, 2, 3].includes(id)).length,
  ],
  [{ check: "row_count", min: 10, max: 40 }, (all) => (all.length < 10 || all.length > 40 ? 1 : 0)],
  [
    { check: "query", sql: "select * from main.t where text = 'null'" },
    (all) => all.filter((r) => r.text === "null").length,
  ],
];

it("counts of random rows are those counted by hand, alone and in one pass, and as many failing rows are shown", async () => {
  await db.run("CREATE TABLE parents AS SELECT * FROM (VALUES (0), (1), (2), (3), (NULL)) AS t(id)");
  const full = checks.map(
    ([item]): TableExpectation => ({
      table: "main.t",
      columns: [],
      fields: [],
      types: {},
      severity: "error",
      blocking: true,
      place: { file: "lab.yml" },
      ...item,
    }),
  );
  let failing = 0;
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const values = all.map(
        ({ id, text }) => `(${id ?? "NULL"}::BIGINT, ${text === null ? "NULL" : quoteLiteral(text)})`,
      );
      await db.run(`CREATE OR REPLACE TABLE t AS SELECT * FROM (VALUES ${values.join(", ")}) AS t(id, text)`);
      const { outcomes, problem } = await checkTables({
        connection: db,
        expectations: full,
        now: 0,
        keep: 1000,
        whole: true,
      });
      expect(problem).toBeUndefined();
      expect(outcomes.map(({ failures }) => failures)).toEqual(checks.map(([, count]) => count(all)));
      for (const [i, outcome] of outcomes.entries()) {
        failing += outcome.failures ?? 0;
        const { check } = outcome.expectation;
        // Of rows that repeat each other the first one is shown, too.
        if (check === "unique") expect(outcome.kept).toBeGreaterThanOrEqual(outcome.failures ?? 0);
        else if (check !== "row_count") expect(outcome.kept).toBe(outcome.failures);
        const alone = await checkTables({
          connection: db,
          expectations: [full[i] as TableExpectation],
          now: 0,
          keep: 0,
        });
        expect(alone.outcomes[0]?.failures).toBe(outcome.failures);
      }
    }),
    { numRuns: 40 },
  );
  expect(failing).toBeGreaterThan(1000);
}, 60_000);
