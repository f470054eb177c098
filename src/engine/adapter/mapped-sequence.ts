import { PyDict, PyObject, PySlice, PyTuple, equals, repr, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";
import { bound, method, type HostMethods } from "./object.ts";

/** agate's immutable sequence that is also read by key: rows, columns, and the lists of both. Iterating gives values. */
export abstract class MappedSequence extends PyObject {
  /** The values in order; computed when first needed. */
  abstract items(): readonly Value[];
  /** Names of the values, null when they have none. */
  abstract names(): readonly string[] | null;
  get pyType(): string {
    return "MappedSequence";
  }
  override get pyModule(): string {
    return "agate.mapped_sequence";
  }

  /** Value under a name; undefined when there is none. */
  named(name: Value): Value | undefined {
    const names = this.names();
    if (names === null) return undefined;
    const i = typeof name === "string" ? names.lastIndexOf(name) : -1;
    return i < 0 ? undefined : this.at(i);
  }
  /** Value at a position from 0; undefined outside of the range. */
  at(i: number): Value | undefined {
    return this.items()[i];
  }
  dict(): PyDict {
    const names = this.names();
    if (names === null) throw adapterError("compilation", "KeyError: this sequence has no keys");
    return new PyDict(this.items().map((value, i) => [names[i] ?? null, value] as const));
  }

  override getItem(key: Value): Value | undefined {
    if (key instanceof PySlice) return new PyTuple(this.items()).getItem(key);
    if (typeof key === "number" && Number.isInteger(key)) return this.at(key < 0 ? key + this.length() : key);
    return this.named(key);
  }
  override length(): number {
    return this.items().length;
  }
  override iterate(): Iterable<Value> {
    return this.items();
  }
  override reversed(): Iterable<Value> {
    return this.items().toReversed();
  }
  override truthy(): boolean {
    return this.length() > 0;
  }
  override get isSequence(): boolean {
    return true;
  }
  override equals(other: Value): boolean {
    if (this === other) return true;
    const theirs = other instanceof MappedSequence ? other.items() : other instanceof PyTuple ? other.items : other;
    return Array.isArray(theirs) && equals([...this.items()], [...theirs]);
  }
  override hash(): unknown {
    throw adapterError("compilation", `unhashable type: '${this.pyType}'`);
  }
  override repr(): string {
    const items = this.items();
    return `<agate.${this.pyType}: (${items.slice(0, 5).map(repr).join(", ")}${items.length > 5 ? ", ..." : ""})>`;
  }
  override toPlain(): unknown {
    return this.items();
  }
  override getAttr(name: string): Value | undefined {
    return bound(this as MappedSequence, name, methods);
  }
}

const methods: HostMethods<MappedSequence> = {
  keys: method([], (self) => {
    const names = self.names();
    return names === null ? null : new PyTuple(names);
  }),
  values: method([], (self) => new PyTuple(self.items())),
  items: method([], (self) => {
    const names = self.names() ?? [];
    return new PyTuple(self.items().map((value, i) => new PyTuple([names[i] ?? null, value])));
  }),
  get: method(["key", "default?"], (self, key = null, fallback = null) => self.named(key) ?? fallback),
  dict: method([], (self) => self.dict()),
  index: method(["value"], (self, value = null) => {
    const i = self.items().findIndex((item) => equals(item, value));
    if (i < 0) throw adapterError("compilation", "ValueError: value is not in the sequence");
    return i;
  }),
  count: method(["value"], (self, value = null) => self.items().filter((item) => equals(item, value)).length),
};

/** One row; a value is reached by position or by column name. */
export class Row extends MappedSequence {
  override get pyType(): string {
    return "Row";
  }
  override get pyModule(): string {
    return "agate.rows";
  }
  readonly #values: readonly Value[];
  readonly #names: readonly string[];
  constructor(values: readonly Value[], names: readonly string[]) {
    super();
    this.#values = values;
    this.#names = names;
  }
  override items(): readonly Value[] {
    return this.#values;
  }
  override names(): readonly string[] {
    return this.#names;
  }
}

/** A plain MappedSequence over values at hand. */
export class Sequence extends MappedSequence {
  readonly #make: () => readonly Value[];
  readonly #names: readonly string[] | null;
  #values: readonly Value[] | undefined;
  constructor(values: readonly Value[] | (() => readonly Value[]), names: readonly string[] | null) {
    super();
    this.#make = typeof values === "function" ? values : () => values;
    this.#names = names;
  }
  override items(): readonly Value[] {
    this.#values ??= this.#make();
    return this.#values;
  }
  override names(): readonly string[] | null {
    return this.#names;
  }
}
