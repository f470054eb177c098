import { isJson } from "../formats/json-records.ts";
import { longest, RecordSplitter, TooLong } from "./split-records.ts";

/** What takes an answer apart while it arrives. */
export interface Splitter extends Pick<RecordSplitter, "push" | "rest" | "complete" | "foundList"> {
  /** Nothing more comes: to be called before anything is asked. */
  end?(): void;
}

/** An answer of one JSON record a line (NDJSON, JSON Lines); blank lines count for nothing. */
export class LineSplitter implements Splitter {
  readonly foundList = true;
  /** Nothing stands around the records. */
  readonly rest = "null";
  readonly #onRecord: (text: string) => void;
  #line: string[] = [];
  #length = 0;

  constructor(onRecord: (text: string) => void) {
    this.#onRecord = onRecord;
  }

  push(text: string): void {
    let from = 0;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
      this.#keep(text.slice(from, at));
      this.#end();
      from = at + 1;
    }
    if (from < text.length) this.#keep(text.slice(from));
  }

  /** A last line needs no line end. One that is no JSON was cut off. */
  end(): void {
    if (isJson(this.#line.join(""))) this.#end();
  }

  get complete(): boolean {
    return this.#line.every((part) => part.trim() === "");
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > longest) throw new TooLong("a record");
    this.#line.push(text);
  }

  #end(): void {
    const line = this.#line.join("").trim();
    this.#line = [];
    this.#length = 0;
    if (line !== "") this.#onRecord(line);
  }
}

/** Characters of an answer's first line that are held until the next line shows what the answer is. */
const mostHeld = 1 << 20;
const typesOfLines = /\b(x-)?(ndjson|jsonl|jsonlines|json-lines|json-stream|x-json-stream)\b/i;

/**
 * Takes an answer for one record a line when its first line is a whole object and either its content type says so or the
 * next line begins with another object; otherwise for one JSON document, as types are often wrong. `path`: where `records`
 * of lab.yml are, if it says so.
 */
export function splitterOf(
  path: string | undefined,
  contentType: string | null,
  onRecord: (text: string) => void,
): Splitter {
  const whole = new RecordSplitter(path ?? ".", onRecord);
  if (path !== undefined && path !== ".") return whole;
  return new Undecided(whole, new LineSplitter(onRecord), typesOfLines.test(contentType ?? ""));
}

class Undecided implements Splitter {
  readonly #whole: Splitter;
  readonly #lines: Splitter;
  readonly #typed: boolean;
  #chosen: Splitter | undefined;
  /** From the first character that is no blank. */
  #held = "";

  constructor(whole: Splitter, lines: Splitter, typed: boolean) {
    this.#whole = whole;
    this.#lines = lines;
    this.#typed = typed;
  }

  push(text: string): void {
    if (this.#chosen) return this.#chosen.push(text);
    this.#held = (this.#held + text).trimStart();
    const choice = this.#choice(this.#held.length >= mostHeld);
    if (choice) this.#choose(choice);
  }

  end(): void {
    if (!this.#chosen) this.#choose(this.#choice(true) ?? this.#whole);
    this.#chosen?.end?.();
  }

  /** Undefined: more text will tell, unless this is the `last`. */
  #choice(last: boolean): Splitter | undefined {
    if (this.#held !== "" && !this.#held.startsWith("{")) return this.#whole;
    const byType = this.#typed ? this.#lines : this.#whole;
    const end = this.#held.indexOf("\n");
    // Cut off or too long to be held, a first line is judged by its type, as is an answer without any.
    if (end === -1) return last ? byType : undefined;
    const line = this.#held.slice(0, end).trimEnd();
    const next = this.#held.slice(end).trimStart();
    if (!line.endsWith("}")) return this.#whole;
    if (next === "" && !last) return undefined;
    if (!isJson(line)) return this.#whole;
    return next.startsWith("{") ? this.#lines : byType;
  }

  #choose(splitter: Splitter): void {
    this.#chosen = splitter;
    splitter.push(this.#held);
    this.#held = "";
  }

  get #settled(): Splitter {
    return this.#chosen ?? this.#whole;
  }

  get complete(): boolean {
    return this.#settled.complete;
  }

  get rest(): string {
    return this.#settled.rest;
  }

  get foundList(): boolean {
    return this.#settled.foundList;
  }
}
