import { bindArguments } from "../arguments.ts";
import { absolute, binary } from "../arithmetic.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import {
  divideHalfEven,
  fixed,
  floatToInt,
  indexNumber,
  int,
  isInt,
  numeric,
  parseFloatText,
  parseIntText,
  PyFloat,
  roundFloat,
} from "../numbers.ts";
import { repr, textOf, truthy, typeName } from "../operations.ts";
import { Undefined } from "../undefined.ts";
import { PyBytes } from "../bytes.ts";
import type { FilterFunction } from "../registry.ts";
import { PyObject, type Value } from "../value.ts";

/** `float(x)`; undefined when Python raises TypeError or ValueError. */
export function toFloat(value: Value): number | undefined {
  const text = value instanceof PyBytes ? value.data.toString("latin1") : textOf(value);
  if (text !== undefined) return parseFloatText(text);
  const n = numeric(value);
  if (n === undefined) return value instanceof PyObject ? value.toFloat() : undefined;
  const f = Number(n);
  if (typeof n === "bigint" && !Number.isFinite(f)) throw pyError("OverflowError", "int too large to convert to float");
  return f;
}

const toInteger: FilterFunction = (value, args, kwargs) => {
  const [v, fallback = 0, base = 10] = bindArguments(
    "do_int",
    ["value", "default?", "base?"],
    [value, ...args],
    kwargs,
  );
  const text = textOf(v as Value);
  const radix = indexNumber(base) ?? 10;
  let direct: number | bigint | undefined;
  if (text !== undefined) direct = radix === 0 || (radix >= 2 && radix <= 36) ? parseIntText(text, radix) : undefined;
  else if (isInt(v as Value)) direct = int(BigInt(v as number));
  else {
    const f = numeric(v as Value);
    if (f !== undefined && !Number.isFinite(Number(f))) {
      if (Number.isNaN(Number(f))) return fallback;
      throw pyError("OverflowError", "cannot convert float infinity to integer");
    }
    direct = f === undefined ? (v instanceof PyObject ? v.toInt() : undefined) : floatToInt(Number(f));
  }
  if (direct !== undefined) return direct;
  const f = toFloat(v as Value);
  return f === undefined || !Number.isFinite(f) ? fallback : floatToInt(f);
};

const toFloatFilter: FilterFunction = (value, args, kwargs) => {
  const [v, fallback = new PyFloat(0)] = bindArguments("do_float", ["value", "default?"], [value, ...args], kwargs);
  const f = toFloat(v as Value);
  return f === undefined ? fallback : new PyFloat(f);
};

/** `round(x, digits)` */
export function roundValue(value: Value, digits: number): Value {
  if (isInt(value)) {
    const n = BigInt(value);
    if (digits >= 0) return int(n);
    const unit = 10n ** BigInt(-digits);
    return int(divideHalfEven(n, unit) * unit);
  }
  const f = numeric(value);
  if (f !== undefined) return new PyFloat(roundFloat(Number(f), digits));
  const own = value instanceof PyObject && !(value instanceof Undefined) ? value.getAttr("__round__") : undefined;
  if (own instanceof PyObject && own.callable) return own.call([digits], new Map()) as Value;
  throw typeError(`type ${typeName(value)} doesn't define __round__ method`);
}

const round: FilterFunction = (value, args, kwargs) => {
  const [v, precision = 0, method = "common"] = bindArguments(
    "do_round",
    ["value", "precision?", "method?"],
    [value, ...args],
    kwargs,
  );
  if (method !== "common" && method !== "ceil" && method !== "floor") {
    throw pyError("TemplateRuntimeError", "method must be common, ceil or floor");
  }
  const digits = indexNumber(precision);
  if (method === "common") {
    if (precision === null && !isInt(v as Value)) return floatToInt(roundFloat(Number(numeric(v as Value)), 0));
    if (digits === undefined) throw typeError(`'${typeName(precision)}' object cannot be interpreted as an integer`);
    return roundValue(v as Value, digits);
  }
  const scale = binary("**", 10, precision);
  const scaled = binary("*", v as Value, scale);
  const f = toFloat(scaled);
  if (f === undefined || textOf(scaled) !== undefined) throw typeError(`must be real number, not ${typeName(scaled)}`);
  const whole = isInt(scaled) ? int(BigInt(scaled)) : floatToInt(method === "floor" ? Math.floor(f) : Math.ceil(f));
  return binary("/", whole, scale);
};

const filesizeformat: FilterFunction = (value, args, kwargs) => {
  const [v, isBinary = false] = bindArguments("do_filesizeformat", ["value", "binary?"], [value, ...args], kwargs);
  const bytes = toFloat(v as Value);
  if (bytes === undefined) {
    const text = textOf(v as Value);
    if (text === undefined) {
      throw typeError(`float() argument must be a string or a real number, not '${typeName(v as Value)}'`);
    }
    throw valueError(`could not convert string to float: ${repr(text)}`);
  }
  const base = truthy(isBinary) ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${floatToInt(bytes)} Bytes`;
  const letters = "kMGTPEZY";
  let i = 0;
  while (i < letters.length - 1 && bytes >= base ** (i + 2)) i++;
  const letter = letters[i] as string;
  const prefix = truthy(isBinary) ? `${letter.toUpperCase()}iB` : `${letter}B`;
  return `${fixed((base * bytes) / base ** (i + 2), 1)} ${prefix}`;
};

export const numberFilters: Record<string, FilterFunction> = {
  abs: absolute,
  filesizeformat,
  float: toFloatFilter,
  int: toInteger,
  round,
};
