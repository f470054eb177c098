import { pyError, type PythonError } from "./errors.ts";
import { repr, typeName } from "./operations.ts";
import { PyObject, type BinaryOp, type CompareOp, type Kwargs, type MaybePromise, type Value } from "./value.ts";

/** Where an undefined value came from: a name, or an attribute or item that `obj` does not have. */
export interface Origin {
  hint?: string;
  /** Absent for names. */
  obj?: Value;
  name?: Value;
  error?: PythonError;
}

/** Types that Python names with their module in this message. */
const modules: Record<string, string> = {
  Cycler: "jinja2.utils",
  Joiner: "jinja2.utils",
  LoopContext: "jinja2.runtime",
  Macro: "jinja2.runtime",
  Markup: "markupsafe",
  Namespace: "jinja2.utils",
};

function objectName(obj: Value): string {
  if (obj === null) return "None";
  const name = typeName(obj);
  const module = obj instanceof PyObject ? obj.pyModule : undefined;
  const known = module ?? (Object.hasOwn(modules, name) ? modules[name] : undefined);
  return `${known === undefined ? "" : `${known}.`}${name} object`;
}

/** Jinja's default Undefined: prints nothing, is false and empty, and raises on everything else. */
export class Undefined extends PyObject {
  get pyType(): string {
    return "Undefined";
  }
  readonly origin: Origin;
  constructor(origin: Origin = {}) {
    super();
    this.origin = origin;
  }
  message(): string {
    const { hint, obj, name = null } = this.origin;
    if (hint) return hint;
    if (obj === undefined) return `${repr(name)} is undefined`;
    if (typeof name !== "string") return `${objectName(obj)} has no element ${repr(name)}`;
    return `${repr(objectName(obj))} has no attribute ${repr(name)}`;
  }
  fail(hint?: string): never {
    throw pyError(this.origin.error ?? "UndefinedError", this.message(), hint);
  }
  override getAttr(name: string): Value | undefined {
    return name.startsWith("__") && name.endsWith("__") ? undefined : this.fail();
  }
  override getItem(_key: Value): Value | undefined {
    return this.fail();
  }
  override get callable(): boolean {
    return true;
  }
  override call(_args: Value[], _kwargs: Kwargs): MaybePromise<Value> {
    return this.fail("Check the spelling of the macro or function, or install the package that has it.");
  }
  override str(): string {
    return "";
  }
  override repr(): string {
    return "Undefined";
  }
  override truthy(): boolean {
    return false;
  }
  override length(): number {
    return 0;
  }
  override iterate(): Iterable<Value> {
    return [];
  }
  override reversed(): Iterable<Value> {
    return [];
  }
  override equals(other: Value): boolean {
    return other instanceof Undefined && other.pyType === this.pyType;
  }
  override hash(): unknown {
    return Undefined;
  }
  override richCompare(_op: CompareOp, _other: Value): boolean | undefined {
    return this.fail();
  }
  override binary(op: BinaryOp, _other: Value, _reflected: boolean): Value | undefined {
    return op === "&" || op === "|" || op === "^" ? undefined : this.fail();
  }
  override unary(op: "-" | "+" | "abs"): Value | undefined {
    return op === "abs" ? undefined : this.fail();
  }
  override toFloat(): number | undefined {
    return this.fail();
  }
  override toInt(): number | bigint | undefined {
    return this.fail();
  }
}

/** dbt's undefined while it parses: an attribute, an item or a call of it is undefined again. */
export class ChainableUndefined extends Undefined {
  /** It also forgets that the sandbox refused something. */
  constructor(origin: Origin = {}) {
    super(origin.error === undefined ? origin : { ...origin, error: "UndefinedError" });
  }
  /** dbt's class forgets what the attribute was read of, so messages name only the attribute. */
  override message(): string {
    return this.origin.hint || `${repr(this.origin.name ?? null)} is undefined`;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "name" || (name.startsWith("__") && name.endsWith("__"))) return undefined;
    return new ChainableUndefined({ ...this.origin, name });
  }
  override getItem(_key: Value): Value | undefined {
    return this;
  }
  override call(_args: Value[], _kwargs: Kwargs): MaybePromise<Value> {
    return this;
  }
}
