import { bindArguments } from "./arguments.ts";
import { binary } from "./arithmetic.ts";
import { rawAttribute } from "./attributes.ts";
import { PyMarkup } from "./markup.ts";
import { textMethods } from "./methods/text.ts";
import { isFloat, isInt } from "./numbers.ts";
import { compare, contains, equals, hashKey, isCallable, isIterable, str, textOf } from "./operations.ts";
import { filterNamed, testNamed, tests, type TestFunction } from "./registry.ts";
import { Undefined } from "./undefined.ts";
import { noKwargs, PyObject, type CompareOp, type Value } from "./value.ts";

/** A test of the value alone. */
const simple =
  (func: string, test: (value: Value) => boolean): TestFunction =>
  (value, args, kwargs) => {
    bindArguments(func, ["value"], [value, ...args], kwargs);
    return test(value);
  };
const withOne =
  (func: string, param: string, test: (value: Value, other: Value) => boolean): TestFunction =>
  (value, args, kwargs) => {
    const [, other] = bindArguments(func, ["value", param], [value, ...args], kwargs);
    return test(value, other as Value);
  };

const modulo = (value: Value, by: Value): Value => binary("%", value, by);
const order = (name: string, op: CompareOp): TestFunction => withOne(name, "b", (a, b) => compare(op, a, b));
const equal = withOne("eq", "b", equals);
const unequal = withOne("ne", "b", (a, b) => !equals(a, b));

function isSequence(value: Value): boolean {
  if (Array.isArray(value) || textOf(value) !== undefined || value instanceof Undefined) return true;
  return value instanceof PyObject && value.isSequence && value.length() !== undefined;
}
const isNumber = (value: Value): boolean =>
  isInt(value) || isFloat(value) || (value instanceof PyObject && value.pyType === "decimal.Decimal");

/** `name in table`, which hashes the name. */
function known(name: Value, find: (name: string) => unknown): boolean {
  hashKey(name);
  const text = textOf(name);
  return text !== undefined && find(text) !== undefined;
}

const textTest = (name: "islower" | "isupper") => (value: Value) =>
  textMethods[name]?.(str(value), [], noKwargs) === true;

Object.assign(tests, {
  odd: simple("test_odd", (v) => equals(modulo(v, 2), 1)),
  even: simple("test_even", (v) => equals(modulo(v, 2), 0)),
  divisibleby: withOne("test_divisibleby", "num", (v, n) => equals(modulo(v, n), 0)),
  defined: simple("test_defined", (v) => !(v instanceof Undefined)),
  undefined: simple("test_undefined", (v) => v instanceof Undefined),
  filter: simple("test_filter", (v) => known(v, filterNamed)),
  test: simple("test_test", (v) => known(v, testNamed)),
  none: simple("test_none", (v) => v === null),
  boolean: simple("test_boolean", (v) => typeof v === "boolean"),
  false: simple("test_false", (v) => v === false),
  true: simple("test_true", (v) => v === true),
  integer: simple("test_integer", (v) => isInt(v) && typeof v !== "boolean"),
  float: simple("test_float", isFloat),
  lower: simple("test_lower", textTest("islower")),
  upper: simple("test_upper", textTest("isupper")),
  string: simple("test_string", (v) => textOf(v) !== undefined),
  mapping: simple("test_mapping", (v) => v instanceof PyObject && v.isMapping),
  number: simple("test_number", isNumber),
  sequence: simple("test_sequence", isSequence),
  iterable: simple("test_iterable", isIterable),
  callable: simple("callable", isCallable),
  sameas: withOne("test_sameas", "other", (a, b) => a === b),
  escaped: simple(
    "test_escaped",
    (v) => v instanceof PyMarkup || (v instanceof PyObject && rawAttribute(v, "__html__") !== undefined),
  ),
  in: withOne("test_in", "seq", (v, seq) => contains(seq, v)),
  "==": equal,
  eq: equal,
  equalto: equal,
  "!=": unequal,
  ne: unequal,
  ">": order("gt", ">"),
  gt: order("gt", ">"),
  greaterthan: order("gt", ">"),
  ge: order("ge", ">="),
  ">=": order("ge", ">="),
  "<": order("lt", "<"),
  lt: order("lt", "<"),
  lessthan: order("lt", "<"),
  "<=": order("le", "<="),
  le: order("le", "<="),
} satisfies Record<string, TestFunction>);
