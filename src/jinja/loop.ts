import { typeError } from "./errors.ts";
import { equals, iterate, length, repr } from "./operations.ts";
import { pyError } from "./errors.ts";
import { PyFunction } from "./function.ts";
import type { Run } from "./runtime.ts";
import { PyTuple } from "./sequences.ts";
import { PyObject, type Kwargs, type MaybePromise, type Value } from "./value.ts";

/** The `loop` variable. Reads one item ahead, so that it knows which one is the last. */
export class LoopContext extends PyObject {
  readonly pyType = "LoopContext";
  private readonly run: Run;
  private readonly items: Value;
  private source: Iterator<Value>;
  private readonly depth0: number;
  private readonly recurse: ((items: Value, depth: number) => MaybePromise<Value>) | undefined;
  private index0 = -1;
  private size: number | undefined;
  private ahead: IteratorResult<Value> | undefined;
  private current: Value | undefined;
  private before: Value | undefined;
  private lastChanged: Value | undefined;

  constructor(run: Run, items: Value, depth0: number, recurse?: (items: Value, depth: number) => MaybePromise<Value>) {
    super();
    this.run = run;
    this.items = items;
    this.source = iterate(items)[Symbol.iterator]();
    this.depth0 = depth0;
    this.recurse = recurse;
  }
  /** The next item; undefined at the end. */
  advance(): Value | undefined {
    const next = this.ahead ?? this.source.next();
    this.ahead = undefined;
    if (next.done) return undefined;
    this.index0++;
    this.before = this.current;
    this.current = next.value;
    return next.value;
  }
  private peek(): IteratorResult<Value> {
    this.ahead ??= this.source.next();
    return this.ahead;
  }
  override length(): number {
    if (this.size === undefined) {
      try {
        this.size = length(this.items);
      } catch {
        const rest: Value[] = this.ahead && !this.ahead.done ? [this.ahead.value] : [];
        for (let next = this.source.next(); !next.done; next = this.source.next()) rest.push(next.value);
        this.ahead = undefined;
        this.source = rest[Symbol.iterator]();
        this.size = rest.length + this.index0 + 1;
      }
    }
    return this.size;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "index":
        return this.index0 + 1;
      case "index0":
        return this.index0;
      case "revindex":
        return this.length() - this.index0;
      case "revindex0":
        return this.length() - this.index0 - 1;
      case "first":
        return this.index0 === 0;
      case "last":
        return this.peek().done === true;
      case "length":
        return this.length();
      case "depth":
        return this.depth0 + 1;
      case "depth0":
        return this.depth0;
      case "previtem":
        return this.index0 === 0 ? this.run.undefined({ hint: "there is no previous item" }) : (this.before as Value);
      case "nextitem": {
        const next = this.peek();
        return next.done ? this.run.undefined({ hint: "there is no next item" }) : next.value;
      }
      case "cycle":
        return new PyFunction("cycle", (args) => {
          if (args.length === 0) throw typeError("no items for cycling given");
          return args[this.index0 % args.length] as Value;
        });
      case "changed":
        return new PyFunction("changed", (args) => {
          const values = new PyTuple(args);
          if (this.lastChanged !== undefined && equals(this.lastChanged, values)) return false;
          this.lastChanged = values;
          return true;
        });
      default:
        return undefined;
    }
  }
  override get callable(): boolean {
    return true;
  }
  override call(args: Value[], _kwargs: Kwargs): MaybePromise<Value> {
    if (!this.recurse) {
      throw typeError("The loop must have the 'recursive' marker to be called recursively.");
    }
    if (args.length !== 1)
      throw typeError(`LoopContext.__call__() takes 2 positional arguments but ${args.length + 1} were given`);
    return this.recurse(args[0] as Value, this.depth0 + 1);
  }
  override iterate(): Iterable<Value> {
    throw pyError("TypeError", "the loop itself cannot be iterated in its body");
  }
  override repr(): string {
    return `<LoopContext ${this.index0 + 1}/${repr(this.length())}>`;
  }
}
