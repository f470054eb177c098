import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { headerLength, headersLength, readHeaders } from "./file-headers.ts";
import { leftUnsealed } from "./journal.ts";
import { isOpenHere } from "./open-paths.ts";

/** Parts of a block of metadata, each in use or free. */
const parts = 64;
/** No pointer. */
const none = 0xffff_ffff_ffff_ffffn;

/**
 * Repairs blocks of metadata whose writing was cut short (kill -9, power loss), so that the file can be opened again.
 * Returns whether it repaired any.
 *
 * DuckDB writes a checkpoint's metadata into free parts of blocks that the state before it is stored in, and such a block is
 * written in place, as a whole. The parts in use have the same bytes before and after, so whatever mixture of both is there,
 * nothing of the last state is lost; only the checksum of the whole block fits neither. Data is never written in place.
 *
 * Call it after DuckDB refused the file for a wrong checksum: then nobody has it open, and it cannot be opened until this is
 * done. It does nothing unless a checkpoint was cut short (the log says that one began, or the journal that its last writer
 * did not close the file): a block that went bad otherwise must not pass for a good one.
 *
 * Source: `MetadataManager::Flush`, `SingleFileBlockManager::WriteHeader` and `Checksum` of DuckDB 1.5.
 */
export function mendTornBlocks(path: string): boolean {
  try {
    // A second descriptor would take the lock away from the first, and a checkpoint of this process may be at work.
    if (isOpenHere(path)) return false;
    if (!checkpointBegan(`${path}.wal`) && !leftUnsealed(path)) return false;
    const file = openSync(path, "r+");
    try {
      let mended = false;
      for (const { position, size } of metadataBlocks(file, readHeaders(path)))
        mended = mend(file, position, size) || mended;
      if (mended) fsyncSync(file);
      return mended;
    } finally {
      closeSync(file);
    }
  } catch {
    // Not to be read or written, or no such file as this knows: DuckDB's own error says more.
    return false;
  }
}

/** Gives a block the checksum of its bytes when it has another one. */
function mend(file: number, position: number, size: number): boolean {
  const block = read(file, position, size);
  const checksum = checksumOf(block.subarray(8));
  if (block.readBigUInt64LE(0) === checksum) return false;
  // Somebody else may have repaired and opened it meanwhile.
  if (!read(file, position, size).equals(block)) return false;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(checksum);
  writeSync(file, bytes, 0, 8, position);
  return true;
}

/** Where the blocks of metadata of the last checkpoint are; none when the file is encrypted. */
function metadataBlocks(file: number, headers: Buffer): { position: number; size: number }[] {
  const encrypted = headers.readBigUInt64LE(20) !== 0n;
  const states = [1, 2].map((number) => headers.subarray(number * headerLength, (number + 1) * headerLength));
  if (encrypted || states.some((state) => state.readBigUInt64LE(0) !== checksumOf(state.subarray(8)))) return [];
  const [first, second] = states as [Buffer, Buffer];
  const state = first.readBigUInt64LE(8) > second.readBigUInt64LE(8) ? first : second;
  const freeList = state.readBigUInt64LE(24);
  const size = Number(state.readBigUInt64LE(40));
  if (freeList === none) return [];

  const list = new MetadataReader(file, freeList, size);
  const free = list.integer();
  for (let i = 0n; i < free; i++) list.integer();
  const shared = list.integer();
  for (let i = 0n; i < shared; i++) list.bytes(12);
  const blocks: { position: number; size: number }[] = [];
  for (let left = list.integer(); left > 0n; left--) {
    blocks.push({ position: positionOf(list.integer(), size), size });
    // Its free parts.
    list.integer();
  }
  return blocks;
}

const positionOf = (block: bigint, size: number): number => headersLength + Number(block) * size;

/** Reads what was written over parts of blocks, each of which begins with a pointer to the next. */
class MetadataReader {
  readonly #file: number;
  readonly #size: number;
  /** Of a part: a sixty-fourth of what follows the checksum, in words of eight bytes. */
  readonly #length: number;
  #next: bigint;
  #part: Buffer = Buffer.alloc(0);

  constructor(file: number, pointer: bigint, size: number) {
    this.#file = file;
    this.#size = size;
    this.#length = Math.floor((size - 8) / parts / 8) * 8;
    this.#next = pointer;
  }

  integer(): bigint {
    return this.bytes(8).readBigUInt64LE(0);
  }

  bytes(count: number): Buffer {
    while (this.#part.length < count) {
      if (this.#next === none) throw new RangeError("The metadata ends too early.");
      const [block, index] = [this.#next & ((1n << 56n) - 1n), this.#next >> 56n];
      const position = positionOf(block, this.#size) + 8 + Number(index) * this.#length;
      const part = read(this.#file, position, this.#length);
      this.#next = part.readBigUInt64LE(0);
      this.#part = Buffer.concat([this.#part, part.subarray(8)]);
    }
    const bytes = this.#part.subarray(0, count);
    this.#part = this.#part.subarray(count);
    return bytes;
  }
}

/**
 * An entry of the log: its length and its checksum, of eight bytes each, and its fields, which begin with two bytes of number.
 * Field 100 is its kind; 0xffff stands at their end.
 */
const checkpointEntry = Buffer.from("6400636500", "hex");
const commitEntry = Buffer.from("640064ffff", "hex");
/** What comes before an entry's fields. */
const entryHead = 16;

/** Whether a log ends with the mark that a checkpoint began: its entry, and the entry of its commit. */
function checkpointBegan(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const length = Math.min(size, 128);
  if (length === 0) return false;
  const file = openSync(path, "r");
  try {
    const end = read(file, size - length, length);
    const entry = end.lastIndexOf(checkpointEntry);
    if (entry < entryHead || !end.subarray(-commitEntry.length).equals(commitEntry)) return false;
    const after = entry + Number(end.readBigUInt64LE(entry - entryHead));
    return after + entryHead + commitEntry.length === end.length;
  } finally {
    closeSync(file);
  }
}

/** DuckDB's checksum of bytes, a multiple of eight. */
function checksumOf(bytes: Buffer): bigint {
  let checksum = 5381n;
  for (let at = 0; at < bytes.length; at += 8)
    checksum ^= BigInt.asUintN(64, bytes.readBigUInt64LE(at) * 0xbf58_476d_1ce4_e5b9n);
  return checksum;
}

function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, position) !== length) throw new RangeError("The file ends too early.");
  return bytes;
}
