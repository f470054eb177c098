import { type Connection, confine, interruptOnAbort, quoteLiteral } from "#duck/index.ts";
import type { Ledger } from "#ledger/index.ts";
import { openForReading } from "#ingest/index.ts";
import type { Lab } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";
import type { Evidence, Grid } from "../types.ts";
import { cellOf } from "./cells.ts";
import { withLab } from "./live.ts";
import { compiledOf, manifestOf } from "./manifests.ts";
import { scoreJson } from "./runs.ts";

const stopMs = 30_000;

/**
 * The rows that a test does not accept now: its own SQL, or the rows that were kept of an expectation.
 * Errors: REG-014 while the lab runs, SRV-006, SRV-013, DUCK-003.
 */
export function failingRows(lab: Lab, test: string, limit: number, signal: AbortSignal): Promise<Evidence> {
  const expectation = `expectation.${lab.name}.`;
  if (test.startsWith(expectation)) {
    const id = test.slice(expectation.length);
    const sql = `SELECT "row" FROM _quality.failing_rows WHERE expectation = ${quoteLiteral(id)}`;
    return asked(lab, sql, limit, signal, unpacked);
  }
  const node = manifestOf(lab).nodes.get(test);
  const compiled = node?.resource_type === "test" ? compiledOf(lab, node) : null;
  if (compiled === null)
    throw serverErrors.notFound({
      message: `${lab.name} has no SQL of a test ${test}.`,
      hint: "Tests have SQL once they ran; unit tests have none.",
    });
  return asked(lab, compiled.trim().replace(/;$/, ""), limit, signal);
}

/** The rows behind one lost point of a table's newest score. Errors: REG-014, SRV-006, SRV-013, DUCK-003. */
export async function lostRows(
  ledger: Ledger,
  lab: Lab,
  table: string,
  cause: number,
  limit: number,
  signal: AbortSignal,
): Promise<Evidence> {
  const [newest] = await ledger.scoresHistory({ lab: lab.name, scope: "table", name: table, limit: 1 });
  const causes = newest ? scoreJson(newest).parts.flatMap((part) => part.causes) : [];
  const sql = causes[cause]?.query;
  if (!sql)
    throw serverErrors.notFound({
      message: `The score of ${table} in ${lab.name} has no query ${cause}.`,
      hint: "Its page lists what it has; a newer run may have changed it.",
    });
  return asked(lab, sql.trim().replace(/;$/, ""), limit, signal);
}

async function asked(
  lab: Lab,
  sql: string,
  limit: number,
  signal: AbortSignal,
  after: (grid: Grid) => Grid = (grid) => grid,
): Promise<Evidence> {
  const started = performance.now();
  const limited = AbortSignal.timeout(stopMs);
  const none: Grid = { columns: [], rows: [], total: 0, more: false, seconds: 0, version: "working database" };
  const grid = await withLab(
    lab,
    openForReading,
    async (database) => {
      const connection = await database.connect();
      await confine(connection);
      const done = interruptOnAbort(database, AbortSignal.any([signal, limited]));
      try {
        const { columns, rows } = await connection.query(`FROM (${sql}\n) LIMIT ${limit + 1}`);
        return {
          ...none,
          columns: columns.map(({ name, type }) => ({ name, type })),
          rows: rows.slice(0, limit).map((row) => row.map(cellOf)),
          total: rows.length > limit ? await countOf(connection, sql) : rows.length,
          more: rows.length > limit,
        };
      } catch (error) {
        if (!limited.aborted) throw error;
        throw serverErrors.timedOut({
          message: `The query was stopped after ${stopMs / 1000} seconds.`,
          hint: "`labs query --live` has no limit.",
          cause: error,
        });
      } finally {
        done();
      }
    },
    none,
  );
  return { ...after(grid), seconds: (performance.now() - started) / 1000, sql };
}

const countOf = async (connection: Connection, sql: string): Promise<number> =>
  Number((await connection.query(`SELECT count(*) FROM (${sql}\n)`)).rows[0]?.[0] ?? 0);

/** Kept rows are JSON objects: their fields are the columns. */
function unpacked(grid: Grid): Grid {
  const objects = grid.rows.map(([text]) => {
    try {
      const value: unknown = JSON.parse(String(text));
      return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : { row: text };
    } catch {
      return { row: text };
    }
  });
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const numbers = (name: string) =>
    objects.every((object) => object[name] === null || typeof object[name] === "number");
  return {
    ...grid,
    columns: names.map((name) => ({ name, type: numbers(name) ? "DOUBLE" : "VARCHAR" })),
    rows: objects.map((object) =>
      names.map((name) => {
        const value = object[name] ?? null;
        return typeof value === "object" && value !== null ? JSON.stringify(value) : cellOf(value as never);
      }),
    ),
  };
}
