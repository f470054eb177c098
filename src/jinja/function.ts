import { PyObject, type Kwargs, type MaybePromise, type Value } from "./value.ts";

/** A function that templates can call. */
export class PyFunction extends PyObject {
  get pyType(): string {
    return "function";
  }
  readonly name: string;
  readonly run: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>;
  constructor(name: string, run: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>) {
    super();
    this.name = name;
    this.run = run;
  }
  override get callable(): boolean {
    return true;
  }
  override call(args: Value[], kwargs: Kwargs): MaybePromise<Value> {
    return this.run(args, kwargs);
  }
  override repr(): string {
    return `<function ${this.name} at 0x7f0000000000>`;
  }
}

/** A class: callable, and the place of its constants and class methods. */
export class PyType extends PyFunction {
  override get pyType(): string {
    return "type";
  }
  readonly members: ReadonlyMap<string, Value>;
  constructor(
    name: string,
    run: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>,
    members?: ReadonlyMap<string, Value>,
  ) {
    super(name, run);
    this.members = members ?? new Map();
  }
  override getAttr(name: string): Value | undefined {
    return this.members.get(name);
  }
  override repr(): string {
    return `<class '${this.name}'>`;
  }
}

/** A method of a builtin value, taken without calling it: `{{ d.items }}`. */
export class BoundMethod extends PyObject {
  readonly pyType = "builtin_function_or_method";
  readonly self: Value;
  readonly name: string;
  private readonly owner: string;
  private readonly method: Method;
  constructor(self: Value, owner: string, name: string, method: Method) {
    super();
    this.self = self;
    this.owner = owner;
    this.name = name;
    this.method = method;
  }
  override get callable(): boolean {
    return true;
  }
  override call(args: Value[], kwargs: Kwargs): MaybePromise<Value> {
    return this.method(this.self as never, args, kwargs);
  }
  override repr(): string {
    return `<built-in method ${this.name} of ${this.owner} object at 0x7f0000000000>`;
  }
  override equals(other: Value): boolean {
    return other instanceof BoundMethod && other.self === this.self && other.name === this.name;
  }
}

/** A method of a builtin type. `self` has the type whose table the method stands in. */
export type Method = (self: never, args: Value[], kwargs: Kwargs) => MaybePromise<Value>;

/** A module or another bag of named values. */
export class PyNamespace extends PyObject {
  readonly pyType: string;
  private readonly members: ReadonlyMap<string, Value>;
  private readonly label: string;
  constructor(label: string, members: ReadonlyMap<string, Value> | Record<string, Value>, pyType = "module") {
    super();
    this.label = label;
    this.pyType = pyType;
    this.members = members instanceof Map ? members : new Map(Object.entries(members));
  }
  override getAttr(name: string): Value | undefined {
    return this.members.get(name);
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.members.get(key) : undefined;
  }
  override repr(): string {
    return `<module '${this.label}'>`;
  }
}
