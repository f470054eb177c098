import type { Connection, SqlValue } from "#duck/index.ts";
import { didYouMean, errorToJson, type LabsError } from "#errors/index.ts";
import type { TableExpectation } from "#registry/index.ts";
import { inWords } from "./conditions.ts";
import { expectErrors } from "./errors.ts";
import { FailingRows } from "./failing-rows.ts";
import { type Measure, measureOf, missingColumns } from "./measure.ts";
import { readTables } from "./tables.ts";
import type { ExpectedTable, TableOutcome } from "./types.ts";

export interface CheckTablesInput {
  connection: Connection;
  expectations: readonly TableExpectation[];
  /** Milliseconds since 1970. */
  now: number;
  /** Failing rows that are kept of each expectation; 0 keeps none. */
  keep: number;
  /** Tables that are not what was built, by `schema.table` in lower case: their expectations are skipped. */
  skip?: ReadonlySet<string>;
  /** The expectations are all that the lab has: kept rows of others are removed. */
  whole?: boolean;
  /** Called with what came of a table's expectations as soon as that is known. */
  onTable?: (outcomes: readonly TableOutcome[]) => void;
}

export interface CheckTablesResult {
  outcomes: TableOutcome[];
  /** Why failing rows could not be kept. */
  problem: LabsError | undefined;
}

/** What is known while one expectation is checked. */
interface Work {
  outcome: TableOutcome;
  measure?: Measure;
}

/**
 * Checks what is expected of built tables: one statement and one pass a table, however many expectations it has; a custom
 * query is a statement of its own. What cannot be checked is an outcome, and hides no other. Errors: DUCK-004.
 */
export async function checkTables(input: CheckTablesInput): Promise<CheckTablesResult> {
  const { connection, expectations, now, keep, skip = new Set(), whole = false, onTable = () => {} } = input;
  if (expectations.length === 0) return { outcomes: [], problem: undefined };
  const tables = await readTables(connection);
  const works = worksOf(expectations, tables);
  let problem: LabsError | undefined;
  // What cannot be kept must not hide what was found.
  const keeping = async (body: (rows: FailingRows) => Promise<void>): Promise<void> => {
    try {
      if (failing) await body(failing);
    } catch (error) {
      problem = asQueryError(error);
    }
  };
  let failing: FailingRows | undefined;
  try {
    failing = await FailingRows.open(connection, tables, { most: keep, now });
  } catch (error) {
    problem = asQueryError(error);
  }
  for (const group of groups(works)) {
    const [first] = group;
    const label = first?.outcome.table.toLowerCase() ?? "";
    if (skip.has(label)) for (const { outcome } of group) outcome.status = "skipped";
    else {
      await checkTable(connection, group, tables, now);
      await keeping((rows) => rows.replace(group.map(keptOf)));
    }
    onTable(group.map(({ outcome }) => outcome));
  }
  if (whole) await keeping((rows) => rows.retain(new Set(works.map(({ outcome }) => outcome.id))));
  return { outcomes: works.map(({ outcome }) => outcome), problem };
}

const keptOf = ({ outcome, measure }: Work) => ({
  outcome,
  rowsQuery: outcome.expectation.check === "query" || measure?.showsRows ? outcome.query : null,
});

function worksOf(expectations: readonly TableExpectation[], tables: ReadonlyMap<string, ExpectedTable>): Work[] {
  const taken = new Map<string, number>();
  return expectations.map((expectation) => {
    const table = tables.get(expectation.table.toLowerCase())?.label ?? expectation.table;
    const words = [expectation.check, ...(expectation.name === undefined ? expectation.columns : [expectation.name])];
    const id = `${table}.${words.join("_").replaceAll(/[^\p{L}\p{N}_]+/gu, "_")}`;
    const times = (taken.get(id) ?? 0) + 1;
    taken.set(id, times);
    const outcome: TableOutcome = {
      expectation,
      id: times === 1 ? id : `${id}_${times}`,
      name: inWords(expectation),
      table,
      status: "pass",
      failures: null,
      rows: null,
      message: null,
      query: null,
      kept: 0,
    };
    return { outcome };
  });
}

function groups(works: readonly Work[]): Work[][] {
  const found = new Map<string, Work[]>();
  for (const work of works) {
    const key = work.outcome.table.toLowerCase();
    const group = found.get(key);
    if (group) group.push(work);
    else found.set(key, [work]);
  }
  return [...found.values()];
}

async function checkTable(
  connection: Connection,
  group: Work[],
  tables: ReadonlyMap<string, ExpectedTable>,
  now: number,
): Promise<void> {
  const table = tables.get(group[0]?.outcome.table.toLowerCase() ?? "");
  const inPass: Work[] = [];
  for (const work of group) {
    const { outcome } = work;
    const { expectation } = outcome;
    const to = expectation.to === undefined ? undefined : tables.get(expectation.to.toLowerCase());
    const unknown = unknownName(expectation, table, to, tables);
    if (unknown || !table) {
      if (unknown) cannot(outcome, unknown);
      continue;
    }
    try {
      if (expectation.check === "query") await runQuery(connection, outcome);
      else if (expectation.check === "columns") await compareColumns(connection, outcome, table);
      else {
        work.measure = measureOf(expectation, table, to, now);
        outcome.query = work.measure.query;
        inPass.push(work);
      }
    } catch (error) {
      cannot(outcome, refused(outcome, error));
    }
  }
  if (table && inPass.length > 0) await pass(connection, table, inPass);
}

/** One pass over the table. When DuckDB refuses it, one for each expectation tells which it is. */
async function pass(connection: Connection, table: ExpectedTable, works: Work[]): Promise<void> {
  const aggregates = works.flatMap(({ measure }) => measure?.sql ?? []);
  let values: (number | null)[];
  try {
    const all = ["count(*)", ...aggregates].map((sql) => `(${sql})::BIGINT`).join(", ");
    const { rows } = await connection.query(`SELECT ${all} FROM ${table.sql}`);
    values = (rows[0] ?? []).map((value: SqlValue) => (value === null ? null : Number(value)));
  } catch (error) {
    asQueryError(error);
    const [only, ...more] = works;
    if (more.length > 0) for (const work of works) await pass(connection, table, [work]);
    else if (only) cannot(only.outcome, refused(only.outcome, error));
    return;
  }
  let at = 1;
  for (const { outcome, measure } of works) {
    if (!measure) continue;
    const own = values.slice(at, (at += measure.sql.length));
    settle(outcome, values[0] ?? 0, measure.read(own));
  }
}

function settle(outcome: TableOutcome, rows: number | null, found: { failures: number; message: string | null }): void {
  outcome.rows = rows;
  outcome.failures = found.failures;
  outcome.message = found.message;
  outcome.status = found.failures === 0 ? "pass" : outcome.expectation.severity === "warn" ? "warn" : "fail";
}

async function runQuery(connection: Connection, outcome: TableOutcome): Promise<void> {
  const text = (outcome.expectation.sql ?? "").trim().replace(/;+$/, "");
  outcome.query = text;
  const { rows } = await connection.query(`SELECT count(*) FROM (${text}\n)`);
  const failures = Number(rows[0]?.[0] ?? 0);
  settle(outcome, null, {
    failures,
    message: failures === 0 ? null : `it gives ${failures} ${failures === 1 ? "row" : "rows"}`,
  });
}

async function compareColumns(connection: Connection, outcome: TableOutcome, table: ExpectedTable): Promise<void> {
  const typed = Object.entries(outcome.expectation.types).filter(([, type]) => type !== null);
  const spelled: Record<string, string | null> = { ...outcome.expectation.types };
  if (typed.length > 0) {
    // DuckDB knows many names of one type: INT, INTEGER, int4.
    const nulls = typed.map(([, type], i) => `NULL::${type} AS c${i}`).join(", ");
    const { rows } = await connection.query(`SELECT column_type FROM (DESCRIBE SELECT ${nulls})`);
    for (const [i, [name]] of typed.entries()) spelled[name] = String(rows[i]?.[0]);
  }
  outcome.query = `DESCRIBE ${table.sql}`;
  const missing = missingColumns(table, spelled);
  settle(outcome, null, { failures: missing.length, message: missing.length === 0 ? null : missing.join(", ") });
}

function cannot(outcome: TableOutcome, error: LabsError): void {
  outcome.status = "error";
  outcome.error = errorToJson(error);
  outcome.message = error.message;
}

/** Only what DuckDB refuses is the expectation's fault; a cancelled query goes on to the caller. */
function asQueryError(error: unknown): LabsError {
  if ((error as { code?: string }).code === "DUCK-003") return error as LabsError;
  throw error;
}

function refused(outcome: TableOutcome, error: unknown): LabsError {
  const { message } = asQueryError(error);
  return expectErrors.cannotCheck({
    message: `What is expected of ${outcome.table}, ${outcome.name}, cannot be checked: ${message.split("\n")[0]}`,
    place: outcome.expectation.place,
    hint: "Correct it in lab.yml: compare columns with values of their type, and write conditions as SQL.",
    cause: error,
  });
}

/** The first name of an expectation that leads nowhere, as EXP-001 or EXP-002. */
function unknownName(
  { table: written, columns, to: other, fields, place }: TableExpectation,
  table: ExpectedTable | undefined,
  to: ExpectedTable | undefined,
  tables: ReadonlyMap<string, ExpectedTable>,
): LabsError | undefined {
  const labels = () => [...tables.values()].map(({ label }) => label);
  const noTable = (name: string) => {
    const meant = didYouMean(name, labels());
    return expectErrors.tableUnknown({
      message: `The database has no table or view ${name}.`,
      place,
      hint: meant ? `Did you mean ${meant}?` : "Correct the name in lab.yml, or build the table.",
    });
  };
  if (!table) return noTable(written);
  if (other !== undefined && !to) return noTable(other);
  for (const [names, of] of [[columns, table] as const, [to ? fields : [], to ?? table] as const])
    for (const name of names) {
      if (of.columns.some((column) => column.name.toLowerCase() === name.toLowerCase())) continue;
      const own = of.columns.map((column) => column.name);
      const meant = didYouMean(name, own);
      return expectErrors.columnUnknown({
        message: `${of.label} has no column \`${name}\`.`,
        place,
        hint: meant
          ? `Did you mean \`${meant}\`?`
          : `It has ${own.slice(0, 12).join(", ")}${own.length > 12 ? " …" : ""}.`,
      });
    }
  return undefined;
}
