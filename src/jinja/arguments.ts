import { typeError } from "./errors.ts";
import type { Kwargs, Value } from "./value.ts";

const quotedList = (names: string[]): string => {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 3) return quoted.join(" and ");
  return `${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`;
};

/**
 * Python's binding of arguments to parameters, for a function written in TypeScript.
 * `params` are names; a `?` at the end marks one that has a default, which the caller sees as `undefined`.
 */
export function bindArguments(
  func: string,
  params: readonly string[],
  args: readonly Value[],
  kwargs: Kwargs,
): (Value | undefined)[] {
  const bound: (Value | undefined)[] = args.slice();
  const names = params.map((p) => (p.endsWith("?") ? p.slice(0, -1) : p));
  const required = params.filter((p) => !p.endsWith("?")).length;
  if (args.length > params.length) {
    const takes = required === params.length ? `${required}` : `from ${required} to ${params.length}`;
    const plural = params.length === 1 ? "" : "s";
    const given = `${args.length} ${args.length === 1 ? "was" : "were"} given`;
    throw typeError(`${func}() takes ${takes} positional argument${plural} but ${given}`);
  }
  for (const [name, value] of kwargs) {
    const i = names.indexOf(name);
    if (i < 0) throw typeError(`${func}() got an unexpected keyword argument '${name}'`);
    if (i < args.length) throw typeError(`${func}() got multiple values for argument '${name}'`);
    bound[i] = value;
  }
  const missing: string[] = [];
  for (let i = args.length; i < required; i++) if (bound[i] === undefined) missing.push(names[i] as string);
  if (missing.length > 0) {
    const plural = missing.length === 1 ? "" : "s";
    throw typeError(
      `${func}() missing ${missing.length} required positional argument${plural}: ${quotedList(missing)}`,
    );
  }
  return bound;
}

/** Arity of a method implemented in C: its messages differ from those of Python functions. */
export function checkArity(func: string, args: readonly Value[], kwargs: Kwargs, min: number, max: number): void {
  if (kwargs.size > 0) throw typeError(`${func}() takes no keyword arguments`);
  const n = args.length;
  if (n >= min && n <= max) return;
  const short = func.slice(func.lastIndexOf(".") + 1);
  if (max === 0) throw typeError(`${func}() takes no arguments (${n} given)`);
  if (min === 1 && max === 1) throw typeError(`${func}() takes exactly one argument (${n} given)`);
  if (n < min) {
    const bound = min === max ? "" : "at least ";
    throw typeError(`${short} expected ${bound}${min} argument${min === 1 ? "" : "s"}, got ${n}`);
  }
  const bound = min === max ? "" : "at most ";
  throw typeError(`${short} expected ${bound}${max} argument${max === 1 ? "" : "s"}, got ${n}`);
}
