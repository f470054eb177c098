import { pyError } from "./errors.ts";
import { itemAt, PySlice, repeatCount, sliceItems } from "./sequences.ts";
import { indexNumber } from "./numbers.ts";
import { typeName } from "./operations.ts";
import { asciiText, reprText } from "./text.ts";
import { PyObject, type BinaryOp, type Value } from "./value.ts";

const encodings: Record<string, "utf8" | "latin1" | "ascii" | "utf16le"> = {
  utf8: "utf8",
  ascii: "ascii",
  usascii: "ascii",
  latin1: "latin1",
  iso88591: "latin1",
  utf16le: "utf16le",
};
const encodingOf = (name: string): "utf8" | "latin1" | "ascii" | "utf16le" => {
  const found = encodings[name.toLowerCase().replace(/[-_ ]/g, "")];
  if (!found) throw pyError("ValueError", `unknown encoding: ${name}`);
  return found;
};

/** Python's `bytes`. */
export class PyBytes extends PyObject {
  readonly pyType = "bytes";
  readonly data: Buffer;
  constructor(data: Uint8Array) {
    super();
    this.data = Buffer.from(data);
  }
  static encode(text: string, encoding: string): PyBytes {
    const kind = encodingOf(encoding);
    const limit = kind === "ascii" ? 128 : kind === "latin1" ? 256 : 0x110000;
    let position = 0;
    for (const ch of text) {
      if ((ch.codePointAt(0) ?? 0) >= limit) {
        const range = kind === "ascii" ? 128 : 256;
        throw pyError(
          "ValueError",
          `'${encoding}' codec can't encode character ${asciiText(reprText(ch))} in position ${position}: ordinal not in range(${range})`,
        );
      }
      position++;
    }
    return new PyBytes(Buffer.from(text, kind));
  }
  decode(encoding: string): string {
    return this.data.toString(encodingOf(encoding));
  }
  override repr(): string {
    let body = "";
    let double = false;
    for (const byte of this.data) {
      if (byte === 0x27) double = true;
      if (byte === 0x5c) body += "\\\\";
      else if (byte === 10) body += "\\n";
      else if (byte === 13) body += "\\r";
      else if (byte === 9) body += "\\t";
      else if (byte < 32 || byte > 126) body += `\\x${byte.toString(16).padStart(2, "0")}`;
      else body += String.fromCharCode(byte);
    }
    const quote = double && !this.data.includes(0x22) ? '"' : "'";
    return `b${quote}${quote === "'" ? body.replaceAll("'", "\\'") : body}${quote}`;
  }
  override truthy(): boolean {
    return this.data.length > 0;
  }
  override length(): number {
    return this.data.length;
  }
  override iterate(): Iterable<Value> {
    return this.data;
  }
  override getItem(key: Value): Value | undefined {
    if (key instanceof PySlice)
      return new PyBytes(Uint8Array.from(sliceItems([...this.data], key.start, key.stop, key.step)));
    return itemAt([...this.data], key);
  }
  override contains(value: Value): boolean {
    if (value instanceof PyBytes) return this.data.includes(value.data);
    const byte = indexNumber(value);
    if (byte === undefined) throw pyError("TypeError", `a bytes-like object is required, not '${typeName(value)}'`);
    if (byte < 0 || byte > 255) throw pyError("ValueError", "byte must be in range(0, 256)");
    return this.data.includes(byte);
  }
  override equals(other: Value): boolean {
    return other instanceof PyBytes && this.data.equals(other.data);
  }
  override hash(): unknown {
    return `\0bytes${this.data.toString("latin1")}`;
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (op === "*") {
      const times = repeatCount(other);
      return times === undefined ? undefined : new PyBytes(Buffer.concat(Array(Math.max(0, times)).fill(this.data)));
    }
    if (op !== "+" || !(other instanceof PyBytes)) return undefined;
    return new PyBytes(Buffer.concat(reflected ? [other.data, this.data] : [this.data, other.data]));
  }
  override get isSequence(): boolean {
    return true;
  }
}
