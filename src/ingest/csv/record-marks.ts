import { moduleBytes } from "./record-marks-bytes.ts";

interface Count {
  readonly value: number;
}

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  records: Count;
  blank: Count;
  trailing: Count;
  end: Count;
  count(at: number, length: number, delimiter: number, quote: number, width: number): number;
}

/** What of the global object is used here; the types of Node have less. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Buffer) => object; Instance: new (module: object) => { exports: object } };
};

export interface MarksFound {
  /** Complete records, blank lines left out. */
  records: number;
  blank: number;
  /** Records with one field more than the first one, and that one empty. */
  trailing: number;
  /** Where the last complete record ends. */
  end: number;
  /** The record behind `end` cannot be judged here: a quote opens within a field, or a line ends with a carriage return. */
  refused: boolean;
}

/** Looks at 64 bytes at once, which JavaScript cannot: four times as fast, and a load's own work is mostly this. */
export class RecordMarks {
  readonly #exports: Exports;
  #length = 0;

  constructor(exports: Exports) {
    this.#exports = exports;
  }

  /** Takes a text in two parts; the buffer that it answers holds until the next call. */
  hold(rest: Buffer, piece: Buffer): Buffer {
    const { memory } = this.#exports;
    this.#length = rest.length + piece.length;
    const missing = this.#length + step - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / page));
    const bytes = Buffer.from(memory.buffer);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    bytes.fill(0, this.#length, this.#length + step);
    return bytes.subarray(0, this.#length);
  }

  /**
   * Counts the records of the held text from `at` on, where one begins. `quote`: -1 for none; doubled within quotes.
   * `width`: delimiters of the first record.
   */
  count(at: number, { delimiter, quote, width }: { delimiter: number; quote: number; width: number }): MarksFound {
    const { count, records, blank, trailing, end } = this.#exports;
    const refused = count(at, this.#length, delimiter, quote, width) !== 0;
    return { records: records.value, blank: blank.value, trailing: trailing.value, end: end.value, refused };
  }
}

const step = 64;
const page = 1 << 16;
let one: RecordMarks | undefined;
let tried = false;

/** The one instance of a process, whose calls are never interleaved; undefined where it cannot run. */
export function recordMarks(): RecordMarks | undefined {
  if (tried) return one;
  tried = true;
  try {
    const { exports } = new wasm.Instance(new wasm.Module(Buffer.from(moduleBytes, "base64")));
    one = new RecordMarks(exports as Exports);
  } catch {
    // A processor without SIMD, or a process that may not reserve the memory: counting takes longer then.
  }
  return one;
}
