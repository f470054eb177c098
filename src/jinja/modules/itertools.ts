import { binary } from "../arithmetic.ts";
import { bindArguments } from "../arguments.ts";
import { PyDict } from "../dict.ts";
import { typeError, valueError } from "../errors.ts";
import { PyFunction } from "../function.ts";
import { indexNumber } from "../numbers.ts";
import { iterate, toArray, truthy, typeName } from "../operations.ts";
import { PyIterator, PyTuple } from "../sequences.ts";
import { noKwargs, PyObject, type Kwargs, type Value } from "../value.ts";

type Make = (args: Value[], kwargs: Kwargs) => Iterable<Value>;

function callSync(callee: Value, args: Value[]): Value {
  if (!(callee instanceof PyObject) || !callee.callable)
    throw typeError(`'${typeName(callee)}' object is not callable`);
  const result = callee.call(args, noKwargs);
  if (result instanceof Promise) throw typeError("functions given to itertools cannot wait for a query");
  return result;
}
function number(value: Value | undefined, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  const n = indexNumber(value);
  if (n === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return n;
}

/** Selections of `size` positions out of `n`, by the order that `next` allows. */
function* positions(n: number, size: number, allowed: (chosen: number[], i: number) => boolean): Generator<number[]> {
  const chosen: number[] = [];
  function* extend(): Generator<number[]> {
    if (chosen.length === size) {
      yield chosen.slice();
      return;
    }
    for (let i = 0; i < n; i++) {
      if (!allowed(chosen, i)) continue;
      chosen.push(i);
      yield* extend();
      chosen.pop();
    }
  }
  yield* extend();
}

function select(name: string, allowed: (chosen: number[], i: number) => boolean, needsSize: boolean): Make {
  return function* (args, kwargs) {
    const [items, size] = bindArguments(name, ["iterable", needsSize ? "r" : "r?"], args, kwargs);
    const pool = toArray(items as Value);
    const r = number(size, pool.length);
    if (r < 0) throw valueError("r must be non-negative");
    for (const chosen of positions(pool.length, r, allowed)) yield new PyTuple(chosen.map((i) => pool[i] as Value));
  };
}

const makers: Record<string, Make> = {
  *count(args, kwargs) {
    const [start = 0, step = 1] = bindArguments("count", ["start?", "step?"], args, kwargs);
    for (let value = start; ; value = binary("+", value, step)) yield value;
  },
  *cycle(args) {
    const items = toArray(args[0] ?? null);
    while (items.length > 0) yield* items;
  },
  *repeat(args, kwargs) {
    const [value, times] = bindArguments("repeat", ["object", "times?"], args, kwargs);
    const n = times === undefined ? Number.POSITIVE_INFINITY : number(times, 0);
    for (let i = 0; i < n; i++) yield value as Value;
  },
  *accumulate(args, kwargs) {
    const [items, func = null, initial = null] = bindArguments(
      "accumulate",
      ["iterable", "func?", "initial?"],
      args,
      kwargs,
    );
    let total: Value | undefined = initial === null ? undefined : initial;
    if (total !== undefined) yield total;
    for (const item of iterate(items as Value)) {
      total = total === undefined ? item : func === null ? binary("+", total, item) : callSync(func, [total, item]);
      yield total;
    }
  },
  *chain(args) {
    for (const items of args) yield* iterate(items);
  },
  *compress(args, kwargs) {
    const [data, selectors] = bindArguments("compress", ["data", "selectors"], args, kwargs);
    const chosen = iterate(selectors as Value)[Symbol.iterator]();
    for (const item of iterate(data as Value)) {
      const next = chosen.next();
      if (next.done) return;
      if (truthy(next.value)) yield item;
    }
  },
  *islice(args) {
    const [items = null, a = null, b, c = null] = args;
    const start = b === undefined ? 0 : number(a, 0);
    const stop = number(b === undefined ? a : b, Number.POSITIVE_INFINITY);
    const step = number(c, 1);
    if (start < 0 || stop < 0 || step < 1) {
      throw valueError("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
    }
    let i = 0;
    if (stop === 0) return;
    for (const item of iterate(items)) {
      if (i >= start && (i - start) % step === 0) yield item;
      if (++i >= stop) return;
    }
  },
  *starmap(args) {
    for (const item of iterate(args[1] ?? null)) yield callSync(args[0] ?? null, toArray(item));
  },
  *zip_longest(args, kwargs) {
    const fill = kwargs.get("fillvalue") ?? null;
    const columns = args.map(toArray);
    const n = Math.max(0, ...columns.map((c) => c.length));
    for (let i = 0; i < n; i++) yield new PyTuple(columns.map((c) => (i < c.length ? (c[i] as Value) : fill)));
  },
  *product(args, kwargs) {
    const times = number(kwargs.get("repeat"), 1);
    const pools = Array.from({ length: times }, () => args.map(toArray)).flat();
    const at = (chosen: Value[]): Generator<Value> => walk(pools, chosen);
    yield* at([]);
  },
  permutations: select("permutations", (chosen, i) => !chosen.includes(i), false),
  combinations: select("combinations", (chosen, i) => i > (chosen.at(-1) ?? -1), true),
  combinations_with_replacement: select(
    "combinations_with_replacement",
    (chosen, i) => i >= (chosen.at(-1) ?? 0),
    true,
  ),
};

function* walk(pools: Value[][], chosen: Value[]): Generator<Value> {
  const pool = pools[chosen.length];
  if (!pool) {
    yield new PyTuple(chosen);
    return;
  }
  for (const item of pool) yield* walk(pools, [...chosen, item]);
}

const tee = new PyFunction("tee", (args) => {
  const items = toArray(args[0] ?? null);
  const n = number(args[1], 2);
  return new PyTuple(Array.from({ length: n }, () => new PyIterator(items, "itertools._tee")));
});

/** dbt's `modules.itertools` */
export const itertoolsModule = new PyDict(
  new Map<Value, Value>([
    ...Object.entries(makers).map(([name, make]): [string, Value] => [
      name,
      new PyFunction(name, (args, kwargs) => new PyIterator(make(args, kwargs), `itertools.${name}`)),
    ]),
    ["tee", tee],
  ]),
);
