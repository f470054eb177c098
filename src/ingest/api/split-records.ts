import { pathKeys } from "../records/json-path.ts";

/** Longest record, and longest rest of an answer around its records, in UTF-16 units. */
export const longest = 256 << 20;

const quote = 34;
const comma = 44;
const colon = 58;
const openList = 91;
const backslash = 92;
const closeList = 93;
const open = 123;
const close = 125;

/** One answer's JSON is too large to be held. */
export class TooLong extends Error {}

/**
 * Splits the JSON text of an answer into its records while it arrives, so that an answer of any size needs the memory of one
 * record. What stands around the records (cursors, totals) is kept as {@link rest}, with an empty list in their place.
 * Checks only what it needs to find the borders; records and rest are parsed, and so judged, by JSON.parse.
 */
export class RecordSplitter {
  readonly #path: string[];
  readonly #onRecord: (text: string) => void;
  #rest: string[] = [];
  #restLength = 0;
  #record: string[] = [];
  #recordLength = 0;
  #inString = false;
  #escaped = false;
  /** Containers that are open, outside of the list of records. */
  #depth = 0;
  /** Keys of the path that the open containers match. */
  #matched = 0;
  /** Text of a key that might belong to the path, while it is read. */
  #key: string | undefined;
  #keyIsNext = false;
  #valueIsTarget: boolean;
  #inList = false;
  #listDepth = 0;
  #inRecord = false;
  /** Whether the list was there at all. */
  foundList = false;

  constructor(path: string, onRecord: (text: string) => void) {
    this.#path = pathKeys(path);
    this.#onRecord = onRecord;
    this.#valueIsTarget = this.#path.length === 0;
  }

  push(text: string): void {
    let from = 0;
    while (from < text.length) from = this.#inList ? this.#list(text, from) : this.#outside(text, from);
  }

  /** What stood around the records; call at the end. */
  get rest(): string {
    return this.#rest.join("");
  }

  /** An answer that was cut short is no JSON, and neither is one without text. */
  get complete(): boolean {
    if (this.#depth > 0 || this.#inList || this.#inString) return false;
    return this.#rest.some((part) => part.trim() !== "");
  }

  #keepRest(text: string): void {
    this.#restLength += text.length;
    if (this.#restLength > longest) throw new TooLong("the answer around its records");
    this.#rest.push(text);
  }

  #outside(text: string, from: number): number {
    for (let i = from; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (char === backslash) this.#escaped = true;
        else if (char === quote) {
          this.#inString = false;
          continue;
        }
        if (this.#key !== undefined) this.#key += text[i];
        continue;
      }
      if (char === quote) {
        this.#inString = true;
        if (this.#keyIsNext && this.#depth === this.#matched + 1) this.#key = "";
        else this.#key = undefined;
        this.#keyIsNext = false;
        this.#valueIsTarget = false;
      } else if (char === colon) {
        const matches = this.#key !== undefined && sameKey(this.#key, this.#path[this.#matched] ?? "");
        this.#valueIsTarget = matches && this.#matched === this.#path.length - 1;
        this.#key = matches ? this.#key : undefined;
      } else if (char === openList && this.#valueIsTarget) {
        this.#valueIsTarget = false;
        this.#inList = true;
        this.foundList = true;
        this.#keepRest(text.slice(from, i + 1));
        return i + 1;
      } else if (char === open || char === openList) {
        // Into the value of a key of the path, or into the answer itself.
        if (char === open && this.#depth > 0 && this.#key !== undefined) this.#matched++;
        this.#depth++;
        this.#keyIsNext = char === open;
        this.#key = undefined;
        this.#valueIsTarget = false;
      } else if (char === close || char === closeList) {
        if (this.#matched > 0 && this.#depth === this.#matched + 1) this.#matched--;
        this.#depth--;
        this.#keyIsNext = false;
        this.#key = undefined;
      } else if (char === comma) {
        this.#keyIsNext = true;
        this.#key = undefined;
      }
    }
    this.#keepRest(text.slice(from));
    return text.length;
  }

  #list(text: string, from: number): number {
    // Every character of an answer passes here: locals are much faster than fields.
    let [inString, escaped, depth, start] = [this.#inString, this.#escaped, this.#listDepth, from];
    for (let i = from; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (inString) {
        if (escaped) escaped = false;
        else if (char === backslash) escaped = true;
        else if (char === quote) inString = false;
      } else if (char === quote) inString = true;
      else if (char === open || char === openList) depth++;
      else if (depth > 0) {
        if (char === close || char === closeList) depth--;
      } else if (char === comma || char === closeList) {
        this.#endRecord(text.slice(start, i), char === closeList);
        start = i + 1;
        if (char === closeList) {
          this.#inList = this.#inString = this.#escaped = false;
          this.#listDepth = 0;
          this.#keepRest("]");
          return start;
        }
      }
    }
    [this.#inString, this.#escaped, this.#listDepth] = [inString, escaped, depth];
    this.#recordLength += text.length - start;
    if (this.#recordLength > longest) throw new TooLong("a record");
    this.#record.push(text.slice(start));
    return text.length;
  }

  #endRecord(end: string, last: boolean): void {
    const text = (this.#record.length === 0 ? end : this.#record.join("") + end).trim();
    this.#record = [];
    this.#recordLength = 0;
    // Nothing in front of the closing bracket is an empty list; anywhere else it is broken JSON, which parsing will tell.
    if (text !== "" || !last || this.#inRecord) this.#onRecord(text);
    this.#inRecord = !last;
  }
}

function sameKey(raw: string, key: string): boolean {
  if (!raw.includes("\\")) return raw === key;
  try {
    return JSON.parse(`"${raw}"`) === key;
  } catch {
    return false;
  }
}
