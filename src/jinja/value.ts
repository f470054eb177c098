import { typeError } from "./errors.ts";

/**
 * Python values as templates see them, and the protocol for objects that the host passes in.
 *
 * | Python | here |
 * |---|---|
 * | None | `null` |
 * | bool | `boolean` |
 * | int | `number` that is a safe integer, else `bigint` |
 * | float | `PyFloat` (always; a bare non-integral `number` is read as float too) |
 * | str | `string` (length, index and order go by code point) |
 * | list | `Value[]` (mutable, by reference) |
 * | tuple / dict / set | `PyTuple` / `PyDict` / `PySet` |
 * | anything else | a subclass of `PyObject` |
 */
export type Value = null | boolean | number | bigint | string | Value[] | PyObject;

export type MaybePromise<T> = T | Promise<T>;

/** Keyword arguments of a call, in the order written. */
export type Kwargs = ReadonlyMap<string, Value>;
export const noKwargs: Kwargs = new Map();

/**
 * Everything that is not a JavaScript primitive or a list. The defaults are those of a plain Python object:
 * truthy, no attributes, not callable, not iterable. Answering `undefined` means "has none" (AttributeError, KeyError, TypeError).
 */
export abstract class PyObject {
  /** Python's type name, as in error messages: `'Relation' object has no attribute 'x'`. */
  abstract readonly pyType: string;
  /** The module of a type that is not built in, which messages about missing attributes name. */
  get pyModule(): string | undefined {
    return undefined;
  }
  /** `obj.name`; never asked for names that start with an underscore unless `allowsPrivate`. */
  getAttr(_name: string): Value | undefined {
    return undefined;
  }
  /** `obj[key]` */
  getItem(_key: Value): Value | undefined {
    return undefined;
  }
  /** `obj[key] = value` from Python code such as `dict.update`; templates reach it through methods only. */
  get callable(): boolean {
    return false;
  }
  call(_args: Value[], _kwargs: Kwargs): MaybePromise<Value> {
    throw typeError(`'${this.pyType}' object is not callable`);
  }
  /** `str(obj)` */
  str(): string {
    return this.repr();
  }
  /** `repr(obj)` */
  repr(): string {
    return `<${this.pyType} object>`;
  }
  truthy(): boolean {
    return true;
  }
  /** `len(obj)`; undefined when it has none. */
  length(): number | undefined {
    return undefined;
  }
  /** `iter(obj)`; undefined when not iterable. */
  iterate(): Iterable<Value> | undefined {
    return undefined;
  }
  /** `value in obj`; undefined falls back to iteration. */
  contains(_value: Value): boolean | undefined {
    return undefined;
  }
  equals(other: Value): boolean {
    return this === other;
  }
  /** `isinstance(obj, Mapping)`, for the test `mapping`. */
  get isMapping(): boolean {
    return false;
  }
  /** For the test `sequence` (has length and `[]`). */
  get isSequence(): boolean {
    return false;
  }
  /** For `tojson` and for handing the value back to TypeScript; undefined = not serializable. */
  toPlain(): unknown {
    return undefined;
  }
  /** `this op other` for `< <= > >=`; undefined = not supported. */
  richCompare(_op: CompareOp, _other: Value): boolean | undefined {
    return undefined;
  }
  /** What stands for the value as key of a dict or member of a set: equal values answer the same. */
  hash(): unknown {
    return this;
  }
  /** `this op other`, or `other op this` when `reflected`; undefined = not supported. */
  binary(_op: BinaryOp, _other: Value, _reflected: boolean): Value | undefined {
    return undefined;
  }
  /** `-this`, `+this`, `abs(this)` */
  unary(_op: "-" | "+" | "abs"): Value | undefined {
    return undefined;
  }
  /** `reversed(obj)`; undefined when it cannot be reversed. */
  reversed(): Iterable<Value> | undefined {
    return undefined;
  }
  /** `format(obj, spec)`; undefined when only the empty spec is supported. */
  format(_spec: string): string | undefined {
    return undefined;
  }
  /** `float(obj)` and `int(obj)`; undefined = TypeError. */
  toFloat(): number | undefined {
    return undefined;
  }
  toInt(): number | bigint | undefined {
    return undefined;
  }
}

export type CompareOp = "<" | "<=" | ">" | ">=";
export type BinaryOp = "+" | "-" | "*" | "/" | "//" | "%" | "**" | "&" | "|" | "^";

/** A subclass of Python's `str`: behaves as its text nearly everywhere. */
export abstract class PyText extends PyObject {
  readonly text: string;
  constructor(text: string) {
    super();
    this.text = text;
  }
  override str(): string {
    return this.text;
  }
  override truthy(): boolean {
    return this.text !== "";
  }
  override hash(): unknown {
    return this.text;
  }
  override get isSequence(): boolean {
    return true;
  }
  override toPlain(): unknown {
    return this.text;
  }
}
