import { PyDict } from "./dict.ts";
import { typeError } from "./errors.ts";
import { repr } from "./operations.ts";
import { PyTuple } from "./sequences.ts";
import type { Undefined } from "./undefined.ts";
import { PyObject, type Kwargs, type MaybePromise, type Value } from "./value.ts";

/** What is known of a macro or call block without running it. */
export interface MacroShape {
  name: string | null;
  params: readonly string[];
  caller: boolean;
  kwargs: boolean;
  varargs: boolean;
  /** `caller` is an ordinary parameter with a default. */
  explicitCaller: boolean;
}

/** A macro of the template itself, as callable value. */
export class MacroValue extends PyObject {
  readonly pyType = "Macro";
  readonly shape: MacroShape;
  private readonly invoke: (args: (Value | undefined)[]) => MaybePromise<Value>;
  private readonly noCaller: () => Undefined;
  constructor(
    shape: MacroShape,
    invoke: (args: (Value | undefined)[]) => MaybePromise<Value>,
    noCaller: () => Undefined,
  ) {
    super();
    this.shape = shape;
    this.invoke = invoke;
    this.noCaller = noCaller;
  }
  override get callable(): boolean {
    return true;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "name":
        return this.shape.name;
      case "arguments":
        return new PyTuple([...this.shape.params]);
      case "catch_kwargs":
        return this.shape.kwargs;
      case "catch_varargs":
        return this.shape.varargs;
      case "caller":
        return this.shape.caller;
      case "explicit_caller":
        return this.shape.explicitCaller;
      default:
        return undefined;
    }
  }
  override repr(): string {
    return this.shape.name === null ? "<Macro anonymous>" : `<Macro ${repr(this.shape.name)}>`;
  }

  /** Binds the arguments with Jinja's rules: a missing one is undefined, one too many is an error. */
  override call(args: Value[], given: Kwargs): MaybePromise<Value> {
    const { params, caller, kwargs, varargs, explicitCaller } = this.shape;
    const bound: (Value | undefined)[] = args.slice(0, params.length);
    const rest = given.size > 0 ? new Map(given) : undefined;
    const take = (name: string): Value | undefined => {
      const value = rest?.get(name);
      rest?.delete(name);
      return value;
    };
    let foundCaller = explicitCaller && bound.length === params.length;
    for (let i = bound.length; i < params.length; i++) {
      const name = params[i] as string;
      bound.push(take(name));
      if (name === "caller") foundCaller = true;
    }
    if (caller && !foundCaller) bound.push(take("caller") ?? this.noCaller());
    if (kwargs) bound.push(new PyDict(rest));
    else if (rest && rest.size > 0) {
      const label = repr(this.shape.name);
      if (rest.has("caller")) {
        throw typeError(
          `macro ${label} was invoked with two values for the special caller argument. This is most likely a bug.`,
        );
      }
      const [first] = rest.keys();
      throw typeError(`macro ${label} takes no keyword argument ${repr(first as string)}`);
    }
    if (varargs) bound.push(new PyTuple(args.slice(params.length)));
    else if (args.length > params.length) {
      throw typeError(`macro ${repr(this.shape.name)} takes not more than ${params.length} argument(s)`);
    }
    return this.invoke(bound);
  }
}
