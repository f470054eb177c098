import { readFileSync } from "node:fs";
import { cannotRead } from "../csv/encoding.ts";
import { detectDialect } from "../csv/detect-dialect.ts";
import { parseRecords } from "../csv/records.ts";
import { ingestErrors } from "../errors.ts";

/** A corrected row: which one it is, and its new text. */
export interface FixedRow {
  table: string;
  load: number;
  record: number;
  row: string;
}

/** Reads an exported file back, whatever program has saved it since. Errors: ING-004 columns are missing, ING-007. */
export function readFixes(path: string): FixedRow[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw cannotRead(path, error);
  }
  const records = parseRecords(text, detectDialect(text, { quote: '"', escape: '"' }, true));
  const header = records[0]?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  const [table, load, record, row] = ["table", "load", "record", "row"].map((name) => header.indexOf(name));
  if (
    table === undefined ||
    load === undefined ||
    record === undefined ||
    row === undefined ||
    Math.min(table, load, record, row) < 0
  ) {
    throw ingestErrors.badHeader({
      message: `${path} is not a file that \`labs quarantine export\` wrote: it needs the columns table, load, record and row.`,
      place: { file: path, line: 1 },
      hint: "Export the rows again and change only the column `row`; rows may be taken out.",
    });
  }
  return records.slice(1).map(({ fields }) => ({
    table: fields[table] ?? "",
    load: Number(fields[load]),
    record: Number(fields[record]),
    row: fields[row] ?? "",
  }));
}
