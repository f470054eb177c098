import { pyError, typeError, valueError } from "./errors.ts";
import { floatDigits } from "./format-spec.ts";
import { escape } from "./markup.ts";
import { floatToInt, indexNumber, isInt, numeric, PyFloat } from "./numbers.ts";
import { overflow, repr, str, textOf, typeName } from "./operations.ts";
import { asciiText, codeLength, codePoints, reprText } from "./text.ts";
import { PySlice, PyTuple } from "./sequences.ts";
import { Undefined } from "./undefined.ts";
import { PyObject, type Value } from "./value.ts";

const directive = /%(?:\(((?:[^()]|\([^()]*\))*)\))?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?([\s\S])?/y;

/** `format % values`, printf style. With `safe`, arguments are HTML escaped (for Markup). */
export function formatPercent(format: string, values: Value, safe = false): string {
  const items = values instanceof PyTuple ? values.items : [values];
  const mapping = !(values instanceof PyTuple) && textOf(values) === undefined && hasItems(values) ? values : undefined;
  let next = 0;
  const take = (): Value => {
    const item = items[next++];
    if (item === undefined) throw typeError("not enough arguments for format string");
    return item;
  };
  let out = "";
  let at = 0;
  let named = false;
  for (;;) {
    const percent = format.indexOf("%", at);
    if (percent < 0) break;
    out += format.slice(at, percent);
    directive.lastIndex = percent;
    const m = directive.exec(format);
    if (!m) throw valueError("incomplete format");
    at = directive.lastIndex;
    const [whole, key, flags = "", widthText, precisionText, type] = m;
    let argument: Value | undefined;
    if (key !== undefined) {
      if (!mapping) throw typeError("format requires a mapping");
      named = true;
      argument = lookup(mapping, key);
    }
    const star = (text: string | undefined, bits: 32 | 64): number | undefined => {
      if (text !== "*") return text === undefined ? undefined : Number(text);
      const given = take();
      if (typeof given === "bigint" && BigInt.asIntN(bits, given) !== given)
        throw pyError("OverflowError", `Python int too large to convert to C ${bits === 32 ? "int" : "ssize_t"}`);
      const n = indexNumber(given);
      if (n === undefined) throw typeError("* wants int");
      return n;
    };
    let width = star(widthText, 64);
    let left = flags.includes("-");
    if (width !== undefined && width < 0) {
      left = true;
      width = -width;
    }
    const precision =
      /\.[hlL]?[^\d*hlL]?$/.test(whole) && precisionText === undefined && whole.includes(".", (key?.length ?? -2) + 3)
        ? 0
        : atLeastZero(star(precisionText, 32));
    if (type === undefined) throw valueError("incomplete format");
    if (whole === "%%") {
      out += "%";
      continue;
    }
    const position = codeLength(format.slice(0, at)) - 1;
    if (argument === undefined) argument = take();
    if (!"diouxXeEfFgGcrsa".includes(type)) {
      throw valueError(
        `unsupported format character '${type}' (0x${(type.codePointAt(0) ?? 0).toString(16)}) at index ${position}`,
      );
    }
    out += convert(argument, type, flags, width ?? 0, precision, left, safe);
  }
  out += format.slice(at);
  if (!named && next < items.length && mapping === undefined) {
    throw typeError("not all arguments converted during string formatting");
  }
  return out;
}

const atLeastZero = (n: number | undefined): number | undefined => (n !== undefined && n < 0 ? 0 : n);

const hasItems = (value: Value): boolean =>
  Array.isArray(value) ||
  (value instanceof PyObject &&
    !(value instanceof PySlice) &&
    (value.isMapping || value.isSequence || value instanceof Undefined));

function lookup(mapping: Value, key: string): Value {
  if (Array.isArray(mapping)) throw typeError("list indices must be integers or slices, not str");
  const value = (mapping as PyObject).getItem(key);
  if (value === undefined) throw missingKey(key);
  return value;
}

function convert(
  value: Value,
  type: string,
  flags: string,
  width: number,
  precision: number | undefined,
  left: boolean,
  safe: boolean,
): string {
  const zero = flags.includes("0") && !left;
  const plus = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const fill = (sign: string, body: string): string => {
    const missing = width - codeLength(sign + body);
    if (missing <= 0) return sign + body;
    if (left) return sign + body + " ".repeat(missing);
    return zero ? sign + "0".repeat(missing) + body : " ".repeat(missing) + sign + body;
  };
  const text = (body: string): string => {
    const cut = precision === undefined ? body : codePoints(body).slice(0, precision).join("");
    const missing = width - codeLength(cut);
    return missing <= 0 ? cut : left ? cut + " ".repeat(missing) : " ".repeat(missing) + cut;
  };
  switch (type) {
    case "s":
      return text(safe ? escape(value).text : str(value));
    case "r":
      return text(safe ? escape(repr(value)).text : repr(value));
    case "a":
      return text(asciiText(repr(value)));
    case "c": {
      const s = textOf(value);
      if (s !== undefined) {
        if (codeLength(s) !== 1) throw typeError("%c requires int or char");
        return text(s);
      }
      const code = indexNumber(value);
      if (code === undefined) throw typeError("%c requires int or char");
      if (code < 0 || code > 0x10ffff) throw overflow("%c arg not in range(0x110000)");
      return text(String.fromCodePoint(code));
    }
    case "d":
    case "i":
    case "u":
    case "o":
    case "x":
    case "X": {
      const n = integer(value, type);
      const negative = n < 0n;
      const size = negative ? -n : n;
      const radix = type === "o" ? 8 : type === "x" || type === "X" ? 16 : 10;
      let digits = size.toString(radix).padStart(precision ?? 0, "0");
      if (type === "X") digits = digits.toUpperCase();
      const prefix = flags.includes("#") && radix !== 10 ? `0${type}` : "";
      return fill((negative ? "-" : plus) + prefix, digits);
    }
    default: {
      const f = double(value);
      let body = floatDigits(f, type, precision ?? 6, flags.includes("#"));
      if (type === "E" || type === "G" || type === "F") body = body.toUpperCase();
      return fill(f < 0 || Object.is(f, -0) ? "-" : plus, body);
    }
  }
}

function integer(value: Value, type: string): bigint {
  if (isInt(value)) return BigInt(value);
  const hex = type === "x" || type === "X" || type === "o";
  const whole =
    value instanceof PyFloat
      ? hex
        ? undefined
        : floatToInt(value.value)
      : value instanceof PyObject && !hex
        ? value.toInt()
        : undefined;
  if (whole === undefined) {
    throw typeError(`%${type} format: ${hex ? "an integer" : "a real number"} is required, not ${typeName(value)}`);
  }
  return BigInt(whole);
}

function double(value: Value): number {
  const n = numeric(value) ?? (value instanceof PyObject ? value.toFloat() : undefined);
  if (n === undefined) throw typeError(`must be real number, not ${typeName(value)}`);
  return Number(n);
}

const missingKey = (key: string): Error => pyError("KeyError", reprText(key));
