import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { freshCondition, inWords, isRowCheck, rowCondition, rowCountFits } from "#expect/index.ts";
import type { Expectation, SourceConfig } from "#registry/index.ts";
import { storeOf } from "../load/shape.ts";
import { own, type TypedRows } from "../load/typed.ts";
import { cannotCheck } from "./cannot-check.ts";

const refused = "labs_refused";

/**
 * Gives rows that break an expectation of severity `quarantine` a problem. Returns SQL of the relation to go on with.
 * Of rows that repeat a unique value the first is good, unless the table has it already. Errors: ING-018.
 */
export async function refuseRows(
  connection: Connection,
  source: SourceConfig,
  typed: TypedRows,
  facts: { read: number; now: number },
): Promise<string> {
  const wanted = source.expectations.filter(({ severity }) => severity === "quarantine");
  if (wanted.length === 0) return typed.sql;
  const whole = await wholeFile(connection, source, wanted, typed, facts);
  const single = wanted.filter(isRowCheck);
  const unique = wanted.filter(({ check }) => check === "unique");
  const [first] = wanted;
  if (single.length + unique.length + whole.length === 0 || !first) return typed.sql;
  const passes = single.map(rowCondition).join(" AND ") || "true";
  const places = unique.map(
    (item, i) =>
      `row_number() OVER (PARTITION BY ${list(item)}, ${own.problem} IS NULL AND ${passes} ORDER BY ${own.record}) AS _labs_place${i}`,
  );
  const checks = [
    ...single.map((item) => ({ item, fits: rowCondition(item) })),
    ...unique.map((item, i) => ({
      item,
      fits: `(${anyNull(item)} OR (_labs_place${i} = 1 AND NOT ${present(source, item)}))`,
    })),
    ...whole.map((item) => ({ item, fits: "false" })),
  ];
  const reasons = checks.map(
    ({ item, fits }) => `CASE WHEN NOT ${fits} THEN ${quoteLiteral(`expected: ${inWords(item)}`)} END`,
  );
  const columns = checks.flatMap(({ item, fits }) =>
    item.columns[0] === undefined ? [] : [`WHEN NOT ${fits} THEN ${quoteLiteral(item.columns[0])}`],
  );
  try {
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${refused} AS SELECT ${own.record} AS record, concat_ws('; ', ${reasons.join(", ")}) AS reason,
         ${columns.length > 0 ? `CASE ${columns.join(" ")} END` : "NULL::VARCHAR"} AS name
       FROM (SELECT *${places.map((place) => `, ${place}`).join("")} FROM ${typed.sql} AS typed) AS rows
       WHERE ${own.problem} IS NULL AND NOT (${checks.map(({ fits }) => fits).join(" AND ")})`,
    );
  } catch (error) {
    throw cannotCheck(source, single[0] ?? unique[0] ?? first, error);
  }
  return `(SELECT rows.* REPLACE (coalesce(rows.${own.problem}, refused.reason) AS ${own.problem}, coalesce(rows.${own.column}, refused.name) AS ${own.column})
    FROM ${typed.sql} AS rows LEFT JOIN ${refused} AS refused ON refused.record = rows.${own.record})`;
}

const list = (item: Expectation) => item.columns.map((name) => quoteIdentifier(name)).join(", ");
const anyNull = (item: Expectation) => item.columns.map((name) => `${quoteIdentifier(name)} IS NULL`).join(" OR ");

/** The table has the value already. In a merge that is what a newer row is for, and every snapshot repeats the one before. */
function present({ mode, table }: SourceConfig, item: Expectation): string {
  if (mode === "merge" || mode === "snapshot") return "false";
  const same = item.columns
    .map((name) => `stored.${quoteIdentifier(name)} = rows.${quoteIdentifier(name)}`)
    .join(" AND ");
  return `EXISTS (SELECT 1 FROM ${storeOf(table)} AS stored WHERE ${same})`;
}

/** Expectations about the file as a whole that it does not meet: every row of it is refused. */
async function wholeFile(
  connection: Connection,
  source: SourceConfig,
  wanted: Expectation[],
  typed: TypedRows,
  { read, now }: { read: number; now: number },
): Promise<Expectation[]> {
  const broken = wanted.filter((item) => item.check === "row_count" && !rowCountFits(item, read));
  for (const item of wanted.filter(({ check }) => check === "fresh")) {
    try {
      const { rows } = await connection.query(
        `SELECT ${freshCondition(item, now)} FROM ${typed.sql} AS rows WHERE ${own.problem} IS NULL`,
      );
      if (rows[0]?.[0] !== true) broken.push(item);
    } catch (error) {
      throw cannotCheck(source, item, error);
    }
  }
  return broken;
}
