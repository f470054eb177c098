import { areValues } from "../contract/first-line.ts";
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

/** The first characters of binary files that end up there. */
const signatures: [string, string][] = [
  ["PK\x03\x04", "a ZIP archive or a workbook"],
  ["PK\x05\x06", "an empty ZIP archive"],
  ["7z\u00bc\u00af'\x1c", "a 7-Zip archive"],
  ["Rar!\x1a\x07", "a RAR archive"],
  ["BZh91AY&SY", "packed with bzip2"],
  ["\u00fd7zXZ\0", "packed with xz"],
  ['\x04"M\x18', "packed with lz4"],
  ["PAR1", "a Parquet file"],
  ["SQLite format 3\0", "a SQLite database"],
  ["\u00d0\u00cf\x11\u00e0", "an old Office document (.xls, .doc)"],
];

/** Refuses text that is a document of another kind. Errors: ING-002. */
export function refuseDocuments(text: string, { name, path }: { name: string; path: string }): void {
  const kind =
    documents.find(([pattern]) => pattern.test(text))?.[1] ?? signatures.find(([start]) => text.startsWith(start))?.[1];
  if (kind === undefined) return;
  throw ingestErrors.binaryFile({
    message: `${name} is no table: it is ${kind}.`,
    place: { file: path, line: 1 },
    hint: "Look at it: an error page instead of the data is a usual cause. Export the data as CSV, packed with gzip or zstd if at all; other formats have their own `format` in lab.yml.",
  });
}

/**
 * Refuses a first file whose header describes few of its rows, before a contract is made of it: a title or a
 * comment above the header. `above`: lines of the file in front of `text`. `text` is the file's beginning. Errors: ING-004 with the line where the header seems to be.
 */
export function refuseLinesAbove(
  text: string,
  dialect: Dialect,
  { complete, path, above = 0 }: { complete: boolean; path: string; above?: number },
): void {
  const records = parseRecords(text, dialect, 1000);
  if (!complete && records.length > 2) records.pop();
  const [first, ...rows] = records;
  if (!first || rows.length === 0) return;
  const width = usualWidth(rows);
  // Rows that end with a delimiter have one field more than their header.
  const described = rows.filter(({ fields }) => sameWidth(fields, first.fields.length)).length;
  const unlike = width >= 2 && described * 2 < rows.length && rows.length >= 2;
  // A title that a program filled up with delimiters.
  const named = filled(first);
  const title = named * 2 < first.fields.length && rows.filter((row) => filled(row) > named).length * 2 > rows.length;
  if (!unlike && !title) return;
  const most = Math.max(...rows.slice(0, 20).map((row) => (row.fields.length === width ? filled(row) : 0)));
  const start = rows.find((row) => row.fields.length === width && (!title || filled(row) === most)) ?? first;
  const line = first.line + above;
  const below = start.line + above;
  const skip = `\`skip_lines: ${below - 1}\``;
  throw ingestErrors.badHeader({
    message: unlike
      ? `Line ${line} has ${fieldCount(first)}, but ${rows.length - described} of the ${rows.length} rows below it have another number, most of them ${width}.`
      : `Line ${line} names ${named} of ${first.fields.length} columns, and most rows below it have values in more of them.`,
    place: { file: path, line },
    hint: areValues(start.fields)
      ? `Line ${below} holds values, not names: say ${skip} and \`header: false\` for the source in lab.yml, and name its ${width} columns in order under \`columns\` there.`
      : `${start === first ? "Correct the header" : `The header seems to stand on line ${below}: say ${skip} for the source in lab.yml`}, or declare \`columns\` there if line ${line} is right.`,
    data: { line: below, fields: first.fields.length, usual: width },
  });
}

const filled = ({ fields }: CsvRecord): number => fields.filter((field) => field.trim() !== "").length;

const fieldCount = ({ fields }: CsvRecord): string => (fields.length === 1 ? "one field" : `${fields.length} fields`);

const sameWidth = (fields: string[], width: number): boolean =>
  fields.length === width || (fields.length === width + 1 && fields[width] === "");

/** The number of fields that most rows have. */
function usualWidth(rows: CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { fields } of rows) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || b - a)[0]?.[0] ?? 0;
}
