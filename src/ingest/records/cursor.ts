import type { RecordsConfig } from "#registry/index.ts";
import { NumberText } from "./parse-record.ts";

type Incremental = NonNullable<RecordsConfig["incremental"]>;

/** What a cursor's values are; told by the values themselves. */
export type CursorKind = "time" | "number" | "text";

/** The greatest value of a field so far, as the server wrote it. */
export interface Cursor {
  kind: CursorKind;
  text: string;
}

const iso = /^(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970 and the digits behind them, or undefined for what is no ISO time. Without a zone: UTC. */
function timeOf(text: string): { ms: number; finer: string } | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  const [, day = "", , minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = match;
  const offset = zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${day}T${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}${offset}`);
  return Number.isNaN(ms) ? undefined : { ms, finer: fraction.slice(3).replace(/0+$/, "") };
}

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

export function kindOf(text: string): CursorKind {
  return isNumber(text) ? "number" : timeOf(text) ? "time" : "text";
}

/** Whether `a` lies behind `b`; both of one kind. */
function greater(kind: CursorKind, a: string, b: string): boolean {
  if (kind === "text") return a > b;
  if (kind === "number") {
    const whole = (text: string) => /^-?\d+$/.test(text);
    return whole(a) && whole(b) ? BigInt(a) > BigInt(b) : Number(a) > Number(b);
  }
  const [x, y] = [timeOf(a), timeOf(b)];
  if (!x || !y) return false;
  return x.ms > y.ms || (x.ms === y.ms && x.finer > y.finer);
}

/** A tracker as plain data. */
export interface SavedTracker {
  now: number;
  seen: boolean;
  greatest: [CursorKind, string][];
}

/** Follows a field through the records of one poll. */
export class CursorTracker {
  #greatest = new Map<CursorKind, string>();
  #resumed = false;
  /** The field was in a record, with or without a value. */
  seen = false;
  readonly #now: number;

  /** `now`: a time behind it, such as 9999-12-31, would make every later poll skip what is really new. */
  constructor(now: number) {
    this.#now = now;
  }

  add(value: unknown): void {
    if (value === undefined) return;
    this.seen = true;
    const text = value instanceof NumberText ? value.text : String(value);
    if (value === null || text === "" || (typeof value === "object" && !(value instanceof NumberText))) return;
    const kind = kindOf(text);
    if (kind === "time" && (timeOf(text)?.ms ?? 0) > this.#now) return;
    // Pages that were read before the interruption may have got numbers since that lie below these.
    if (kind !== "time" && this.#resumed) return;
    const before = this.#greatest.get(kind);
    if (before === undefined || greater(kind, text, before)) this.#greatest.set(kind, text);
  }

  /** The cursor after this poll: never behind the one before it. */
  result(before: Cursor | undefined): Cursor | undefined {
    const kind = before?.kind ?? (["time", "number", "text"] as const).find((one) => this.#greatest.has(one));
    if (kind === undefined) return before;
    const text = this.#greatest.get(kind);
    return text === undefined || (before && !greater(kind, text, before.text)) ? before : { kind, text };
  }

  copy(): CursorTracker {
    const copy = new CursorTracker(this.#now);
    copy.#greatest = new Map(this.#greatest);
    copy.#resumed = this.#resumed;
    copy.seen = this.seen;
    return copy;
  }

  save(): SavedTracker {
    return { now: this.#now, seen: this.seen, greatest: [...this.#greatest] };
  }

  /** The tracker of a poll that goes on; what changed after it began does not move the cursor. */
  static resume({ now, seen, greatest }: SavedTracker): CursorTracker {
    const tracker = new CursorTracker(now);
    tracker.#greatest = new Map(greatest);
    tracker.#resumed = true;
    tracker.seen = seen;
    return tracker;
  }
}

/** What a poll asks for: the cursor less the overlap, written as the server writes it. Undefined: everything. */
export function cursorToSend({ start, overlap }: Incremental, cursor: Cursor | undefined): string | undefined {
  if (!cursor) return start;
  if (overlap.amount === 0 || cursor.kind === "text") return cursor.text;
  if (cursor.kind === "number") {
    const value = Number(cursor.text);
    // A time's overlap over a number: seconds or milliseconds since 1970, by size.
    const amount = overlap.kind === "number" ? overlap.amount : value > 1e11 ? overlap.amount : overlap.amount / 1000;
    return /^-?\d+$/.test(cursor.text)
      ? String(BigInt(cursor.text) - BigInt(Math.ceil(amount)))
      : String(value - amount);
  }
  const match = iso.exec(cursor.text);
  const ms = (timeOf(cursor.text)?.ms ?? 0) - overlap.amount;
  const text = new Date(ms).toISOString();
  if (!match?.[3]) return text.slice(0, 10);
  const digits = match[5] === undefined ? text.slice(0, 19) : text.slice(0, 23);
  return digits.replace("T", match[2] ?? "T") + (match[6] === undefined ? "" : "Z");
}
