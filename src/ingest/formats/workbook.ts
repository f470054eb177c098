import { inflateRawSync } from "node:zlib";

/** A worksheet of a workbook, in the order of the tabs. */
export interface Sheet {
  name: string;
  /** Not among the tabs that people see. */
  hidden: boolean;
  /** Counts from 1 through all tabs, charts included. */
  position: number;
  /** Where its cells lie in the archive. */
  path: string;
}

/** The worksheets of a workbook; none of what is no workbook as this knows them. */
export function sheetsOf(workbook: Buffer): Sheet[] {
  try {
    const [main, relations] = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"].map(
      (name) => partOf(workbook, name)?.toString() ?? "",
    ) as [string, string];
    const targets = new Map(
      [...relations.matchAll(/<(?:\w+:)?Relationship\s[^>]*>/g)].map(([tag]) => [attribute(tag, "Id"), tag]),
    );
    return [...main.matchAll(/<(?:\w+:)?sheet\s[^>]*>/g)].flatMap(([tag], i) => {
      const relation = targets.get(attribute(tag, "(?:\\w+:)id")) ?? "";
      const target = attribute(relation, "Target");
      if (target === undefined || !attribute(relation, "Type")?.endsWith("/worksheet")) return [];
      const path = target.startsWith("/") ? target.slice(1) : `xl/${target}`;
      const hidden = (attribute(tag, "state") ?? "visible") !== "visible";
      return [{ name: plainText(attribute(tag, "name") ?? ""), hidden, position: i + 1, path }];
    });
  } catch {
    return [];
  }
}

/** What a workbook is that is no .xlsx, in words; undefined for anything else. */
export function otherKind(workbook: Buffer): string | undefined {
  if (workbook.subarray(0, 8).equals(compoundFile))
    return workbook.includes(Buffer.from("EncryptedPackage", "utf16le"))
      ? "a workbook that is protected by a password"
      : "a workbook of the older format .xls";
  try {
    const parts = directoryOf(workbook);
    if (parts.has("xl/workbook.bin")) return "a binary workbook (.xlsb)";
    if (parts.has("mimetype") && parts.has("content.xml")) return "an OpenDocument file (.ods)";
  } catch {
    // A damaged archive is the reader's to tell.
  }
  return undefined;
}

/** First bytes of the files of older Office programs, and of what newer ones encrypt ([MS-CFB] 2.2). */
const compoundFile = Buffer.from("d0cf11e0a1b11ae1", "hex");

/** A file of the archive, unpacked. */
export function partOf(workbook: Buffer, path: string): Buffer | undefined {
  const entry = directoryOf(workbook).get(path);
  return entry && contentOf(workbook, entry);
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

/** An attribute of a tag of XML, as written there. */
export const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
    .exec(tag)
    ?.slice(1)
    .find((value) => value !== undefined);

const named = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["amp", "&"],
]);
/** Text of XML with its references resolved; what refers to nothing stays as it is. */
export const plainText = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex?: string, number?: string, name = "") => {
    if (!hex && !number) return named.get(name) ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(number);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
