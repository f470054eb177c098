import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FixtureApi, send } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, polled } from "../testing/polled.ts";

let server: FixtureApi;
beforeAll(async () => {
  server = await new FixtureApi().listen();
});
afterAll(() => server.close());

const text = fc.string({ unit: "binary", maxLength: 12 }).map((value) => value.toWellFormed());
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  text,
  fc.constantFrom("007", "12", "true", "2024-02-29", "2024-01-01T10:00:00Z", "null", ""),
);
const nested = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ a: scalar, b: scalar }, { requiredKeys: [] }),
);
/** Columns of one kind make typed columns, mixed ones texts. */
const column = fc.constantFrom<fc.Arbitrary<unknown>>(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  text,
  scalar,
  nested,
);
const records = fc
  .tuple(column, column, column)
  .chain(([p, q, r]) => fc.array(fc.record({ p, q, r }, { requiredKeys: [] }), { minLength: 1, maxLength: 12 }));

/** What a column of the table should say of a value; undefined: nothing. */
function expected(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === "object")
    return Array.isArray(value) || Object.keys(value).length === 0 ? JSON.stringify(value) : undefined;
  return String(value);
}

/** Two texts of the same value: DuckDB writes numbers and times its own way. */
function same(found: string | null, wanted: string | null, type: string): boolean {
  if (found === null || wanted === null) return found === wanted;
  if (type === "DOUBLE") return Object.is(Number(found) + 0, Number(wanted) + 0);
  if (type === "TIMESTAMP")
    return (
      Date.parse(`${found.replace(" ", "T")}Z`) === Date.parse(wanted.length === 10 ? `${wanted}T00:00:00Z` : wanted)
    );
  return found === wanted;
}

describe("records of any content", () => {
  it("are in the table value by value as JSON.parse reads them, and whole in _raw", async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (sent, pretty) => {
        const lab = await new TestLab().open();
        try {
          const rows = sent.map((record, i) => ({ id: i, ...record }));
          server.on("/x", (_, response) => send(response, JSON.stringify(rows, null, pretty ? 2 : undefined)));
          lab.sources = [polled("t", api(`${server.url}/x`), { key: ["id"] })];
          const { files } = await lab.ingest();
          expect(files[0]).toMatchObject({ rowsRead: rows.length, rowsLoaded: rows.length, rowsQuarantined: 0 });
          const raws = await lab.rows("SELECT _raw FROM raw.t ORDER BY id");
          expect(raws.map(([raw]) => JSON.parse(raw ?? ""))).toEqual(JSON.parse(JSON.stringify(rows)));
          const described = await lab.rows(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'raw' AND table_name = 't'",
          );
          for (const [name = "", type = ""] of described) {
            if (name === null || name === "_raw" || type === null) continue;
            const found = await lab.rows(`SELECT "${name}"::VARCHAR FROM raw.t ORDER BY id`);
            const [outer = "", inner] = name.split("_");
            for (const [i, row] of rows.entries()) {
              const value = (row as Record<string, unknown>)[outer];
              const fields =
                typeof value === "object" && value !== null && !Array.isArray(value)
                  ? (value as Record<string, unknown>)
                  : undefined;
              const wanted = expected(inner === undefined ? value : fields?.[inner]);
              // A mapping with fields has columns of its own, and nothing in this one.
              expect([name, type, found[i]?.[0], wanted, same(found[i]?.[0] ?? null, wanted ?? null, type)]).toEqual([
                name,
                type,
                found[i]?.[0],
                wanted,
                true,
              ]);
            }
          }
          expect((await lab.ingest()).files).toEqual([]);
        } finally {
          await lab.close();
        }
      }),
      { numRuns: Number(process.env["LABS_RUNS"] ?? 30) },
    );
  }, 240_000);
});
