import { pyError, typeError } from "./errors.ts";
import { formatPercent } from "./percent.ts";
import { int, isFloat, isInt, numeric, PyFloat } from "./numbers.ts";
import { isIterable, iterate, overflow, textOf, typeName } from "./operations.ts";
import { PyView, repeatCount, repeatItems } from "./sequences.ts";
import { PySet, setOperation } from "./set.ts";
import { PyMarkup } from "./markup.ts";
import { PyObject, type BinaryOp, type Value } from "./value.ts";

type Int = number | bigint;
const big = (value: Int): bigint => (typeof value === "bigint" ? value : BigInt(value));

/** A numeric operand as double. */
function float(value: Int): number {
  const f = Number(value);
  if (typeof value === "bigint" && !Number.isFinite(f)) throw overflow("int too large to convert to float");
  return f;
}

/** `a op b` for every binary operator of the expression language. */
export function binary(op: BinaryOp, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    return intOp(op, a, b);
  }
  const x = numeric(a);
  const y = x === undefined ? undefined : numeric(b);
  if (x !== undefined && y !== undefined) {
    if (isFloat(a) || isFloat(b)) {
      const result = floatOp(op, x, y);
      if (result !== undefined) return result;
    } else {
      const result = intOp(op, x, y);
      const bothBool = typeof a === "boolean" && typeof b === "boolean";
      return bothBool && (op === "&" || op === "|" || op === "^") ? Boolean(result) : result;
    }
  }
  const result = sequenceOp(op, a, b) ?? objectOp(op, a, b);
  if (result !== undefined) return result;
  throw unsupported(op, a, b);
}

function objectOp(op: BinaryOp, a: Value, b: Value): Value | undefined {
  if ((a instanceof PyView && a.setLike) || (b instanceof PyView && b.setLike && isIterable(a))) {
    if (op === "-" || op === "&" || op === "|" || op === "^")
      return setOperation(op, new PySet(iterate(a)), new PySet(iterate(b)));
  }
  const left = a instanceof PyObject ? a.binary(op, b, false) : undefined;
  return left ?? (b instanceof PyObject ? b.binary(op, a, true) : undefined);
}

function unsupported(op: BinaryOp, a: Value, b: Value): Error {
  const text = textOf(a) !== undefined && !(a instanceof PyMarkup);
  if (op === "+") {
    if (typeName(a) === "bytes") return typeError(`can't concat ${typeName(b)} to bytes`);
    if (text) return typeError(`can only concatenate str (not "${typeName(b)}") to str`);
    if (Array.isArray(a) || typeName(a) === "tuple") {
      return typeError(`can only concatenate ${typeName(a)} (not "${typeName(b)}") to ${typeName(a)}`);
    }
  }
  const sequence = (v: Value) => textOf(v) !== undefined || Array.isArray(v) || typeName(v) === "tuple";
  if (op === "*" && sequence(a)) return typeError(`can't multiply sequence by non-int of type '${typeName(b)}'`);
  if (op === "*" && sequence(b)) return typeError(`can't multiply sequence by non-int of type '${typeName(a)}'`);
  const sign = op === "**" ? "** or pow()" : op;
  return typeError(`unsupported operand type(s) for ${sign}: '${typeName(a)}' and '${typeName(b)}'`);
}

function sequenceOp(op: BinaryOp, a: Value, b: Value): Value | undefined {
  if (op === "+") {
    if (typeof a === "string" && typeof b === "string") return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (a instanceof PyMarkup || b instanceof PyMarkup) return undefined;
    const s = textOf(a);
    const t = textOf(b);
    return s !== undefined && t !== undefined ? s + t : undefined;
  }
  if (op === "%") {
    const text = textOf(a);
    if (text === undefined) return undefined;
    return a instanceof PyMarkup ? new PyMarkup(formatPercent(text, b, true)) : formatPercent(text, b);
  }
  if (op === "*") return repeated(a, b) ?? repeated(b, a);
  return undefined;
}

function repeated(a: Value, times: Value): Value | undefined {
  const text = textOf(a);
  if (text === undefined && !Array.isArray(a)) return undefined;
  const n = repeatCount(times);
  if (n === undefined) return undefined;
  if (text !== undefined) {
    if (text.length * n > 2 ** 28) throw overflow("cannot fit 'int' into an index-sized integer");
    const out = text.repeat(Math.max(0, n));
    return a instanceof PyMarkup ? new PyMarkup(out) : out;
  }
  return Array.isArray(a) ? repeatItems(a, n) : undefined;
}

function intOp(op: BinaryOp, a: Int, b: Int): Value {
  if (typeof a === "number" && typeof b === "number") {
    const fast = smallIntOp(op, a, b);
    if (fast !== undefined) return fast;
  }
  const x = big(a);
  const y = big(b);
  switch (op) {
    case "+":
      return int(x + y);
    case "-":
      return int(x - y);
    case "*":
      return int(x * y);
    case "/":
      return new PyFloat(divideInts(x, y));
    case "//":
      return int(floorDivide(x, y, "integer division or modulo by zero"));
    case "%":
      return int(x - floorDivide(x, y, "integer modulo by zero") * y);
    case "**":
      return intPower(x, y);
    case "&":
      return int(x & y);
    case "|":
      return int(x | y);
    default:
      return int(x ^ y);
  }
}

/** The common cases without bigints; undefined when the result may not be exact. */
function smallIntOp(op: BinaryOp, a: number, b: number): Value | undefined {
  let result: number;
  switch (op) {
    case "+":
      result = a + b;
      break;
    case "-":
      result = a - b;
      break;
    case "*":
      result = a * b;
      break;
    case "/":
      if (b === 0) throw pyError("ZeroDivisionError", "division by zero");
      return new PyFloat(a / b);
    case "//":
      if (b === 0) return undefined;
      result = Math.floor(a / b);
      if (Math.abs(a) > 2 ** 50) return undefined;
      break;
    case "%":
      if (b === 0) return undefined;
      result = a % b;
      if (result !== 0 && result < 0 !== b < 0) result += b;
      break;
    default:
      return undefined;
  }
  return Number.isSafeInteger(result) ? result + 0 : undefined;
}

function floorDivide(a: bigint, b: bigint, message: string): bigint {
  if (b === 0n) throw pyError("ZeroDivisionError", message);
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** True division of integers of any size, correctly rounded. */
function divideInts(a: bigint, b: bigint): number {
  if (b === 0n) throw pyError("ZeroDivisionError", "division by zero");
  if (a === 0n) return b < 0n ? -0 : 0;
  const x = Number(a);
  const y = Number(b);
  if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x / y;
  const bits = (v: bigint) => (v < 0n ? -v : v).toString(2).length;
  // 66 bits of quotient, the last one set when something is left: rounds once, and right.
  const shift = 66 - (bits(a) - bits(b));
  const dividend = shift >= 0 ? a << BigInt(shift) : a;
  const divisor = shift >= 0 ? b : b << BigInt(-shift);
  const quotient = dividend / divisor;
  const sticky = dividend % divisor !== 0n && quotient % 2n === 0n ? (a < 0n !== b < 0n ? -1n : 1n) : 0n;
  const scaled = Number(quotient + sticky);
  const result =
    shift > 1000
      ? scaled / 2 ** 1000 / 2 ** (shift - 1000)
      : shift < -900
        ? scaled * 2 ** 900 * 2 ** (-shift - 900)
        : scaled / 2 ** shift;
  if (!Number.isFinite(result)) throw overflow("integer division result too large for a float");
  return result;
}

function intPower(a: bigint, b: bigint): Value {
  if (b < 0n) {
    if (a === 0n) throw pyError("ZeroDivisionError", "0.0 cannot be raised to a negative power");
    return new PyFloat(power(float(a), float(b)));
  }
  const bits = a.toString(2).length;
  if (bits * Number(b) > 4e6) throw overflow("the result of ** is too large");
  return int(a ** b);
}

function floatOp(op: BinaryOp, a: Int, b: Int): Value | undefined {
  const x = float(a);
  const y = float(b);
  switch (op) {
    case "+":
      return new PyFloat(x + y);
    case "-":
      return new PyFloat(x - y);
    case "*":
      return new PyFloat(x * y);
    case "/":
      if (y === 0) throw pyError("ZeroDivisionError", "float division by zero");
      return new PyFloat(x / y);
    case "//":
      if (y === 0) throw pyError("ZeroDivisionError", "float floor division by zero");
      return new PyFloat(floatDivmod(x, y)[0]);
    case "%":
      if (y === 0) throw pyError("ZeroDivisionError", "float modulo");
      return new PyFloat(floatDivmod(x, y)[1]);
    case "**":
      return new PyFloat(power(x, y));
    default:
      return undefined;
  }
}

/** Quotient and remainder with the sign of the divisor. */
export function floatDivmod(x: number, y: number): [number, number] {
  let remainder = x % y;
  let quotient = (x - remainder) / y;
  if (remainder !== 0) {
    if (y < 0 !== remainder < 0) {
      remainder += y;
      quotient -= 1;
    }
  } else remainder = y < 0 ? -0 : 0;
  if (quotient !== 0) {
    const floor = Math.floor(quotient);
    quotient = quotient - floor > 0.5 ? floor + 1 : floor;
  } else quotient = x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
  return [quotient, remainder];
}

function power(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (x === 0 && y < 0) throw pyError("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && !Number.isInteger(y)) {
    throw typeError("complex numbers are not supported in templates");
  }
  if (x === -1 && !Number.isFinite(y) && !Number.isNaN(y)) return 1;
  const result = x ** y;
  if (!Number.isFinite(result) && Number.isFinite(x) && Number.isFinite(y)) {
    throw overflow("(34, 'Numerical result out of range')");
  }
  return result;
}

/** `-x` and `+x` */
export function unary(op: "-" | "+", value: Value): Value {
  if (value instanceof PyFloat) return op === "-" ? new PyFloat(-value.value) : value;
  if (isInt(value)) {
    if (typeof value === "bigint") return op === "-" ? int(-value) : value;
    const n = Number(value);
    return op === "-" ? 0 - n : n;
  }
  if (typeof value === "number") return new PyFloat(op === "-" ? -value : value);
  const result = value instanceof PyObject ? value.unary(op) : undefined;
  if (result === undefined) throw typeError(`bad operand type for unary ${op}: '${typeName(value)}'`);
  return result;
}

/** `abs(x)` */
export function absolute(value: Value): Value {
  if (value instanceof PyFloat) return new PyFloat(Math.abs(value.value));
  if (isInt(value)) {
    if (typeof value === "bigint") return value < 0n ? int(-value) : value;
    return Math.abs(Number(value));
  }
  const result = value instanceof PyObject ? value.unary("abs") : undefined;
  if (result === undefined) throw typeError(`bad operand type for abs(): '${typeName(value)}'`);
  return result;
}
