import { typeError } from "./errors.ts";
import { equals, guarded, hashKey, repr, same } from "./operations.ts";
import { PyTuple, PyView } from "./sequences.ts";
import { PyObject, type BinaryOp, type Value } from "./value.ts";

/** A value that is computed when somebody first reads it. */
class Lazy {
  readonly make: () => Value;
  constructor(make: () => Value) {
    this.make = make;
  }
}

/**
 * Python's `dict`: insertion order, `1 == 1.0 == True` as keys, `1 != '1'`. Keys that stand for themselves
 * (str, int, None) are the Map's keys; for all others `originals` remembers what the user wrote.
 */
export class PyDict extends PyObject {
  get pyType(): string {
    return "dict";
  }
  private readonly map = new Map<unknown, Value | Lazy>();
  private originals: Map<unknown, Value> | undefined;

  constructor(entries?: Iterable<readonly [Value, Value]>) {
    super();
    if (entries) for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.map.size;
  }
  get(key: Value): Value | undefined {
    const hash = typeof key === "string" ? key : hashKey(key);
    const found = this.map.get(hash);
    return found instanceof Lazy ? this.force(hash, found) : found;
  }
  set(key: Value, value: Value): this {
    this.put(key, value);
    return this;
  }
  /** Sets a value that `make` computes on first read. */
  setLazy(key: Value, make: () => Value): this {
    this.put(key, new Lazy(make));
    return this;
  }
  has(key: Value): boolean {
    return this.map.has(typeof key === "string" ? key : hashKey(key));
  }
  delete(key: Value): boolean {
    const hash = hashKey(key);
    this.originals?.delete(hash);
    return this.map.delete(hash);
  }
  clear(): void {
    this.map.clear();
    this.originals = undefined;
  }
  *keys(): IterableIterator<Value> {
    for (const hash of this.map.keys()) yield this.originalKey(hash);
  }
  *values(): IterableIterator<Value> {
    for (const [hash, value] of this.map) yield value instanceof Lazy ? this.force(hash, value) : value;
  }
  *entries(): IterableIterator<[Value, Value]> {
    for (const [hash, value] of this.map) {
      yield [this.originalKey(hash), value instanceof Lazy ? this.force(hash, value) : value];
    }
  }
  /** A shallow copy; lazy values stay lazy. */
  copy(): PyDict {
    const copy = new PyDict();
    for (const [hash, value] of this.map) copy.map.set(hash, value);
    if (this.originals) copy.originals = new Map(this.originals);
    return copy;
  }

  private put(key: Value, value: Value | Lazy): void {
    if (typeof key === "string") {
      this.map.set(key, value);
      return;
    }
    const hash = hashKey(key);
    if (hash !== key && !this.map.has(hash)) (this.originals ??= new Map()).set(hash, key);
    this.map.set(hash, value);
  }
  private force(hash: unknown, lazy: Lazy): Value {
    const value = lazy.make();
    this.map.set(hash, value);
    return value;
  }
  private originalKey(hash: unknown): Value {
    return (this.originals?.get(hash) ?? hash) as Value;
  }

  override getItem(key: Value): Value | undefined {
    return this.get(key);
  }
  override repr(): string {
    return guarded(this, "{...}", () => {
      const parts: string[] = [];
      for (const [key, value] of this.entries()) parts.push(`${repr(key)}: ${repr(value)}`);
      return `{${parts.join(", ")}}`;
    });
  }
  override truthy(): boolean {
    return this.map.size > 0;
  }
  override length(): number {
    return this.map.size;
  }
  override iterate(): Iterable<Value> {
    return this.keys();
  }
  override reversed(): Iterable<Value> {
    return Array.from(this.keys()).reverse();
  }
  override contains(value: Value): boolean {
    return this.has(value);
  }
  override equals(other: Value): boolean {
    if (this === other) return true;
    if (!(other instanceof PyDict) || other.size !== this.size) return false;
    for (const [key, value] of this.entries()) {
      const theirs = other.get(key);
      if (theirs === undefined || !same(value, theirs)) return false;
    }
    return true;
  }
  override hash(): unknown {
    throw typeError(`unhashable type: '${this.pyType}'`);
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (op !== "|" || reflected || !(other instanceof PyDict)) return undefined;
    const merged = this.copy();
    for (const [key, value] of other.entries()) merged.set(key, value);
    return merged;
  }
  override get isMapping(): boolean {
    return true;
  }
  override get isSequence(): boolean {
    return true;
  }
  override toPlain(): unknown {
    return this;
  }

  keysView(): PyView {
    return new PyView(
      "dict_keys",
      () => this.size,
      () => this.keys(),
      (key) => this.has(key),
    );
  }
  valuesView(): PyView {
    return new PyView(
      "dict_values",
      () => this.size,
      () => this.values(),
    );
  }
  itemsView(): PyView {
    const items = function* (dict: PyDict): Iterable<Value> {
      for (const [key, value] of dict.entries()) yield new PyTuple([key, value]);
    };
    return new PyView(
      "dict_items",
      () => this.size,
      () => items(this),
      (pair) => {
        if (!(pair instanceof PyTuple) || pair.items.length !== 2) return false;
        const value = this.get(pair.items[0] as Value);
        return value !== undefined && equals(value, pair.items[1] as Value);
      },
    );
  }
}
