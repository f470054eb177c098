import type { SourceConfig } from "#registry/index.ts";
import type { Dialect } from "../csv/dialect.ts";
import type { TextForm } from "../csv/encoding.ts";
import type { FileScan } from "../csv/scan.ts";
import { ingestErrors } from "../errors.ts";
import { findBadByte, findOpenQuote } from "./input.ts";

/** Refuses a file whose content cannot be rows of a table. Errors: ING-001, ING-002, ING-003, ING-015, ING-016. */
export async function checkContent(
  { path, name }: { path: string; name: string },
  scan: FileScan,
  form: TextForm,
  dialect: Dialect,
  source: SourceConfig,
): Promise<void> {
  const header = source.dialect.header ?? true;
  if (scan.records === 0) {
    throw ingestErrors.emptyFile({
      message: `${name} has no rows, only blank lines.`,
      place: { file: path },
      hint: "Deliver it again, or delete it.",
    });
  }
  if (scan.binary) {
    throw ingestErrors.binaryFile({
      message: `${name} is no text: it contains zero bytes.`,
      place: { file: path },
      hint: "Export the data as CSV in UTF-8; a workbook or an archive does not become a CSV by its name.",
    });
  }
  // What lab.yml calls Latin-1 is read as that, whatever it looks like.
  const declared = form.encoding === "latin-1";
  if (scan.foreign && scan.validity === "not utf-8" && !declared) {
    throw ingestErrors.badEncoding({
      message: `${name} is neither UTF-8 nor UTF-16, and does not look like Latin-1: its letters are rather those of Windows-1251, Shift-JIS, GB18030, Big5, EUC-KR, a DOS code page or the like.`,
      place: { file: path },
      hint: `Save it as UTF-8 (\`iconv -f WINDOWS-1251 -t UTF-8\`, with the right name), or say \`encoding: latin-1\` for the source ${source.name} in lab.yml if it is that.`,
    });
  }
  if (scan.validity === "mixed" && !declared) {
    const bad = findBadByte(path);
    const byte = bad ? ` the byte 0x${bad.byte.toString(16).toUpperCase()}` : " a byte";
    throw ingestErrors.badEncoding({
      message: `${name} is in no one encoding: parts of it are UTF-8, but${byte} is not.`,
      place: { file: path, ...(bad && { line: bad.line, column: bad.column }) },
      hint: scan.foreign
        ? "If all of it is in one other encoding (Shift-JIS, GB18030, EUC-KR …), convert it: `iconv -f GB18030 -t UTF-8`, with the right name. Else save the whole file as UTF-8."
        : "Save the whole file as UTF-8.",
    });
  }
  if (scan.openQuote) {
    const record = await findOpenQuote(path, form, dialect);
    throw ingestErrors.openQuote({
      message: `A quote (${dialect.quote}) opened in the record on line ${record?.line ?? "?"} is never closed.`,
      place: { file: path, ...(record && { line: record.line, column: openColumn(record.raw, dialect) }) },
      hint: `Close the quote or remove it; if ${dialect.quote} has no meaning in this file, say \`quote: ""\` for the source ${source.name} in lab.yml.`,
    });
  }
  if (header && scan.records === 1) {
    throw ingestErrors.headerOnly({
      message: `${name} has a header and no rows.`,
      place: { file: path, line: 1 },
      hint: "Deliver it again with its rows, or delete it; if its one line is a row, say `header: false` for the source in lab.yml.",
    });
  }
}

/** Column of the quote that stays open: the last one at a field's beginning on the record's first line. */
function openColumn(raw: string, { quote, delimiter }: Dialect): number {
  const line = raw.split(/\r?\n/, 1)[0] ?? "";
  const at = line.lastIndexOf(delimiter + quote);
  return at === -1 ? 1 : at + delimiter.length + 1;
}
