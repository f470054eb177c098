import { inflateRawSync } from "node:zlib";

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
 * to say. `sheet`: its name; default the first.
 */
export function errorCells(workbook: Buffer, sheet?: string): ErrorCell[] {
  try {
    const entries = directoryOf(workbook);
    const read = (name: string) => {
      const entry = entries.get(name);
      return entry && contentOf(workbook, entry);
    };
    const path = sheetPath(
      read("xl/workbook.xml")?.toString() ?? "",
      read("xl/_rels/workbook.xml.rels")?.toString() ?? "",
      sheet,
    );
    const xml = path === undefined ? undefined : read(path);
    return xml ? [...failed(xml)] : [];
  } catch {
    return [];
  }
}

interface Entry {
  method: number;
  size: number;
  offset: number;
}

/** The central directory of a zip file (APPNOTE 4.3.12), by name. */
function directoryOf(zip: Buffer): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end === -1) return entries;
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0 && zip.readUInt32LE(at) === 0x02014b50; left--) {
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    entries.set(zip.toString("utf8", at + 46, at + 46 + name), {
      method: zip.readUInt16LE(at + 10),
      size: zip.readUInt32LE(at + 20),
      offset: zip.readUInt32LE(at + 42),
    });
    at += 46 + name + extra + comment;
  }
  return entries;
}

function contentOf(zip: Buffer, { method, size, offset }: Entry): Buffer {
  const from = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  const packed = zip.subarray(from, from + size);
  return method === 0 ? packed : inflateRawSync(packed);
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
    .exec(tag)
    ?.slice(1)
    .find((value) => value !== undefined);

const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
/** Text of XML with its references resolved. */
const plain = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex?: string, number?: string, name = "") =>
    hex || number ? String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(number)) : (named[name] ?? whole),
  );

/** Where a sheet's cells lie in the archive. */
function sheetPath(workbook: string, relationships: string, wanted: string | undefined): string | undefined {
  const sheets = [...workbook.matchAll(/<(?:\w+:)?sheet\s[^>]*>/g)].map(([tag]) => tag);
  const tag =
    wanted === undefined ? sheets[0] : sheets.find((sheet) => plain(attribute(sheet, "name") ?? "") === wanted);
  const id = tag && attribute(tag, "(?:\\w+:)id");
  const relation = [...relationships.matchAll(/<(?:\w+:)?Relationship\s[^>]*>/g)].find(
    ([r]) => attribute(r, "Id") === id,
  )?.[0];
  const target = relation && attribute(relation, "Target");
  return target?.startsWith("/") ? target.slice(1) : target && `xl/${target}`;
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
        text: plain(/<(?:\w+:)?v>([^<]*)</.exec(inside)?.[1] ?? "an error"),
      };
    }
  }
}
