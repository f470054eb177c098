import { pyError } from "./errors.ts";
import { indexNumber } from "./numbers.ts";
import { compareItems, equals, guarded, hashKey, hashText, overflow, repr, same, sameItems } from "./operations.ts";
import { PyObject, type BinaryOp, type CompareOp, type Value } from "./value.ts";

/** The positions that `[start:stop:step]` selects in a sequence of `size` items. */
export function slicePositions(
  size: number,
  start: Value,
  stop: Value,
  step: Value,
): { from: number; to: number; step: number } {
  const by = step === null ? 1 : sliceIndex(step);
  if (by === 0) throw pyError("ValueError", "slice step cannot be zero");
  const clamp = (value: Value, missing: number): number => {
    if (value === null) return missing;
    let i = sliceIndex(value);
    if (i < 0) i += size;
    return by > 0 ? Math.min(Math.max(i, 0), size) : Math.min(Math.max(i, -1), size - 1);
  };
  return { from: clamp(start, by > 0 ? 0 : size - 1), to: clamp(stop, by > 0 ? size : -1), step: by };
}

function sliceIndex(value: Value): number {
  const i = indexNumber(value);
  if (i === undefined) {
    throw pyError("TypeError", "slice indices must be integers or None or have an __index__ method");
  }
  return i;
}

export function sliceItems<T>(items: readonly T[], start: Value, stop: Value, step: Value): T[] {
  const { from, to, step: by } = slicePositions(items.length, start, stop, step);
  if (by === 1) return items.slice(from, Math.max(from, to));
  const out: T[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) out.push(items[i] as T);
  return out;
}

/** Item at a Python index (negative counts from the end); undefined when there is none. */
export function itemAt<T>(items: readonly T[], key: Value): T | undefined {
  const i = indexNumber(key);
  return i === undefined ? undefined : items[i < 0 ? i + items.length : i];
}

/** Python's `slice`, as an argument of `[]`. */
export class PySlice extends PyObject {
  readonly pyType = "slice";
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;
  constructor(start: Value, stop: Value, step: Value) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
  override repr(): string {
    return `slice(${repr(this.start)}, ${repr(this.stop)}, ${repr(this.step)})`;
  }
  override hash(): unknown {
    throw pyError("TypeError", "unhashable type: 'slice'");
  }
}

/** Python's `tuple`; also the base of named tuples and rows. */
export class PyTuple extends PyObject {
  get pyType(): string {
    return "tuple";
  }
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    super();
    this.items = items;
  }
  override getItem(key: Value): Value | undefined {
    if (key instanceof PySlice) return new PyTuple(sliceItems(this.items, key.start, key.stop, key.step));
    return itemAt(this.items, key);
  }
  override repr(): string {
    return guarded(this, "(...)", () =>
      this.items.length === 1 ? `(${repr(this.items[0] as Value)},)` : `(${this.items.map(repr).join(", ")})`,
    );
  }
  override truthy(): boolean {
    return this.items.length > 0;
  }
  override length(): number {
    return this.items.length;
  }
  override iterate(): Iterable<Value> {
    return this.items;
  }
  override reversed(): Iterable<Value> {
    return this.items.toReversed();
  }
  override contains(value: Value): boolean {
    return this.items.some((item) => same(item, value));
  }
  override equals(other: Value): boolean {
    return this === other || (other instanceof PyTuple && sameItems(this.items, other.items));
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    return other instanceof PyTuple ? compareItems(op, this.items, other.items) : undefined;
  }
  override hash(): unknown {
    return `\0tuple(${this.items.map((item) => hashText(hashKey(item))).join(",")})`;
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (op === "+" && !reflected) {
      if (other instanceof PyTuple) return new PyTuple([...this.items, ...other.items]);
    }
    if (op === "*") {
      const n = repeatCount(other);
      if (n !== undefined) return new PyTuple(repeatItems(this.items, n));
    }
    return undefined;
  }
  override get isSequence(): boolean {
    return true;
  }
  override toPlain(): unknown {
    return this.items;
  }
}

/** How often `sequence * times` repeats; undefined when that is no integer. Errors: OverflowError beyond 64 bits, also below zero. */
export function repeatCount(times: Value): number | undefined {
  if (typeof times === "bigint" && BigInt.asIntN(64, times) !== times)
    throw overflow("cannot fit 'int' into an index-sized integer");
  return indexNumber(times);
}

export function repeatItems(items: readonly Value[], times: number): Value[] {
  if (items.length === 0) return [];
  if (items.length * times > 5e7) throw overflow("cannot fit 'int' into an index-sized integer");
  const out: Value[] = [];
  for (let i = 0; i < times; i++) for (const item of items) out.push(item);
  return out;
}

/** Python's `range`, without the values in memory. */
export class PyRange extends PyObject {
  readonly pyType = "range";
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly size: number;
  constructor(start: number, stop: number, step: number) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.size = Math.max(0, Math.ceil((stop - start) / step));
  }
  private at(i: number): number {
    return this.start + i * this.step;
  }
  override getAttr(name: string): Value | undefined {
    return name === "start" ? this.start : name === "stop" ? this.stop : name === "step" ? this.step : undefined;
  }
  override getItem(key: Value): Value | undefined {
    if (key instanceof PySlice) {
      const s = slicePositions(this.size, key.start, key.stop, key.step);
      return new PyRange(this.at(s.from), this.at(s.to), this.step * s.step);
    }
    const i = indexNumber(key);
    if (i === undefined) return undefined;
    const position = i < 0 ? i + this.size : i;
    return position >= 0 && position < this.size ? this.at(position) : undefined;
  }
  override repr(): string {
    return this.step === 1 ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`;
  }
  override truthy(): boolean {
    return this.size > 0;
  }
  override length(): number {
    return this.size;
  }
  override *iterate(): Iterable<Value> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }
  override contains(value: Value): boolean {
    const n = indexNumber(value);
    if (n === undefined) {
      for (const item of this.iterate()) if (equals(item, value)) return true;
      return false;
    }
    const steps = (n - this.start) / this.step;
    return Number.isInteger(steps) && steps >= 0 && steps < this.size;
  }
  override *reversed(): Iterable<Value> {
    for (let i = this.size - 1; i >= 0; i--) yield this.at(i);
  }
  override equals(other: Value): boolean {
    if (!(other instanceof PyRange) || other.size !== this.size) return false;
    return this.size === 0 || (this.start === other.start && (this.size === 1 || this.step === other.step));
  }
  override hash(): unknown {
    return `\0range(${this.size},${this.start},${this.step})`;
  }
  override get isSequence(): boolean {
    return true;
  }
  override toPlain(): unknown {
    return undefined;
  }
}

/** A generator or iterator: its items can be read once. */
export class PyIterator extends PyObject implements Iterable<Value> {
  readonly pyType: string;
  private readonly source: Iterator<Value>;
  private readonly label: string;
  private readonly hint: (() => number) | undefined;
  constructor(
    items: Iterable<Value> | Iterator<Value>,
    pyType = "generator",
    label = `${pyType} object`,
    hint?: () => number,
  ) {
    super();
    this.source = Symbol.iterator in items ? items[Symbol.iterator]() : items;
    this.pyType = pyType;
    this.label = label;
    this.hint = hint;
  }
  next(): IteratorResult<Value> {
    return this.source.next();
  }
  [Symbol.iterator](): Iterator<Value> {
    return { next: () => this.source.next() };
  }
  override iterate(): Iterable<Value> {
    return this;
  }
  override length(): number | undefined {
    return this.hint?.();
  }
  override repr(): string {
    return `<${this.label} at 0x7f0000000000>`;
  }
}

/** The views `d.keys()`, `d.values()`, `d.items()`: live, printable, reversible. */
export class PyView extends PyObject {
  readonly pyType: string;
  private readonly size: () => number;
  private readonly items: () => Iterable<Value>;
  private readonly has: ((value: Value) => boolean) | undefined;
  constructor(pyType: string, size: () => number, items: () => Iterable<Value>, has?: (value: Value) => boolean) {
    super();
    this.pyType = pyType;
    this.size = size;
    this.items = items;
    this.has = has;
  }
  override repr(): string {
    return guarded(this, "...", () => `${this.pyType}([${Array.from(this.items(), repr).join(", ")}])`);
  }
  override length(): number {
    return this.size();
  }
  override truthy(): boolean {
    return this.size() > 0;
  }
  override iterate(): Iterable<Value> {
    return this.items();
  }
  override reversed(): Iterable<Value> {
    return Array.from(this.items()).reverse();
  }
  override contains(value: Value): boolean | undefined {
    return this.has?.(value);
  }
  override hash(): unknown {
    if (this.setLike) throw pyError("TypeError", `unhashable type: '${this.pyType}'`);
    return this;
  }
  /** Keys and items are set-like. */
  get setLike(): boolean {
    return this.has !== undefined;
  }
  /** Set-like views are ordered by inclusion. */
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    if (
      !this.setLike ||
      !(other instanceof PyObject) ||
      !(other instanceof PyView ? other.setLike : other.pyType.endsWith("set"))
    ) {
      return undefined;
    }
    const within = (a: PyObject, b: PyObject): boolean =>
      Array.from(a.iterate() ?? []).every((item) => b.contains(item));
    const [small, large] = op === "<" || op === "<=" ? [this, other] : [other, this];
    return within(small, large) && (op.length === 2 || small.length() !== large.length());
  }
  override equals(other: Value): boolean {
    if (this === other) return true;
    if (!(other instanceof PyView) || !this.setLike || !other.setLike || other.size() !== this.size()) return false;
    const theirs = Array.from(other.items());
    for (const item of this.items()) if (!theirs.some((candidate) => equals(candidate, item))) return false;
    return true;
  }
}
