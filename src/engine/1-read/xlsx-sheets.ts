import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

/**
 * Names of an Excel file's sheets in their order, from its workbook; undefined when the file is no `.xlsx` file.
 * Errors: those of opening a file. Source of the layout: PKWARE's APPNOTE (zip), ECMA-376 part 1, 18.2 (workbook).
 */
export function xlsxSheets(path: string): string[] | undefined {
  const file = openSync(path, "r");
  try {
    const workbook = zipEntry(file, "xl/workbook.xml")?.toString("utf8");
    if (workbook === undefined) return undefined;
    return [...workbook.matchAll(/<(?:\w+:)?sheet\b[^>]*?\sname=(?:"([^"]*)"|'([^']*)')/g)].map(([, a, b]) =>
      unescaped(a ?? b ?? ""),
    );
  } finally {
    closeSync(file);
  }
}

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);
const unescaped = (text: string): string =>
  text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities.get(name) ?? all;
    const code = Number.parseInt(hex ?? decimal ?? "", hex === undefined ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });

function zipEntry(file: number, wanted: string): Buffer | undefined {
  const { size } = fstatSync(file);
  // The end record has a comment of at most 65,535 bytes behind it.
  const tailStart = Math.max(0, size - 65_557);
  const tail = bytes(file, tailStart, size - tailStart);
  const end = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (end === -1) return undefined;
  const directory = bytes(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset));
    const name = directory.toString("utf8", at + 46, at + 46 + (nameLength ?? 0));
    if (name === wanted) {
      const header = directory.readUInt32LE(at + 42);
      const local = bytes(file, header, 30);
      const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
      const data = bytes(file, start, directory.readUInt32LE(at + 20));
      return directory.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    }
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return undefined;
}

function bytes(file: number, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, start));
}
