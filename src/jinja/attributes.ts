import { PyBytes } from "./bytes.ts";
import { PyDict } from "./dict.ts";
import { pyError, pythonType, typeError } from "./errors.ts";
import { BoundMethod, type Method } from "./function.ts";
import { PyMarkup } from "./markup.ts";
import { dictMethods, frozensetMethods, listMethods, setMethods, tupleMethods } from "./methods/collections.ts";
import { bytesMethods, floatAttributes, floatMethods, intAttributes, intMethods } from "./methods/numbers.ts";
import { textMethods } from "./methods/text.ts";
import { isInt, PyFloat } from "./numbers.ts";
import { equals, iterate, repr, textOf, typeName } from "./operations.ts";
import type { Run } from "./runtime.ts";
import { itemAt, PyRange, PySlice, PyTuple, PyView, sliceItems } from "./sequences.ts";
import { PySet } from "./set.ts";
import { noFormatKeywords, formatTemplate, type FieldAccess } from "./str-format.ts";
import { codePoints, hasWide } from "./text.ts";
import { Undefined, type Origin } from "./undefined.ts";
import { PyObject, PyText, type Value } from "./value.ts";
import { escape, escapeHtml } from "./markup.ts";

type Table = Record<string, Method>;

/** Names that every Python object has: the sandbox knows them, and refuses. */
const everywhere = new Set(
  (
    "__class__ __delattr__ __dir__ __doc__ __eq__ __format__ __ge__ __getattribute__ __gt__ __hash__ __init__ " +
    "__init_subclass__ __le__ __lt__ __ne__ __new__ __reduce__ __reduce_ex__ __repr__ __setattr__ __sizeof__ __str__ __subclasshook__ " +
    "__add__ __bases__ __call__ __code__ __contains__ __delitem__ __dict__ __func__ __getitem__ __globals__ __iter__ __len__ " +
    "__module__ __mro__ __mul__ __name__ __reversed__ __rmul__ __self__ __setitem__ __subclasses__"
  ).split(" "),
);

/** Those of an undefined value; all others it refuses by itself. */
const basic = new Set(["__class__", "__doc__", "__init__", "__dict__", "__module__"]);

const strictAccess: FieldAccess = {
  attribute: (obj, name) => attributeOf(undefined, obj, name),
  item: (obj, key) => itemOf(undefined, obj, key),
};

const formatMethods: Table = {
  format: (self: string, args, kwargs) => formatTemplate(self, { positional: args, named: kwargs }, strictAccess),
  format_map: (self: string, args, kwargs) => {
    if (kwargs.size > 0) throw noFormatKeywords();
    if (args.length !== 1) throw typeError(`format_map() takes exactly one argument (${args.length} given)`);
    const mapping = args[0] as Value;
    if (!(mapping instanceof PyObject)) throw typeError(`'${typeName(mapping)}' object is not subscriptable`);
    return formatTemplate(self, { positional: [], named: mapping }, strictAccess);
  },
};

const textOnly = new Set(["casefold", "encode", "isdecimal", "isidentifier", "isnumeric", "isprintable"]);
const searching = new Set(["count", "find", "index", "rfind", "rindex"]);

/** What CPython says when a method of bytes is given text. */
function needsBytes(method: string): string {
  if (searching.has(method)) return "argument should be integer or bytes-like object, not 'str'";
  return method === "startswith" || method === "endswith"
    ? `${method} first arg must be bytes or a tuple of bytes, not str`
    : "a bytes-like object is required, not 'str'";
}

/** Methods of text work on bytes too, one character a byte; their arguments must be bytes. */
function bytesTable(): Table {
  const table: Table = {};
  for (const [name, method] of Object.entries(textMethods)) {
    if (textOnly.has(name)) continue;
    table[name] = (self: PyBytes, args, kwargs) => {
      const texts = args.map((arg) => {
        if (typeof arg === "string") throw typeError(needsBytes(name));
        return arg instanceof PyBytes ? arg.data.toString("latin1") : arg;
      });
      return asBytes(method(self.data.toString("latin1"), texts, kwargs));
    };
  }
  return { ...table, ...(bytesMethods as Table) };
}
function asBytes(value: Value): Value {
  if (typeof value === "string") return new PyBytes(Buffer.from(value, "latin1"));
  if (Array.isArray(value)) return value.map(asBytes);
  return value instanceof PyTuple ? new PyTuple(value.items.map(asBytes)) : value;
}

const rangeMethods: Table = {
  count: (self: PyRange, [wanted]) => (self.contains(wanted as Value) ? 1 : 0),
  index: (self: PyRange, [wanted]) => {
    const at = Array.from(self.iterate()).findIndex((item) => equals(item, wanted as Value));
    if (at < 0) throw pyError("ValueError", `${repr(wanted as Value)} is not in range`);
    return at;
  },
};

const tables = {
  str: { ...textMethods, ...formatMethods } as Table,
  list: listMethods as Table,
  tuple: tupleMethods as Table,
  dict: dictMethods as Table,
  set: setMethods as Table,
  frozenset: frozensetMethods as Table,
  int: intMethods as Table,
  float: floatMethods as Table,
  bytes: bytesTable(),
  range: rangeMethods,
};

function tableOf(value: Value): Table | undefined {
  if (typeof value === "string") return tables.str;
  if (Array.isArray(value)) return tables.list;
  if (value instanceof PyDict) return tables.dict;
  if (value instanceof PyTuple) return tables.tuple;
  if (value instanceof PySet) return value.frozen ? tables.frozenset : tables.set;
  if (isInt(value)) return tables.int;
  if (value instanceof PyFloat) return tables.float;
  if (value instanceof PyRange) return tables.range;
  return value instanceof PyBytes ? tables.bytes : undefined;
}

/** A method of a builtin type, to be called with the value as `self`; undefined when there is none. */
export function builtinMethod(value: Value, name: string): Method | undefined {
  const table = tableOf(value);
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** `getattr(obj, name)` without the sandbox; undefined is AttributeError. */
export function rawAttribute(obj: Value, name: string): Value | undefined {
  if (obj instanceof PyObject) {
    if (obj instanceof PyText) return textAttribute(obj, name);
    const own = obj.getAttr(name);
    if (own !== undefined) return own;
  }
  const method = builtinMethod(obj, name);
  if (method) return new BoundMethod(obj, typeName(obj), name, method);
  if (isInt(obj)) return Object.hasOwn(intAttributes, name) ? intAttributes[name]?.(obj) : undefined;
  if (obj instanceof PyFloat) return Object.hasOwn(floatAttributes, name) ? floatAttributes[name]?.(obj) : undefined;
  if (obj instanceof PyView && name === "isdisjoint" && obj.setLike) {
    return new BoundMethod(obj, obj.pyType, name, setMethods.isdisjoint as Method);
  }
  return undefined;
}

/** The methods of Markup are those of str; they escape their arguments and answer Markup. */
function textAttribute(obj: PyText, name: string): Value | undefined {
  const method = builtinMethod(obj.text, name);
  if (!method) return undefined;
  if (!(obj instanceof PyMarkup)) return new BoundMethod(obj.text, "str", name, method);
  const safe = (value: Value): Value => (typeof value === "string" ? escapeHtml(value) : (textOf(value) ?? value));
  const wrap = (value: Value): Value => {
    if (typeof value === "string") return new PyMarkup(value);
    if (Array.isArray(value)) return value.map(wrap);
    return value instanceof PyTuple ? new PyTuple(value.items.map(wrap)) : value;
  };
  const run: Method = (_self, args, kwargs) => {
    if (name === "format") {
      return new PyMarkup(formatTemplate(obj.text, { positional: args, named: kwargs }, strictAccess, true));
    }
    const escaped =
      name === "join" ? [Array.from(iterate(args[0] ?? null), (item) => escape(item).text)] : args.map(safe);
    return wrap(
      (method as (self: string, args: Value[], kwargs: typeof args | unknown) => Value)(obj.text, escaped, kwargs),
    );
  };
  return new BoundMethod(obj, "Markup", name, run);
}

/** `obj[key]` as Python does it; undefined stands for KeyError, IndexError and TypeError. */
export function rawItem(obj: Value, key: Value): Value | undefined {
  if (Array.isArray(obj)) {
    if (key instanceof PySlice) return sliceItems(obj, key.start, key.stop, key.step);
    return itemAt(obj, key);
  }
  const text = textOf(obj);
  if (text !== undefined) {
    const wrap = (s: string): Value => (obj instanceof PyMarkup ? new PyMarkup(s) : s);
    if (key instanceof PySlice) return wrap(sliceItems(codePoints(text), key.start, key.stop, key.step).join(""));
    const ch = itemAt(hasWide(text) ? codePoints(text) : (text as unknown as string[]), key);
    return ch === undefined ? undefined : wrap(ch);
  }
  if (!(obj instanceof PyObject)) return undefined;
  try {
    return obj.getItem(key);
  } catch (error) {
    if (obj instanceof Undefined || !lookupErrors.has(pythonType(error) ?? "")) throw error;
    return undefined;
  }
}

/** What Python may raise for an item that is not there: to Jinja it is undefined. Source: jinja2/environment.py getitem. */
const lookupErrors = new Set<string>(["TypeError", "IndexError", "KeyError", "AttributeError"]);

/** `obj[a:b]`, which Jinja leaves to Python: there is no fallback to attributes. */
export function sliceOf(obj: Value, key: PySlice): Value {
  if (obj instanceof Undefined) return obj.getItem(key) as Value;
  const value = obj instanceof PyDict ? obj.get(key) : rawItem(obj, key);
  if (value === undefined) throw typeError(`'${typeName(obj)}' object is not subscriptable`);
  return value;
}

const isPrivate = (name: string): boolean => name.charCodeAt(0) === 95;

function unknown(run: Run | undefined, origin: Origin): Undefined {
  return run ? run.undefined(origin) : new Undefined(origin);
}

/** The sandbox's answer to an attribute that exists and must not be used. */
function unsafe(run: Run | undefined, obj: Value, name: string): Undefined {
  const hint = `access to attribute '${name}' of '${typeName(obj)}' object is unsafe.`;
  return unknown(run, { hint, obj, name, error: "SecurityError" });
}

/** `obj.name`: the attribute, else the item. */
export function attributeOf(run: Run | undefined, obj: Value, name: string): Value {
  if (isPrivate(name)) {
    if (everywhere.has(name) && !(obj instanceof Undefined && !basic.has(name))) return unsafe(run, obj, name);
  } else {
    const value = rawAttribute(obj, name);
    if (value !== undefined) return value;
  }
  const item = rawItem(obj, name);
  return item === undefined ? unknown(run, { obj, name }) : item;
}

/** `obj[key]`: the item, else the attribute. */
export function itemOf(run: Run | undefined, obj: Value, key: Value): Value {
  const value = rawItem(obj, key);
  if (value !== undefined) return value;
  const name = textOf(key);
  if (name !== undefined) {
    if (isPrivate(name)) {
      if (everywhere.has(name)) return unsafe(run, obj, name);
    } else {
      const attribute = rawAttribute(obj, name);
      if (attribute !== undefined) return attribute;
    }
  }
  return unknown(run, { obj, name: key });
}
