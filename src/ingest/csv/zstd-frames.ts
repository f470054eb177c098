import { type Transform, Readable } from "node:stream";

/** Of a frame (RFC 8878, 3.1.1) and of one that decoders pass over (3.1.2). */
const frameMagic = 0xfd2fb528;
const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === 0x184d2a50;

/** Whether bytes begin as a Zstandard file does, which may be with a frame that holds no data. */
export const beginsZstd = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === frameMagic || isSkippable(head.readUInt32LE(0)));

/**
 * The bytes of a Zstandard file of any number of frames, as `zstd --seekable`, `pzstd` and `cat a.zst b.zst` write them.
 * Node's own stream stops behind the first one without a word. Errors: those of zlib, and one that says where frames end.
 */
export async function* unpackFrames(packed: AsyncIterable<Buffer>, create: () => Transform): AsyncGenerator<Buffer> {
  const reader = new PieceReader(packed);
  for (let frame = 1; ; frame++) {
    const start = await reader.peek(4);
    if (start.length === 0 && frame > 1) return;
    if (start.length < 4) throw new Error("unexpected end of file");
    const magic = start.readUInt32LE(0);
    if (isSkippable(magic)) {
      const header = await reader.peek(8);
      if (header.length < 8) throw new Error("unexpected end of file");
      for await (const piece of reader.take(8 + header.readUInt32LE(4))) void piece;
    } else if (magic === frameMagic) yield* unpackOne(frameBytes(reader), create());
    else throw new Error(`what follows frame ${frame - 1} is no Zstandard frame`);
  }
}

async function* unpackOne(frame: AsyncGenerator<Buffer>, unpack: Transform): AsyncGenerator<Buffer> {
  const source = Readable.from(frame);
  source.on("error", (error) => unpack.destroy(error));
  try {
    for await (const piece of source.pipe(unpack)) yield piece as Buffer;
  } finally {
    source.destroy();
    unpack.destroy();
  }
}

/** The bytes of one frame: its header, blocks up to the last one, checksum. */
async function* frameBytes(reader: PieceReader): AsyncGenerator<Buffer> {
  const start = await reader.peek(5);
  const descriptor = start[4] ?? 0;
  const single = (descriptor >> 5) & 1;
  const sizeBytes = [single, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  yield* reader.take(5 + (1 - single) + dictionaryBytes + sizeBytes);
  for (let last = false; !last; ) {
    const head = await reader.peek(3);
    if (head.length < 3) throw new Error("unexpected end of file");
    const block = head.readUIntLE(0, 3);
    last = (block & 1) === 1;
    // A block that repeats one byte holds that byte alone.
    yield* reader.take(3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3));
  }
  yield* reader.take(((descriptor >> 2) & 1) * 4);
}

/** Bytes in the amounts that are asked for, out of pieces of any size. */
class PieceReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }

  /** The next bytes without taking them; fewer at the end. */
  async peek(length: number): Promise<Buffer> {
    while (this.#rest.length < length && (await this.#more()));
    return this.#rest.subarray(0, length);
  }

  async *take(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new Error("unexpected end of file");
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}
