import { equals, PyDecimal, repr, str, type Value } from "#jinja/index.ts";

export type Row = Value[];

const same = (a: Row, b: Row): boolean => a.length === b.length && a.every((value, i) => equals(value, b[i] ?? null));

/** Pairs equal rows; what is left on either side differs. */
function unmatched(actual: Row[], expected: Row[]): { extra: Row[]; missing: Row[]; matched: number } {
  const missing = [...expected];
  const extra: Row[] = [];
  for (const row of actual) {
    const i = missing.findIndex((other) => same(row, other));
    if (i === -1) extra.push(row);
    else missing.splice(i, 1);
  }
  return { extra, missing, matched: expected.length - missing.length };
}

/** Whether both hold the same rows, in any order, each as often. */
export function sameRows(actual: Row[], expected: Row[]): boolean {
  const { extra, missing } = unmatched(actual, expected);
  return extra.length === 0 && missing.length === 0;
}

/**
 * A table of what differs: `---` expected and not there, `+++` there and not expected, `→` a row that differs in some cells.
 * The marks are those of the diff that dbt prints.
 */
export function diffText(columns: string[], actual: Row[], expected: Row[]): string {
  const { extra, missing, matched } = unmatched(actual, expected);
  const lines: string[][] = [["@@", ...columns]];
  if (matched > 0) lines.push(["...", ...columns.map(() => "...")]);
  const rest = [...extra];
  for (const row of missing) {
    const i = rest.findIndex((other) => other.some((value, c) => equals(value, row[c] ?? null)));
    const [other] = i === -1 ? [undefined] : rest.splice(i, 1);
    if (!other) lines.push(["---", ...row.map(whole)]);
    else
      lines.push([
        "→",
        ...row.map((value, c) =>
          equals(value, other[c] ?? null) ? str(value) : `${str(value)}→${str(other[c] ?? null)}`,
        ),
      ]);
  }
  for (const row of rest) lines.push(["+++", ...row.map(whole)]);
  const widths = lines[0]?.map((_, c) => Math.max(...lines.map((line) => [...(line[c] ?? "")].length))) ?? [];
  const text = lines.map((line) =>
    line.map((cell, c) => cell + " ".repeat(Math.max(0, (widths[c] ?? 0) - [...cell].length))).join(","),
  );
  return `\n\nactual differs from expected:\n\n${text.join("\n")}\n\n`;
}

/** A cell of a row that stands alone: dbt's table prints Decimals there as Python names them. */
const whole = (value: Value): string => (value instanceof PyDecimal ? repr(value) : str(value));
