import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** A small generator of random numbers: the same seed gives the same storm. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }
  /** 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}

/** Every load mode, and files of two formats. */
export const labYml = `sources:
  - name: orders
    path: "orders*.csv"
    lineage: true
    columns: {id: BIGINT, qty: BIGINT, note: VARCHAR}
    expectations: [{check: range, column: qty, max: 990, severity: quarantine}]
  - name: small
    path: "small*.csv"
  - name: customers
    path: "customers*.csv"
    mode: merge
    key: id
    order_by: at
    columns: {id: BIGINT, at: BIGINT, name: VARCHAR}
  - name: stock
    path: "stock*.csv"
    mode: replace
    columns: {id: BIGINT, n: BIGINT}
  - name: daily
    path: "daily*.csv"
    mode: snapshot
    columns: {id: BIGINT, n: BIGINT}
  - name: events
    path: "events*.ndjson"
    columns: {id: BIGINT, what: VARCHAR}
`;

/** One change of the raw folder. Deterministic: two folders that get the same changes are the same. */
export type Change =
  | { kind: "write"; file: string; text: string }
  | { kind: "append"; file: string; text: string }
  | { kind: "rename" | "copy"; file: string; to: string }
  | { kind: "remove"; file: string };

/** Invents deliveries, remembering what lies in the folder. */
export class Deliveries {
  readonly #dice: Dice;
  readonly #files = new Set<string>();
  #next = 0;
  #now = 1_700_000_000;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** The changes of one delivery: a few of any kind. */
  next(): Change[] {
    return Array.from({ length: 2 + this.#dice.below(5) }, () => this.#one());
  }

  #one(): Change {
    const dice = this.#dice;
    const number = ++this.#next;
    const source =
      dice.pick(["orders", "orders", "small", "small", "customers", "stock", "daily", "events"]) ?? "orders";
    const mine = [...this.#files].filter((file) => file.startsWith(source));
    const old = dice.pick(mine);
    const end = source === "events" ? "ndjson" : "csv";
    const fresh = `${source}_${number}.${end}`;
    const what = old === undefined ? 0 : dice.below(10);
    if (old === undefined || what < 4) {
      this.#files.add(fresh);
      return { kind: "write", file: fresh, text: this.#rows(source, true) };
    }
    if (what < 6) return { kind: "append", file: old, text: this.#rows(source, false) };
    if (what < 8) return { kind: "write", file: old, text: this.#rows(source, true) };
    if (what < 9) {
      this.#files.add(fresh);
      const kind = dice.next() < 0.5 ? "copy" : "rename";
      if (kind === "rename") this.#files.delete(old);
      return { kind, file: old, to: fresh };
    }
    this.#files.delete(old);
    return { kind: "remove", file: old };
  }

  /** Another content for a file, to be there for a moment only. */
  decoy(file: string): string {
    return this.#rows(file.split("_")[0] ?? "orders", true);
  }

  #rows(source: string, header: boolean): string {
    const dice = this.#dice;
    const count =
      source === "small" ? 1 + dice.below(20) : source === "orders" ? 500 + dice.below(6000) : 50 + dice.below(500);
    const bad = dice.next() < 0.5;
    const lines = Array.from({ length: count }, (_, i) => {
      const id = dice.below(source === "customers" ? 400 : 1_000_000);
      const n = bad && i % 97 === 5 ? "x" : String(dice.below(1000));
      if (source === "orders") return `${id},${n},"note ${i % 13 === 0 ? "two\nlines" : i}"`;
      // Times are unique, so that who wins does not hang on the order of the loads.
      if (source === "customers") return `${n === "x" ? "" : id},${++this.#now},name ${n}`;
      if (source === "events") return n === "x" ? `{"id":${id},` : `{"id":${id},"what":"e${n}"}`;
      return `${id},${n}`;
    });
    const head = { orders: "id,qty,note", customers: "id,at,name", small: "id,n", stock: "id,n", daily: "id,n" }[
      source
    ];
    return `${header && head !== undefined ? `${head}\n` : ""}${lines.join("\n")}\n`;
  }
}

/** Carries changes out in a raw folder, with file times that go up from one change to the next. */
export class RawFolder {
  readonly path: string;
  #time = 1_700_000_000;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  apply(changes: Change[]): void {
    for (const change of changes) {
      const path = join(this.path, change.file);
      let touched = path;
      if (change.kind === "write") writeFileSync(path, change.text);
      else if (change.kind === "append") appendFileSync(path, change.text);
      else if (change.kind === "remove") rmSync(path, { force: true });
      else {
        touched = join(this.path, change.to);
        if (change.kind === "rename") renameSync(path, touched);
        else copyFileSync(path, touched);
      }
      this.#time += 10;
      if (existsSync(touched)) utimesSync(touched, this.#time, this.#time);
    }
  }

  /** Replaces a file at once, as a careful writer does. */
  replace(file: string, content: Buffer | string, times?: { atime: Date; mtime: Date }): void {
    const part = join(this.path, `.${file}.part`);
    writeFileSync(part, content);
    if (times) utimesSync(part, times.atime, times.mtime);
    renameSync(part, join(this.path, file));
  }

  get files(): string[] {
    return readdirSync(this.path).filter((name) => !name.startsWith("."));
  }
}
