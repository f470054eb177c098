import type { Dialect } from "../csv/dialect.ts";
import { type CsvRecord, parseRecords } from "../csv/records.ts";
import { ingestErrors } from "../errors.ts";

/** Documents that end up in a raw folder under the name of a table: error pages, reports, letters. */
const documents: [RegExp, string][] = [
  [/^\s*<(?:!doctype\s+html|html|head|body)\b/i, "an HTML page"],
  [/^\s*<\?xml\b/i, "an XML document"],
  [/^%PDF-/, "a PDF document"],
  [/^\{\\rtf/, "an RTF document"],
];

/** Refuses text that is a document of another kind. Errors: ING-002. */
export function refuseDocuments(text: string, { name, path }: { name: string; path: string }): void {
  const kind = documents.find(([pattern]) => pattern.test(text))?.[1];
  if (kind === undefined) return;
  throw ingestErrors.binaryFile({
    message: `${name} is no table: it is ${kind}.`,
    place: { file: path, line: 1 },
    hint: "An error page instead of the data is a usual cause: look at it, and deliver the data as CSV.",
  });
}

/**
 * Refuses a first file whose header describes few of its rows, before a contract is made of it: a title, a comment or
 * `sep=;` above the header. `text` is the file's beginning. Errors: ING-004 with the line where the header seems to be.
 */
export function refuseLinesAbove(
  text: string,
  dialect: Dialect,
  { complete, path }: { complete: boolean; path: string },
): void {
  const records = parseRecords(text, dialect, 1000);
  if (!complete && records.length > 2) records.pop();
  const [first, ...rows] = records;
  if (!first || rows.length === 0) return;
  const separator = /^sep=(.{0,4})$/i.exec(first.raw);
  const width = separator ? (rows[0]?.fields.length ?? 0) : usualWidth(rows);
  const start = rows.find(({ fields }) => fields.length === width) ?? first;
  // Rows that end with a delimiter have one field more than their header.
  const described = rows.filter(({ fields }) => sameWidth(fields, first.fields.length)).length;
  if (!separator && (width < 2 || described * 2 >= rows.length || rows.length < 2)) return;
  throw ingestErrors.badHeader({
    message: separator
      ? "Line 1 tells Excel the delimiter, and is no header."
      : `Line 1 has ${fieldCount(first)}, but ${rows.length - described} of the ${rows.length} rows below it have another number, most of them ${width}.`,
    place: { file: path, line: 1 },
    hint: `${start === first ? "Correct the header" : `The header seems to stand on line ${start.line}: take out what is above it`}, or declare \`columns\` for the source in lab.yml if line 1 is right.`,
    data: { line: start.line, fields: first.fields.length, usual: width },
  });
}

const fieldCount = ({ fields }: CsvRecord): string => (fields.length === 1 ? "one field" : `${fields.length} fields`);

const sameWidth = (fields: string[], width: number): boolean =>
  fields.length === width || (fields.length === width + 1 && fields[width] === "");

/** The number of fields that most rows have. */
function usualWidth(rows: CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { fields } of rows) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || b - a)[0]?.[0] ?? 0;
}
