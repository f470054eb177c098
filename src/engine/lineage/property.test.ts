import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SqlValue } from "#duck/index.ts";
import { databaseOf, readSql } from "./testing/read-sql.ts";
import { type Kind, randomQuery, randomTables } from "./testing/random-query.ts";
import type { NodeLineage } from "./types.ts";

const connection = await databaseOf([
  // Windows and sets see rows in one order, whoever computes them.
  "set threads = 1",
  ...Object.entries(randomTables).map(
    ([table, columns]) => `create table ${table} (${columns.map((name) => `"${name}" integer`).join(", ")})`,
  ),
]);

/** Choices of a random query; shrinking makes them few and small. */
const tapes = fc.array(fc.nat(1_000_000), { minLength: 12, maxLength: 90 });

const queryOf = (tape: readonly number[]) => {
  let at = 0;
  return randomQuery((n) => (tape[at++] ?? 0) % n);
};

/** `table.column` of an origin: relations outside of a project are known by their SQL. */
const keyOf = (node: string, column: string): string =>
  `${node.replaceAll('"', "").replace(/^memory\.main\./, "")}.${column}`;

const originsOf = (lineage: NodeLineage): Record<string, Record<string, Kind>>[] =>
  lineage.columns.map(({ name, upstream }) => ({
    [name]: Object.fromEntries(upstream.map(({ node, column, kind }) => [keyOf(node, column), kind] as const).sort()),
  }));

const rowsOf = (lineage: NodeLineage): string[] =>
  lineage.filters.map(({ node, column }) => keyOf(node, column)).sort();

describe("random queries", () => {
  it("have the lineage that they were made with", async () => {
    await fc.assert(
      fc.asyncProperty(tapes, async (tape) => {
        const { sql, columns, rows } = queryOf(tape);
        const lineage = await readSql(connection, sql);
        expect(lineage.problems, sql).toEqual([]);
        expect(lineage.status, sql).toBe("resolved");
        const expected = columns.map(({ name, origins }) => ({ [name]: Object.fromEntries([...origins].sort()) }));
        expect(originsOf(lineage), sql).toEqual(expected);
        expect(rowsOf(lineage), sql).toEqual([...rows].sort());
      }),
      { numRuns: 200 },
    );
  }, 300_000);

  it("do not change with a column that is not in their lineage", async () => {
    await fc.assert(
      fc.asyncProperty(tapes, fc.nat(1_000_000), async (tape, seed) => {
        const { sql } = queryOf(tape);
        const lineage = await readSql(connection, sql);
        const rows = new Set(rowsOf(lineage));
        const columns = lineage.columns.map(
          ({ upstream }) => new Set(upstream.map(({ node, column }) => keyOf(node, column))),
        );
        await fill(seed);
        const before = await valuesOf(sql, columns.length);
        // Everything that nothing depends on, then one column that not every column depends on.
        const free = allColumns.filter((key) => !rows.has(key) && columns.every((origins) => !origins.has(key)));
        const some = allColumns.filter(
          (key) => !rows.has(key) && !free.includes(key) && columns.some((origins) => !origins.has(key)),
        );
        for (const changed of [free, some.slice(seed % Math.max(1, some.length)).slice(0, 1)]) {
          if (changed.length === 0) continue;
          await fill(seed, changed);
          const after = await valuesOf(sql, columns.length);
          for (const [i, origins] of columns.entries())
            if (!changed.some((key) => origins.has(key)))
              expect(after[i], `${changed.join(", ")} changed ${lineage.columns[i]?.name} of ${sql}`).toEqual(
                before[i],
              );
        }
      }),
      { numRuns: 100 },
    );
  }, 300_000);
});

const allColumns = Object.entries(randomTables).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));

/** Few rows of small numbers, so that values meet; some are missing. Those of `changed` columns are others. */
async function fill(seed: number, changed: readonly string[] = []): Promise<void> {
  for (const [table, names] of Object.entries(randomTables)) {
    const columns = names.map((name) => {
      const hash = `hash(r, '${table}.${name}', ${seed}${changed.includes(`${table}.${name}`) ? ", 'changed'" : ""})`;
      return `case when ${hash} % 6 = 0 then null else (${hash} % 5)::integer end as "${name}"`;
    });
    await connection.run(`create or replace table ${table} as select ${columns.join(", ")} from range(7) g(r)`);
  }
}

/** The values of each column of a query, sorted: without ORDER BY, rows have no order. */
async function valuesOf(sql: string, width: number): Promise<string[][]> {
  const { rows } = await connection.query(sql);
  const text = (value: SqlValue | undefined): string => String(value ?? null);
  return Array.from({ length: width }, (_, i) => rows.map((row) => text(row[i])).sort());
}
