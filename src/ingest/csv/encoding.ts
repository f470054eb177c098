import { closeSync, createReadStream, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { ingestErrors } from "../errors.ts";
import { beginsZstd, unpackFrames } from "./zstd-frames.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "latin-1";
export type Compression = "none" | "gzip" | "zstd";

/** What a file's first bytes say about it. */
export interface TextForm {
  encoding: Encoding;
  compression: Compression;
  /** Bytes in front of the text, unpacked: the byte order mark, and the lines above the header. */
  bom: number;
  /** Lines in front of the header that are no data; see `lines-above.ts`. */
  linesAbove?: number;
}

const headBytes = 262_144;

/** Compression by the file's own magic bytes, never by its name. */
function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (beginsZstd(head)) return "zstd";
  return "none";
}

/** Whether the bytes are those of UTF-32, which begins like UTF-16 and goes on with zeros. */
const isUtf32 = (head: Buffer): boolean =>
  (head[0] === 0xff && head[1] === 0xfe && head[2] === 0 && head[3] === 0) ||
  (head[0] === 0 && head[1] === 0 && head[2] === 0xfe && head[3] === 0xff);

/**
 * Whether bytes that are not UTF-8 look like Latin-1: its letters beyond ASCII stand alone between others, while Cyrillic,
 * Greek, Chinese, Japanese and Korean texts are made of runs of such bytes, in whatever encoding.
 */
export class ForeignLetters {
  #high = 0;
  #inRuns = 0;
  #run = 0;
  /** The run so far is made of letters, and no letter of ASCII stands in front of it. */
  #word = true;
  #before = 0;
  #unused = false;

  push(piece: Buffer): void {
    for (const byte of piece) {
      if (byte >= 0x80) {
        if (this.#run === 0) this.#word = !isLetter(this.#before);
        this.#word &&= byte >= 0xc0;
        this.#unused ||= unusedBytes.has(byte);
        this.#run++;
      } else if (this.#run > 0) this.#endRun(byte);
      this.#before = byte;
    }
  }

  #endRun(next: number): void {
    this.#high += this.#run;
    // Two letters that are a whole word are none of Latin-1; inside a word they may be (créée).
    if (this.#run >= 3 || (this.#run === 2 && this.#word && !isLetter(next))) this.#inRuns += this.#run;
    this.#run = 0;
  }

  /** Bytes that mean nothing in Windows-1252, or more than half of the letters beyond ASCII in runs or words of their own. */
  get foreign(): boolean {
    this.#endRun(0);
    return this.#unused || (this.#inRuns >= 6 && this.#inRuns * 2 > this.#high);
  }
}

/** Never written by a program that writes Windows-1252 or Latin-1; letters in DOS code pages and Mac Roman, and halves of Asian ones. */
const unusedBytes = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

function encodingOf(head: Buffer, configured: "utf-8" | "utf-16" | "latin-1"): { encoding: Encoding; bom: number } {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", bom: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", bom: 2 };
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: "utf-8", bom: 3 };
  // Without a mark, UTF-16 shows in the zero halves of its Latin characters.
  const sample = head.subarray(0, 4096);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < sample.length; i++) {
    if (sample[i] !== 0) continue;
    if (i % 2 === 0) even++;
    else odd++;
  }
  const half = sample.length / 2;
  if (half >= 2 && odd > half * 0.4 && even < half * 0.05) return { encoding: "utf-16le", bom: 0 };
  if (half >= 2 && even > half * 0.4 && odd < half * 0.05) return { encoding: "utf-16be", bom: 0 };
  return { encoding: configured === "latin-1" ? "latin-1" : configured === "utf-16" ? "utf-16le" : "utf-8", bom: 0 };
}

/** The operating system's refusal as ING-007. */
export function cannotRead(path: string, error: unknown) {
  const code = (error as NodeJS.ErrnoException).code;
  const why =
    code === "EACCES" || code === "EPERM"
      ? "you have no right to read it"
      : code === "ENOENT"
        ? "it is not there any more"
        : code === "EISDIR"
          ? "it is a folder"
          : code === "ELOOP"
            ? "it is a link that leads back to itself"
            : error instanceof Error
              ? error.message
              : String(error);
  return ingestErrors.notReadable({
    message: `${path} cannot be read: ${why}.`,
    place: { file: path },
    hint: "Give yourself the right to read it, or deliver it again.",
    cause: error,
  });
}

/** A packed file that is cut off or damaged, as ING-007. */
export function cannotUnpack(path: string, compression: Compression, error: unknown) {
  const why = error instanceof Error ? error.message : String(error);
  return ingestErrors.notReadable({
    message: `${path} cannot be unpacked (${compression}): ${why}.`,
    place: { file: path },
    hint: /dictionary/i.test(why)
      ? "Pack it again without a dictionary."
      : /too much memory/.test(why)
        ? "Pack it again without `--long` or `--ultra`: its window is larger than the 128 MB that are kept for unpacking."
        : "It is cut off or damaged, or something was written behind its end: deliver it again.",
    cause: error,
  });
}

/** The first bytes of a file, uncompressed, with what they say. Errors: ING-003, ING-007. */
export async function readHead(
  path: string,
  configured: "utf-8" | "utf-16" | "latin-1" = "utf-8",
): Promise<{ form: TextForm; text: string; decodedAs: string /** `text` is all of it. */; complete: boolean }> {
  let raw = Buffer.alloc(0);
  let length = 0;
  try {
    const descriptor = openSync(path, "r");
    try {
      raw = Buffer.allocUnsafe(Math.min(headBytes, fstatSync(descriptor).size + 1));
      for (let n = 1; n > 0 && length < raw.length; length += n)
        n = readSync(descriptor, raw, length, raw.length - length, null);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
  let head = raw.subarray(0, length);
  let complete = length < headBytes;
  const compression = compressionOf(head);
  if (compression !== "none") {
    const pieces: Buffer[] = [];
    let size = 0;
    complete = true;
    for await (const piece of byteStream(path, compression)) {
      pieces.push(piece);
      size += piece.length;
      if (size >= headBytes) {
        complete = false;
        break;
      }
    }
    head = Buffer.concat(pieces);
  }
  if (isUtf32(head)) {
    throw ingestErrors.badEncoding({
      message: `${path} is in UTF-32, which is not read.`,
      place: { file: path },
      hint: "Save it as UTF-8.",
    });
  }
  const { encoding, bom } = encodingOf(head, configured);
  const body = head.subarray(bom);
  const decodedAs = nodeName(encoding, body);
  const text = new TextDecoder(decodedAs).decode(body, { stream: !complete });
  return { form: { encoding, compression, bom }, text, decodedAs, complete };
}

/** WHATWG's "latin1" is windows-1252, whose letters are the same and whose extra signs are what such files mean. */
function nodeName(encoding: Encoding, sample?: Buffer): string {
  if (encoding === "latin-1") return "windows-1252";
  // A head that is not UTF-8 is still split into records; its bytes are judged by the scan of the whole file.
  if (encoding === "utf-8" && sample && !looksUtf8(sample)) return "windows-1252";
  return encoding;
}

function looksUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function readSmall(path: string): Buffer | undefined {
  try {
    return statSync(path).size <= 1 << 20 ? readFileSync(path) : undefined;
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** A file's bytes, uncompressed. Breaking out of the loop closes the file. Errors: ING-007. */
export async function* byteStream(path: string, compression: Compression, start = 0): AsyncGenerator<Buffer> {
  if (compression === "none" && start === 0) {
    // A small file in one piece: a stream would take longer to set up than to read.
    const small = readSmall(path);
    if (small) {
      if (small.length > 0) yield small;
      return;
    }
  }
  const file = createReadStream(path, { highWaterMark: 1 << 20, start });
  let stream: Readable = file;
  if (compression !== "none") {
    const zlib = await import("node:zlib");
    if (compression === "zstd") stream = Readable.from(unpackFrames(file, () => zlib.createZstdDecompress()));
    else {
      const unpack = zlib.createGunzip();
      file.on("error", (error) => unpack.destroy(error));
      stream = file.pipe(unpack);
    }
  }
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined && compression !== "none"
      ? cannotUnpack(path, compression, error)
      : cannotRead(path, error);
  } finally {
    file.destroy();
    stream.destroy();
  }
}

/** A file's bytes, uncompressed, without those that its form skips. Errors: ING-007. */
export async function* contentStream(path: string, { compression, bom }: TextForm): AsyncGenerator<Buffer> {
  let skip = bom;
  for await (const piece of byteStream(path, compression)) {
    if (piece.length > skip) yield skip > 0 ? piece.subarray(skip) : piece;
    skip = Math.max(0, skip - piece.length);
  }
}

/**
 * A file's bytes as they lie on disk, for whoever is done with a piece before asking for the next one: two buffers take turns,
 * so that a file of any size makes no garbage, and one is filled while the other is looked at. Errors: ING-007.
 */
export async function* passingBytes(path: string): AsyncGenerator<Buffer> {
  const small = readSmall(path);
  if (small) {
    if (small.length > 0) yield small;
    return;
  }
  let file: FileHandle | undefined;
  let next: Promise<{ bytesRead: number; buffer: Buffer }> | undefined;
  try {
    file = await open(path, "r");
    let [idle, busy] = [Buffer.allocUnsafeSlow(1 << 20), Buffer.allocUnsafeSlow(1 << 20)];
    next = file.read(busy, 0, busy.length, null);
    for (;;) {
      const { bytesRead, buffer } = await next;
      if (bytesRead === 0) return;
      [idle, busy] = [busy, idle];
      next = file.read(busy, 0, busy.length, null);
      // A failure is told when its piece is asked for.
      next.catch(() => {});
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    await next?.catch(() => {});
    await file?.close();
  }
}

/**
 * A file's text without its byte order mark, decoded as it comes. Half a letter of UTF-16 ends the stream with an error, as
 * with `strict` does whatever is not in the encoding; else UTF-8 is judged by the scan of the whole file. `start` is a byte
 * behind the mark. Errors: ING-003, ING-007.
 */
export async function* textStream(
  path: string,
  form: TextForm,
  { strict = false, start = 0 }: { strict?: boolean; start?: number } = {},
): AsyncGenerator<string> {
  const fatal = strict || form.encoding === "utf-16le" || form.encoding === "utf-16be";
  const name = nodeName(form.encoding);
  const decoder = new TextDecoder(name, { fatal });
  let skip = start > 0 ? 0 : form.bom;
  let line = 1;
  const decode = (body?: Buffer): string => {
    try {
      const text = body ? decoder.decode(body, { stream: true }) : decoder.decode();
      if (fatal) for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) line++;
      return text;
    } catch (error) {
      const seen = new TextDecoder(name).decode(body ?? Buffer.alloc(0));
      const before = seen.slice(0, Math.max(0, seen.indexOf("\ufffd"))).split("\n").length - 1;
      throw ingestErrors.badEncoding({
        message: `${path} has bytes in it that are not ${name.toUpperCase()}: it is cut off, or (partly) in another encoding.`,
        place: { file: path, ...(start === 0 && { line: line + before }) },
        hint: "Deliver it again, or save it as UTF-8; `encoding` of the source in lab.yml says what it is if it is Latin-1.",
        cause: error,
      });
    }
  };
  for await (const piece of byteStream(path, form.compression, start)) {
    const body = skip > 0 ? piece.subarray(skip) : piece;
    skip = Math.max(0, skip - piece.length);
    const text = decode(body);
    if (text !== "") yield text;
  }
  const rest = decode();
  if (rest !== "") yield rest;
}
