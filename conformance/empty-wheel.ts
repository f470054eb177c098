import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/**
 * Writes a Python package without contents into a folder and gives its file name. It satisfies a dependency that is
 * never imported. A wheel is a zip archive; entries are stored without compression.
 */
export function emptyWheel(name: string, version: string, folder: string): string {
  const id = `${name.replaceAll("-", "_")}-${version}`;
  const info = `${id}.dist-info`;
  const files: [string, string][] = [
    [`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`],
    [`${info}/WHEEL`, "Wheel-Version: 1.0\nGenerator: buildcpg-labs\nRoot-Is-Purelib: true\nTag: py3-none-any\n"],
  ];
  files.push([`${info}/RECORD`, [...files.map(([path]) => `${path},,`), `${info}/RECORD,,`, ""].join("\n")]);
  const file = `${id}-py3-none-any.whl`;
  writeFileSync(join(folder, file), zip(files));
  return file;
}

/** Source: APPNOTE.TXT of the ZIP format, sections 4.3.7, 4.3.12 and 4.3.16. */
function zip(files: [path: string, text: string][]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of files) {
    const [name, data] = [Buffer.from(path), Buffer.from(text)];
    // Version 2.0, no flags, stored, 1980-01-01, checksum, both sizes, length of the name, no extra field.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([signature(0x04034b50), common, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([signature(0x02014b50), Buffer.from([20, 0]), common, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, central, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
