import { bindArguments, PyFunction, type MaybePromise, type Value } from "#jinja/index.ts";

/** A method that templates can call: parameter names (`?` marks one with a default) and what it does. */
export interface HostMethod<T> {
  parameters: readonly string[];
  run(self: T, ...values: (Value | undefined)[]): MaybePromise<Value>;
}

export type HostMethods<T> = Record<string, HostMethod<T>>;

export const method = <T>(
  parameters: readonly string[],
  run: (self: T, ...values: (Value | undefined)[]) => MaybePromise<Value>,
): HostMethod<T> => ({ parameters, run });

/** A function with Python's binding of arguments; those not given arrive as `undefined`. */
export function hostFunction(
  name: string,
  parameters: readonly string[],
  run: (...values: (Value | undefined)[]) => MaybePromise<Value>,
): PyFunction {
  return new PyFunction(name, (args, kwargs) => run(...bindArguments(name, parameters, args, kwargs)));
}

/** The method `name` of an object, bound to it; undefined when its table has none. */
export function bound<T>(self: T, name: string, table: HostMethods<T>): PyFunction | undefined {
  if (!Object.hasOwn(table, name)) return undefined;
  const { parameters, run } = table[name] as HostMethod<T>;
  return hostFunction(name, parameters, (...values) => run(self, ...values));
}
