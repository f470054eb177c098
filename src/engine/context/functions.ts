import { PyFunction, type Kwargs, type MaybePromise, type Value } from "#jinja/index.ts";
import { engineError } from "../errors.ts";

/**
 * A host function with Python's calling convention. `parameters` are names, an ending `?` marks one as optional;
 * the body gets the arguments by position, `undefined` for those not given. Too many, unknown or missing ones raise like Python.
 */
export function hostFunction(
  name: string,
  parameters: string[],
  body: (...values: (Value | undefined)[]) => MaybePromise<Value>,
): PyFunction {
  const names = parameters.map((p) => p.replace(/\?$/, ""));
  const required = parameters.map((p) => !p.endsWith("?"));
  return new PyFunction(name, (args, kwargs) => {
    if (args.length > names.length) {
      throw typeError(`${name}() takes ${names.length} positional arguments but ${args.length} were given`);
    }
    const values: (Value | undefined)[] =
      args.length === names.length && kwargs.size === 0 ? args : bind(name, names, args, kwargs);
    for (let i = args.length; i < names.length; i++) {
      if (required[i] && values[i] === undefined)
        throw typeError(`${name}() missing 1 required positional argument: '${names[i]}'`);
    }
    return body(...values);
  });
}

function bind(name: string, names: string[], args: Value[], kwargs: Kwargs): (Value | undefined)[] {
  const values: (Value | undefined)[] = [...args];
  for (const [key, value] of kwargs) {
    const position = names.indexOf(key);
    if (position === -1) throw typeError(`${name}() got an unexpected keyword argument '${key}'`);
    if (position < args.length) throw typeError(`${name}() got multiple values for argument '${key}'`);
    values[position] = value;
  }
  return values;
}

/** A host function that takes its arguments as they come. */
export function rawFunction(name: string, body: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>): PyFunction {
  return new PyFunction(name, body);
}

export function typeError(message: string) {
  return engineError("compilation", { message });
}
