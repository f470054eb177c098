import type { SqlValue } from "#duck/index.ts";
import type { Io } from "../io.ts";
import { csvLine } from "../render/csv.ts";
import { printable, renderTable } from "../render/index.ts";
import type { Answer } from "./questions.ts";

export const answerFormats = ["table", "csv", "json"] as const;
export type AnswerFormat = (typeof answerFormats)[number];

const number = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL)/;

/** Rows as a table for people, or as CSV; json is an object a line. */
export function answerText(
  { columns, rows }: Answer,
  format: AnswerFormat,
  io: Pick<Io, "color" | "isTTY" | "width">,
): string {
  const names = columns.map(({ name }) => name);
  if (format === "json") return rows.map((row) => `${JSON.stringify(answerObject(names, row))}\n`).join("");
  const texts = rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  if (format === "csv") return [names, ...texts].map((row) => csvLine(row.map((text) => text ?? ""))).join("");
  return renderTable(
    columns.map(({ name, type }) => ({
      title: printable(name),
      ...(number.test(type) && { align: "right" as const }),
    })),
    texts.map((row) => row.map((text) => (text === null ? "∅" : printable(text)))),
    { color: io.color, ...(io.isTTY && { width: io.width }) },
  );
}

/** A row by column names. */
export const answerObject = (names: readonly string[], row: readonly SqlValue[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name, i) => [name, jsonValue(row[i])]));

/** Numbers where JSON keeps them, text for everything else. */
function jsonValue(value: unknown): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return String(value);
}
