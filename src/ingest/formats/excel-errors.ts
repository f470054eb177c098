import { attribute, partOf, plainText } from "./workbook.ts";

/** The error of a formula: where it stands, counted from 0, and what Excel shows there. */
export interface ErrorCell {
  row: number;
  column: number;
  /** `B2` */
  cell: string;
  /** `#DIV/0!` */
  text: string;
}

/**
 * The cells of a sheet whose formula failed. The library that reads workbooks takes them for empty ones, and so a broken
 * formula would become a missing value without a word. Empty for what is no workbook as this knows them: that is the library's
 * to say. `path`: where the sheet's cells lie in the archive.
 */
export function errorCells(workbook: Buffer, path: string): ErrorCell[] {
  try {
    const xml = partOf(workbook, path);
    return xml ? [...failed(xml)] : [];
  } catch {
    return [];
  }
}

/** Only the surroundings of each error become text: a sheet may be larger than any text can be. */
function* failed(xml: Buffer): Generator<ErrorCell> {
  for (const mark of [' t="e"', " t='e'"]) {
    for (let at = xml.indexOf(mark); at !== -1; at = xml.indexOf(mark, at + 1)) {
      const start = xml.lastIndexOf("<", at);
      const tag = xml.toString("utf8", start, xml.indexOf(">", at) + 1);
      const [, letters = "", number = "0"] = /^([A-Z]+)([0-9]+)$/.exec(attribute(tag, "r") ?? "") ?? [];
      if (!/^<(?:\w+:)?c\s/.test(tag) || letters === "") continue;
      const inside = xml.toString("utf8", at, Math.min(xml.length, at + 10_000)).split(/<\/(?:\w+:)?c>/, 1)[0] ?? "";
      yield {
        row: Number(number) - 1,
        column: [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1,
        cell: letters + number,
        text: plainText(/<(?:\w+:)?v>([^<]*)</.exec(inside)?.[1] ?? "an error"),
      };
    }
  }
}
