import { typeError } from "./errors.ts";
import { guarded, hashKey, hashText, iterate, repr } from "./operations.ts";
import { PyView } from "./sequences.ts";
import { PyObject, type BinaryOp, type CompareOp, type Value } from "./value.ts";

/** Python's `set` and `frozenset`. Printed in insertion order: Python's own order depends on hash seeds. */
export class PySet extends PyObject {
  readonly pyType: "set" | "frozenset";
  private readonly map = new Map<unknown, Value>();
  constructor(items: Iterable<Value> = [], frozen = false) {
    super();
    this.pyType = frozen ? "frozenset" : "set";
    for (const item of items) this.add(item);
  }
  get size(): number {
    return this.map.size;
  }
  get frozen(): boolean {
    return this.pyType === "frozenset";
  }
  add(item: Value): void {
    const hash = hashKey(item);
    if (!this.map.has(hash)) this.map.set(hash, item);
  }
  has(item: Value): boolean {
    return this.map.has(hashKey(item instanceof PySet && !item.frozen ? new PySet(item.iterate(), true) : item));
  }
  delete(item: Value): boolean {
    return this.map.delete(hashKey(item));
  }
  clear(): void {
    this.map.clear();
  }
  like(items: Iterable<Value>): PySet {
    return new PySet(items, this.frozen);
  }
  override iterate(): Iterable<Value> {
    return this.map.values();
  }
  override contains(item: Value): boolean {
    return this.has(item);
  }
  override length(): number {
    return this.map.size;
  }
  override truthy(): boolean {
    return this.map.size > 0;
  }
  override repr(): string {
    if (this.map.size === 0) return `${this.pyType}()`;
    const inner = () => `{${Array.from(this.map.values(), repr).join(", ")}}`;
    return guarded(this, `${this.pyType}(...)`, () => (this.frozen ? `frozenset(${inner()})` : inner()));
  }
  isSubsetOf(other: PySet): boolean {
    for (const hash of this.map.keys()) if (!other.map.has(hash)) return false;
    return true;
  }
  override equals(other: Value): boolean {
    return other instanceof PySet && other.size === this.size && this.isSubsetOf(other);
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    const right = asSet(other);
    if (!right) return undefined;
    if (op === "<" || op === "<=") return this.isSubsetOf(right) && (op === "<=" || this.size < right.size);
    return right.isSubsetOf(this) && (op === ">=" || right.size < this.size);
  }
  override hash(): unknown {
    if (!this.frozen) throw typeError("unhashable type: 'set'");
    return `\0frozenset(${Array.from(this.map.keys(), hashText).sort().join(",")})`;
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    const right = asSet(other);
    if (!right) return undefined;
    return reflected ? setOperation(op, right, this) : setOperation(op, this, right);
  }
  override toPlain(): unknown {
    return undefined;
  }
}

/** A set, or the set-like views of a dict, as a set. */
export function asSet(value: Value): PySet | undefined {
  if (value instanceof PySet) return value;
  return value instanceof PyView && value.setLike ? new PySet(value.iterate()) : undefined;
}

export function setOperation(op: BinaryOp, a: PySet, b: PySet): PySet | undefined {
  switch (op) {
    case "|":
      return a.like([...iterate(a), ...iterate(b)]);
    case "&":
      return a.like([...iterate(a)].filter((item) => b.has(item)));
    case "-":
      return a.like([...iterate(a)].filter((item) => !b.has(item)));
    case "^":
      return a.like([...[...iterate(a)].filter((x) => !b.has(x)), ...[...iterate(b)].filter((x) => !a.has(x))]);
    default:
      return undefined;
  }
}
