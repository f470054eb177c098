import { bindArguments } from "../arguments.ts";
import { binary } from "../arithmetic.ts";
import { attributeOf, rawAttribute, rawItem } from "../attributes.ts";
import { PyDict } from "../dict.ts";
import { pyError, typeError } from "../errors.ts";
import { indexNumber } from "../numbers.ts";
import {
  compare,
  equals,
  hashKey,
  iterate,
  length,
  repr,
  sortBy,
  str,
  textOf,
  toArray,
  truthy,
  typeName,
} from "../operations.ts";
import { filterNamed, testNamed, type FilterFunction } from "../registry.ts";
import type { Run } from "../runtime.ts";
import { PyIterator, PyTuple } from "../sequences.ts";
import { codePoints } from "../text.ts";
import { ChainableUndefined, Undefined } from "../undefined.ts";
import { PyMarkup } from "../markup.ts";
import { PyObject, type Kwargs, type Value } from "../value.ts";
import { attributeGetter, ignoreCase, multiGetter } from "./shared.ts";

const generator = (name: string, items: Iterable<Value>): PyIterator =>
  new PyIterator(items, "generator", `generator object ${name}`);
const wrongFilter = (message: string) => pyError("TemplateRuntimeError", message);

const fold = (caseSensitive: Value): ((value: Value) => Value) | undefined =>
  truthy(caseSensitive) ? undefined : ignoreCase;

function count(value: Value, func: string): number {
  const n = indexNumber(value);
  if (n === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer (${func})`);
  return n;
}

const batch: FilterFunction = (value, args, kwargs) => {
  const [items, size, fill = null] = bindArguments(
    "do_batch",
    ["value", "linecount", "fill_with?"],
    [value, ...args],
    kwargs,
  );
  const run = function* (): Iterable<Value> {
    let row: Value[] = [];
    for (const item of iterate(items as Value)) {
      if (equals(row.length, size as Value)) {
        yield row;
        row = [];
      }
      row.push(item);
    }
    if (row.length === 0) return;
    if (fill !== null && compare("<", row.length, size as Value)) {
      while (row.length < count(size as Value, "batch")) row.push(fill);
    }
    yield row;
  };
  return generator("do_batch", run());
};

const slice: FilterFunction = (value, args, kwargs) => {
  const [items, slices, fill = null] = bindArguments(
    "sync_do_slice",
    ["value", "slices", "fill_with?"],
    [value, ...args],
    kwargs,
  );
  const run = function* (): Iterable<Value> {
    const all = toArray(items as Value);
    const n = count(slices as Value, "slice");
    if (n === 0) throw pyError("ZeroDivisionError", "integer division or modulo by zero");
    const size = Math.floor(all.length / n);
    const extra = ((all.length % n) + n) % n;
    let offset = 0;
    for (let i = 0; i < n; i++) {
      const start = offset + i * size;
      if (i < extra) offset++;
      const row = all.slice(start, offset + (i + 1) * size);
      if (fill !== null && i >= extra) row.push(fill);
      yield row;
    }
  };
  return generator("sync_do_slice", run());
};

const dictsort: FilterFunction = (value, args, kwargs) => {
  const [d, caseSensitive = false, by = "key", reverse = false] = bindArguments(
    "do_dictsort",
    ["value", "case_sensitive?", "by?", "reverse?"],
    [value, ...args],
    kwargs,
  );
  if (by !== "key" && by !== "value") throw wrongFilter('You can only sort by either "key" or "value"');
  const position = by === "key" ? 0 : 1;
  const after = fold(caseSensitive);
  const key = (pair: Value): Value => {
    const part = (pair as PyTuple).items[position] as Value;
    return after ? after(part) : part;
  };
  return sortBy(pairs(d as Value), key, truthy(reverse));
};

/** `value.items()` of any mapping, as a list of tuples. */
function pairs(value: Value): Value[] {
  if (value instanceof PyDict) return toArray(value.itemsView());
  if (value instanceof ChainableUndefined) return [];
  if (value instanceof Undefined) value.fail();
  if (value instanceof PyObject && value.isMapping) {
    return toArray(value).map((key) => new PyTuple([key, value.getItem(key) ?? null]));
  }
  throw pyError("AttributeError", `'${typeName(value)}' object has no attribute 'items'`);
}

const sort: FilterFunction = (value, args, kwargs, run) => {
  const [items, reverse = false, caseSensitive = false, attribute = null] = bindArguments(
    "do_sort",
    ["value", "reverse?", "case_sensitive?", "attribute?"],
    [value, ...args],
    kwargs,
  );
  return sortBy(toArray(items as Value), multiGetter(run, attribute, fold(caseSensitive)), truthy(reverse));
};

const unique: FilterFunction = (value, args, kwargs, run) => {
  const [items, caseSensitive = false, attribute = null] = bindArguments(
    "sync_do_unique",
    ["value", "case_sensitive?", "attribute?"],
    [value, ...args],
    kwargs,
  );
  const get = attributeGetter(run, attribute, fold(caseSensitive));
  const result = function* (): Iterable<Value> {
    const seen = new Set<unknown>();
    for (const item of iterate(items as Value)) {
      const key = hashKey(get(item));
      if (seen.has(key)) continue;
      seen.add(key);
      yield item;
    }
  };
  return generator("sync_do_unique", result());
};

const extreme =
  (name: "min" | "max"): FilterFunction =>
  (value, args, kwargs, run) => {
    const [items, caseSensitive = false, attribute = null] = bindArguments(
      `do_${name}`,
      ["value", "case_sensitive?", "attribute?"],
      [value, ...args],
      kwargs,
    );
    const get = attributeGetter(run, attribute, fold(caseSensitive));
    let best: { item: Value; key: Value } | undefined;
    for (const item of iterate(items as Value)) {
      const key = get(item);
      if (!best || compare(name === "min" ? "<" : ">", key, best.key)) best = { item, key };
    }
    return best ? best.item : run.undefined({ hint: "No aggregated item, sequence was empty." });
  };

const sum: FilterFunction = (value, args, kwargs, run) => {
  const [items, attribute = null, start = 0] = bindArguments(
    "sync_do_sum",
    ["iterable", "attribute?", "start?"],
    [value, ...args],
    kwargs,
  );
  const get = attribute === null ? undefined : attributeGetter(run, attribute);
  if (textOf(start) !== undefined) throw typeError("sum() can't sum strings [use ''.join(seq) instead]");
  let total: Value = start;
  for (const item of iterate(items as Value)) total = binary("+", total, get ? get(item) : item);
  return total;
};

const first: FilterFunction = (value, args, kwargs, run) => {
  bindArguments("sync_do_first", ["seq"], [value, ...args], kwargs);
  for (const item of iterate(value)) return item;
  return run.undefined({ hint: "No first item, sequence was empty." });
};

const last: FilterFunction = (value, args, kwargs, run) => {
  bindArguments("do_last", ["seq"], [value, ...args], kwargs);
  const text = textOf(value);
  const items = text === undefined ? reversed(value) : codePoints(text).reverse();
  for (const item of items) return item;
  return run.undefined({ hint: "No last item, sequence was empty." });
};

/** `reversed(x)` */
export function reversed(value: Value): Iterable<Value> {
  if (Array.isArray(value)) return value.toReversed();
  const items = value instanceof PyObject ? value.reversed() : undefined;
  if (items === undefined) throw typeError(`'${typeName(value)}' object is not reversible`);
  return items;
}

const reverse: FilterFunction = (value, args, kwargs) => {
  bindArguments("do_reverse", ["value"], [value, ...args], kwargs);
  const text = textOf(value);
  if (text !== undefined) {
    const back = codePoints(text).reverse().join("");
    return value instanceof PyMarkup ? new PyMarkup(back) : back;
  }
  if (Array.isArray(value)) return new PyIterator(value.toReversed(), "list_reverseiterator");
  const own = value instanceof PyObject ? value.reversed() : undefined;
  if (own) return new PyIterator(own, "reversed");
  try {
    return toArray(value).reverse();
  } catch {
    throw wrongFilter("argument must be iterable");
  }
};

const random: FilterFunction = (value, _args, _kwargs, run) => {
  const n = length(value);
  if (n === 0) return run.undefined({ hint: "No random item, sequence was empty." });
  const item = rawItem(value, Math.floor(Math.random() * n));
  if (item === undefined) throw typeError(`'${typeName(value)}' object is not subscriptable`);
  return item;
};

class GroupTuple extends PyTuple {
  override get pyType(): string {
    return "_GroupTuple";
  }
  override getAttr(name: string): Value | undefined {
    return name === "grouper" ? this.items[0] : name === "list" ? this.items[1] : undefined;
  }
}

const groupby: FilterFunction = (value, args, kwargs, run) => {
  const [items, attribute, fallback = null, caseSensitive = false] = bindArguments(
    "sync_do_groupby",
    ["value", "attribute", "default?", "case_sensitive?"],
    [value, ...args],
    kwargs,
  );
  const get = attributeGetter(run, attribute as Value, fold(caseSensitive), fallback);
  const shown = attributeGetter(run, attribute as Value, undefined, fallback);
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortBy(toArray(items as Value), get)) {
    const key = get(item);
    const group = groups.at(-1);
    if (group && equals(group.key, key)) group.items.push(item);
    else groups.push({ key, items: [item] });
  }
  return groups.map((g) => new GroupTuple([truthy(caseSensitive) ? g.key : shown(g.items[0] as Value), g.items]));
};

const attr: FilterFunction = (value, args, kwargs, run) => {
  const [obj, name] = bindArguments("do_attr", ["obj", "name"], [value, ...args], kwargs);
  const text = textOf(name as Value);
  if (text === undefined) throw typeError("attribute name must be string, not '" + typeName(name as Value) + "'");
  if (text.startsWith("_") || rawAttribute(obj as Value, text) !== undefined)
    return attributeOf(run, obj as Value, text);
  return run.undefined({ obj: obj as Value, name: text });
};

function mapping(run: Run, args: Value[], kwargs: Kwargs): (item: Value) => Value {
  if (args.length === 0 && kwargs.has("attribute")) {
    for (const name of kwargs.keys()) {
      if (name !== "attribute" && name !== "default") throw wrongFilter(`Unexpected keyword argument ${repr(name)}`);
    }
    return attributeGetter(run, kwargs.get("attribute") as Value, undefined, kwargs.get("default") ?? null);
  }
  const [name, ...rest] = args;
  if (name === undefined) throw wrongFilter("map requires a filter argument");
  const filter = filterNamed(str(name));
  if (!filter) throw wrongFilter(`No filter named ${repr(name)}.`);
  return (item) => {
    const result = filter(item, rest, kwargs, run);
    if (result instanceof Promise) throw typeError("a filter used with map cannot wait");
    return result;
  };
}

const map: FilterFunction = (value, args, kwargs, run) => {
  const result = function* (): Iterable<Value> {
    if (!truthy(value)) return;
    const apply = mapping(run, args, kwargs);
    for (const item of iterate(value)) yield apply(item);
  };
  return generator("sync_do_map", result());
};

/** select, reject, selectattr, rejectattr */
const selecting =
  (wanted: boolean, byAttribute: boolean): FilterFunction =>
  (value, args, kwargs, run) => {
    const result = function* (): Iterable<Value> {
      if (!truthy(value)) return;
      let rest = args;
      let get = (item: Value): Value => item;
      if (byAttribute) {
        if (args[0] === undefined) throw wrongFilter("Missing parameter for attribute name");
        get = attributeGetter(run, args[0]);
        rest = args.slice(1);
      }
      const [name, ...testArgs] = rest;
      const test = name === undefined ? undefined : testNamed(str(name));
      if (name !== undefined && !test) throw wrongFilter(`No test named ${repr(name)}.`);
      for (const item of iterate(value)) {
        const subject = get(item);
        if ((test ? test(subject, testArgs, kwargs, run) : truthy(subject)) === wanted) yield item;
      }
    };
    return generator("select_or_reject", result());
  };

const fallback: FilterFunction = (value, args, kwargs) => {
  const [v, other = "", boolean = false] = bindArguments(
    "do_default",
    ["value", "default_value?", "boolean?"],
    [value, ...args],
    kwargs,
  );
  return v instanceof Undefined || (truthy(boolean) && !truthy(v as Value)) ? other : (v as Value);
};

const items: FilterFunction = (value) => {
  if (value instanceof Undefined) return generator("do_items", []);
  const run = function* (): Iterable<Value> {
    if (!(value instanceof PyObject) || !value.isMapping) throw typeError("Can only get item pairs from a mapping.");
    yield* pairs(value);
  };
  return generator("do_items", run());
};

const size: FilterFunction = (value, args, kwargs) => {
  if (args.length + kwargs.size > 0) throw typeError(`len() takes exactly one argument (${args.length + 1} given)`);
  return length(value);
};

export const sequenceFilters: Record<string, FilterFunction> = {
  attr,
  batch,
  count: size,
  d: fallback,
  default: fallback,
  dictsort,
  first,
  groupby,
  is_list: (value) => Array.isArray(value),
  items,
  last,
  length: size,
  list: (value) => toArray(value),
  map,
  max: extreme("max"),
  min: extreme("min"),
  random,
  reject: selecting(false, false),
  rejectattr: selecting(false, true),
  reverse,
  select: selecting(true, false),
  selectattr: selecting(true, true),
  slice,
  sort,
  sum,
  unique,
};
