import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { xlsxSheets } from "./xlsx-sheets.ts";

/** A zip file of some texts, as a program writes it: local headers, data, directory, end with a comment. */
function zip(entries: Record<string, string>, packed: boolean): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const data = packed ? deflateRawSync(text) : Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(packed ? 8 : 0, 4);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.alloc(2), common, rest, Buffer.from(name)]));
    files.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(18);
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(4, 16);
  return Buffer.concat([...files, ...directory, Buffer.from("PK\x05\x06"), end, Buffer.from("note")]);
}

function file(content: Buffer | string): string {
  const folder = mkdtempSync(join(tmpdir(), "labs-xlsx-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "x.xlsx"), content);
  return join(folder, "x.xlsx");
}

const workbook = `<workbook><sheets><sheet name="Sales &amp; more" sheetId="1"/><x:sheet sheetId="2" name='&#252;&#x2603;'/></sheets></workbook>`;

test.each([true, false])("names of the sheets in their order, packed: %s", (packed) => {
  const path = file(zip({ "[Content_Types].xml": "<a/>", "xl/workbook.xml": workbook, "xl/z.xml": "<b/>" }, packed));
  expect(xlsxSheets(path)).toEqual(["Sales & more", "ü☃"]);
});

test("what is no Excel file has none", () => {
  expect(xlsxSheets(file("a,b\n1,2\n"))).toBeUndefined();
  expect(xlsxSheets(file(""))).toBeUndefined();
  expect(xlsxSheets(file(zip({ "a.txt": "a" }, true)))).toBeUndefined();
  expect(() => xlsxSheets("/nowhere/x.xlsx")).toThrow("ENOENT");
});
