import { ingestErrors } from "../errors.ts";
import type { ContractColumn } from "./types.ts";

const integer = /^-?\d+$/;
const number = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i;
const boolean = /^(true|false)$/i;
/** A date or a time of any format. */
const dated = /^\d{1,4}[-/.:]\d{1,2}([-/.: T].*)?$/;

/** Whether no field of a line could be a name: numbers, dates, true and false, empty ones. */
export function areValues(line: string[]): boolean {
  const fields = line.map((field) => field.trim()).filter((field) => field !== "");
  return fields.length > 0 && fields.every((field) => [number, dated, boolean].some((shape) => shape.test(field)));
}

/** What a value has to look like in a column of the type; undefined where it may be any text. */
function shapeOf(type: string, field: string): RegExp | undefined {
  // A DOUBLE holds no more digits: a column of such numbers stays text.
  if (type === "VARCHAR") return field.length > 16 && number.test(field) ? number : undefined;
  return { BOOLEAN: boolean, BIGINT: integer, DOUBLE: number }[type] ?? dated;
}

/** What ING-004 advises when a file seems to have no header. */
export const withoutHeader =
  "If the file has no header, say `header: false` for the source in lab.yml and name its columns in order under `columns` there; if these are their names, say `header: true`.";

/**
 * Refuses a first line that reads as one more row: taken for a header it would be lost. `columns` are proposed from the
 * rows below, one for each field. Where years, months or positions name the columns, as in pivoted tables, it is a header.
 * `line` is the file's. Errors: ING-004.
 */
export function requireNames(fields: string[], columns: ContractColumn[], path: string, line: number): void {
  if (fields[0]?.trim() === "") return;
  const typed = columns.flatMap(({ type }, i) => {
    const field = fields[i]?.trim() ?? "";
    const shape = shapeOf(type, field);
    return shape ? [{ field, shape }] : [];
  });
  if (typed.length === 0 || !typed.every(({ field, shape }) => shape.test(field))) return;
  if (typed.every(({ field }) => integer.test(field)) && areLabels(typed.map(({ field }) => Number(field)))) return;
  const shown = fields.slice(0, 5).map((field) => `\`${field.slice(0, 40)}\``);
  throw ingestErrors.badHeader({
    message: `Line ${line} reads as one more row of values, not as names of columns: ${shown.join(", ")}${fields.length > 5 ? ", …" : ""}.`,
    place: { file: path, line },
    hint: withoutHeader,
    data: { fields: fields.slice(0, 20) },
  });
}

/** Years, or numbers at even distances: 0, 1, 2 as programs number columns (a single one is 0), 3, 6, 9 but not 3, 6, 12. */
function areLabels(numbers: number[]): boolean {
  if (numbers.every((n) => n >= 1900 && n <= 2100) && new Set(numbers).size === numbers.length) return true;
  const step = (numbers[1] ?? 1) - (numbers[0] ?? 0);
  if (numbers.length < 3 && step !== 1) return false;
  return step > 0 && numbers.every((n, i) => i === 0 || n - (numbers[i - 1] as number) === step);
}
