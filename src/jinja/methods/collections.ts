import { checkArity } from "../arguments.ts";
import { PyDict } from "../dict.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import { indexNumber } from "../numbers.ts";
import { iterate, isCallable, repr, same, sortBy, toArray, truthy, typeName } from "../operations.ts";
import { PyTuple, slicePositions } from "../sequences.ts";
import { asSet, PySet, setOperation } from "../set.ts";
import { PyObject, type Kwargs, type Value } from "../value.ts";

type MethodOf<T> = (self: T, args: Value[], kwargs: Kwargs) => Value;

const method =
  <T>(
    type: string,
    name: string,
    min: number,
    max: number,
    run: (self: T, args: Value[]) => Value | void,
  ): MethodOf<T> =>
  (self, args, kwargs) => {
    checkArity(`${type}.${name}`, args, kwargs, min, max);
    return run(self, args) ?? null;
  };

function position(value: Value): number {
  const n = indexNumber(value);
  if (n === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return n;
}

function indexIn(items: readonly Value[], args: Value[], missing: (item: Value) => string): number {
  const { from, to } = slicePositions(items.length, args[1] ?? 0, args[2] ?? items.length, null);
  for (let i = from; i < to; i++) if (same(items[i] as Value, args[0] as Value)) return i;
  throw valueError(missing(args[0] as Value));
}
const countIn = (items: readonly Value[], wanted: Value): number => items.filter((item) => same(item, wanted)).length;

function sortList(self: Value[], args: Value[], kwargs: Kwargs): Value {
  if (args.length > 0) throw typeError("sort() takes no positional arguments");
  for (const name of kwargs.keys()) {
    if (name !== "key" && name !== "reverse") throw typeError(`'${name}' is an invalid keyword argument for sort()`);
  }
  const key = kwargs.get("key") ?? null;
  const by = (item: Value): Value => {
    if (key === null) return item;
    if (!isCallable(key)) throw typeError(`'${typeName(key)}' object is not callable`);
    const result = (key as PyObject).call([item], new Map());
    if (result instanceof Promise) throw typeError("a key function cannot wait for a query");
    return result;
  };
  const sorted = sortBy(self, by, truthy(kwargs.get("reverse") ?? false));
  self.splice(0, self.length, ...sorted);
  return null;
}

export const listMethods: Record<string, MethodOf<Value[]>> = {
  append: (self, args, kwargs) => {
    if (args.length !== 1 || kwargs.size > 0) checkArity("list.append", args, kwargs, 1, 1);
    self.push(args[0] as Value);
    return null;
  },
  clear: method("list", "clear", 0, 0, (self) => void self.splice(0)),
  copy: method("list", "copy", 0, 0, (self) => self.slice()),
  count: method("list", "count", 1, 1, (self, args) => countIn(self, args[0] as Value)),
  extend: method("list", "extend", 1, 1, (self, args) => {
    const items = toArray(args[0] as Value);
    for (const item of items) self.push(item);
  }),
  index: method("list", "index", 1, 3, (self, args) => indexIn(self, args, (item) => `${repr(item)} is not in list`)),
  insert: method("list", "insert", 2, 2, (self, args) => {
    const at = position(args[0] as Value);
    self.splice(at < 0 ? Math.max(0, at + self.length) : at, 0, args[1] as Value);
  }),
  pop: method("list", "pop", 0, 1, (self, args) => {
    const at = args[0] === undefined ? -1 : position(args[0]);
    if (self.length === 0) throw pyError("IndexError", "pop from empty list");
    const from = at < 0 ? at + self.length : at;
    if (from < 0 || from >= self.length) throw pyError("IndexError", "pop index out of range");
    return self.splice(from, 1)[0] as Value;
  }),
  remove: method("list", "remove", 1, 1, (self, args) => {
    const at = self.findIndex((item) => same(item, args[0] as Value));
    if (at < 0) throw valueError("list.remove(x): x not in list");
    self.splice(at, 1);
  }),
  reverse: method("list", "reverse", 0, 0, (self) => void self.reverse()),
  sort: sortList,
};

export const tupleMethods: Record<string, MethodOf<PyTuple>> = {
  count: method("tuple", "count", 1, 1, (self, args) => countIn(self.items, args[0] as Value)),
  index: method("tuple", "index", 1, 3, (self, args) =>
    indexIn(self.items, args, () => "tuple.index(x): x not in tuple"),
  ),
};

/** The pairs that `dict(x)` and `dict.update(x)` accept. */
export function* pairsOf(source: Value): Iterable<[Value, Value]> {
  if (source instanceof PyDict) {
    yield* source.entries();
    return;
  }
  if (source instanceof PyObject && source.isMapping) {
    for (const key of iterate(source)) yield [key, source.getItem(key) ?? null];
    return;
  }
  let i = 0;
  for (const pair of iterate(source)) {
    let items: Value[];
    try {
      items = toArray(pair);
    } catch {
      throw typeError(`cannot convert dictionary update sequence element #${i} to a sequence`);
    }
    if (items.length !== 2) {
      throw valueError(`dictionary update sequence element #${i} has length ${items.length}; 2 is required`);
    }
    yield [items[0] as Value, items[1] as Value];
    i++;
  }
}

function update(self: PyDict, args: Value[], kwargs: Kwargs): Value {
  if (args.length > 1) throw typeError(`update expected at most 1 argument, got ${args.length}`);
  if (args[0] !== undefined) for (const [key, value] of pairsOf(args[0])) self.set(key, value);
  for (const [key, value] of kwargs) self.set(key, value);
  return null;
}

export const dictMethods: Record<string, MethodOf<PyDict>> = {
  clear: method("dict", "clear", 0, 0, (self) => self.clear()),
  copy: method("dict", "copy", 0, 0, (self) => self.copy()),
  fromkeys: method("dict", "fromkeys", 1, 2, (_self, args) => {
    const dict = new PyDict();
    for (const key of iterate(args[0] as Value)) dict.set(key, args[1] ?? null);
    return dict;
  }),
  get: (self, args, kwargs) => {
    if (kwargs.size > 0 || args.length < 1 || args.length > 2) checkArity("dict.get", args, kwargs, 1, 2);
    const value = self.get(args[0] as Value);
    return value === undefined ? (args[1] ?? null) : value;
  },
  items: method("dict", "items", 0, 0, (self) => self.itemsView()),
  keys: method("dict", "keys", 0, 0, (self) => self.keysView()),
  pop: method("dict", "pop", 1, 2, (self, args) => {
    const value = self.get(args[0] as Value);
    if (value === undefined) {
      if (args[1] === undefined) throw pyError("KeyError", repr(args[0] as Value));
      return args[1];
    }
    self.delete(args[0] as Value);
    return value;
  }),
  popitem: method("dict", "popitem", 0, 0, (self) => {
    const last = Array.from(self.entries()).at(-1);
    if (!last) throw pyError("KeyError", "'popitem(): dictionary is empty'");
    self.delete(last[0]);
    return new PyTuple(last);
  }),
  setdefault: method("dict", "setdefault", 1, 2, (self, args) => {
    const value = self.get(args[0] as Value);
    if (value !== undefined) return value;
    self.set(args[0] as Value, args[1] ?? null);
    return args[1] ?? null;
  }),
  update,
  values: method("dict", "values", 0, 0, (self) => self.valuesView()),
};

const setOf = (value: Value): PySet => asSet(value) ?? new PySet(iterate(value));

const combine = (name: string, op: "|" | "&" | "-" | "^", max = Number.POSITIVE_INFINITY): MethodOf<PySet> =>
  method("set", name, max === 1 ? 1 : 0, max, (self, args) =>
    args.reduce<PySet>((all, other) => setOperation(op, all, setOf(other)) as PySet, self.like(self.iterate())),
  );
const combineInPlace = (name: string, op: "|" | "&" | "-" | "^"): MethodOf<PySet> =>
  method("set", name, 0, Number.POSITIVE_INFINITY, (self, args) => {
    const result = args.reduce<PySet>(
      (all, other) => setOperation(op, all, setOf(other)) as PySet,
      self.like(self.iterate()),
    );
    const items = toArray(result);
    self.clear();
    for (const item of items) self.add(item);
  });

const readOnlySetMethods: Record<string, MethodOf<PySet>> = {
  copy: method("set", "copy", 0, 0, (self) => self.like(self.iterate())),
  difference: combine("difference", "-"),
  intersection: combine("intersection", "&"),
  isdisjoint: method("set", "isdisjoint", 1, 1, (self, args) =>
    toArray(args[0] as Value).every((item) => !self.has(item)),
  ),
  issubset: method("set", "issubset", 1, 1, (self, args) => self.isSubsetOf(setOf(args[0] as Value))),
  issuperset: method("set", "issuperset", 1, 1, (self, args) => setOf(args[0] as Value).isSubsetOf(self)),
  symmetric_difference: combine("symmetric_difference", "^", 1),
  union: combine("union", "|"),
};

const changingSetMethods: Record<string, MethodOf<PySet>> = {
  add: method("set", "add", 1, 1, (self, args) => self.add(args[0] as Value)),
  clear: method("set", "clear", 0, 0, (self) => self.clear()),
  difference_update: combineInPlace("difference_update", "-"),
  discard: method("set", "discard", 1, 1, (self, args) => void self.delete(args[0] as Value)),
  intersection_update: combineInPlace("intersection_update", "&"),
  pop: method("set", "pop", 0, 0, (self) => {
    const [first] = self.iterate();
    if (first === undefined) throw pyError("KeyError", "'pop from an empty set'");
    self.delete(first);
    return first;
  }),
  remove: method("set", "remove", 1, 1, (self, args) => {
    if (!self.delete(args[0] as Value)) throw pyError("KeyError", repr(args[0] as Value));
  }),
  symmetric_difference_update: combineInPlace("symmetric_difference_update", "^"),
  update: combineInPlace("update", "|"),
};

export const frozensetMethods = readOnlySetMethods;
export const setMethods = { ...readOnlySetMethods, ...changingSetMethods };
