import { type Connection, quoteIdentifier } from "#duck/index.ts";
import { plural } from "#errors/index.ts";
import { freshCondition, inWords, isRowCheck, rowCondition, rowCountFits } from "#expect/index.ts";
import type { Expectation, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import { storeOf } from "../load/shape.ts";
import type { ExpectationOutcome, FileChange } from "../types.ts";
import { cannotCheck } from "./cannot-check.ts";

/**
 * Checks what a load has put into the table, before it is committed. Returns every expectation that is not met; the ones
 * of severity `quarantine` among them only when `quarantined` is false, because rows that were refused are not there.
 * Errors: ING-017 for severity `fail`, ING-018 when one cannot be evaluated.
 */
export async function checkLoaded(
  connection: Connection,
  source: SourceConfig,
  change: Pick<FileChange, "name" | "path">,
  load: { first: number; last: number },
  facts: { read: number; now: number; quarantined: boolean },
): Promise<ExpectationOutcome[]> {
  const wanted = source.expectations.filter(({ severity }) => severity !== "quarantine" || !facts.quarantined);
  if (wanted.length === 0) return [];
  const broken: ExpectationOutcome[] = [];
  for (const item of wanted) {
    const rows = await violations(connection, source, item, load, facts);
    if (rows === 0) continue;
    broken.push({ name: inWords(item), severity: item.severity, rows, text: inText(item, rows, facts.read) });
  }
  const fatal = broken.find(({ severity }) => severity === "fail");
  if (fatal) {
    throw ingestErrors.expectationFailed({
      message: `${change.name} does not meet what ${source.name} expects: ${fatal.text}.`,
      place: { file: change.path },
      hint: "Correct the file, or change the expectation or its severity in lab.yml.",
      data: { source: source.name, broken },
    });
  }
  return broken;
}

const inText = (item: Expectation, rows: number, read: number): string =>
  item.check === "row_count"
    ? `${inWords(item)}, but there ${read === 1 ? "is" : "are"} ${read}`
    : item.check === "fresh"
      ? `${inWords(item)}: it is older`
      : `${inWords(item)}: ${plural(rows, "row")} ${rows === 1 ? "is" : "are"} not so`;

/** How many rows break an expectation; for one about the whole file 1 when it is broken. */
async function violations(
  connection: Connection,
  source: SourceConfig,
  item: Expectation,
  { first, last }: { first: number; last: number },
  { read, now }: { read: number; now: number },
): Promise<number> {
  if (item.check === "row_count") return rowCountFits(item, read) ? 0 : 1;
  const store = storeOf(source.table);
  const brought = `_load BETWEEN ${first} AND ${last}`;
  const sql = isRowCheck(item)
    ? `SELECT count(*) FILTER (WHERE NOT ${rowCondition(item)}) FROM ${store} WHERE ${brought}`
    : item.check === "fresh"
      ? `SELECT CASE WHEN ${freshCondition(item, now)} THEN 0 ELSE 1 END FROM ${store} WHERE ${brought}`
      : repeated(source, item, store, brought);
  try {
    const { rows } = await connection.query(sql);
    return Number(rows[0]?.[0] ?? 0);
  } catch (error) {
    throw cannotCheck(source, item, error);
  }
}

/** Rows of the load whose value another row of it, or of the table, has too; the first one of each does not count. */
function repeated({ mode }: SourceConfig, item: Expectation, store: string, brought: string): string {
  const names = item.columns.map((name) => quoteIdentifier(name));
  const given = names.map((name) => `${name} IS NOT NULL`).join(" AND ");
  const alone = mode === "merge" || mode === "snapshot" ? `${brought} AND ` : "";
  return `SELECT coalesce(sum(n - CASE WHEN n = total THEN 1 ELSE 0 END), 0) FROM (
      SELECT count(*) FILTER (WHERE ${brought}) AS n, count(*) AS total FROM ${store} WHERE ${alone}${given} GROUP BY ${names.join(", ")}
    ) WHERE n > 0 AND total > 1`;
}
