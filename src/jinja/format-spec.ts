import { typeError, valueError } from "./errors.ts";
import { fixed, isFloat, isInt, numeric, reprFloat, scientific } from "./numbers.ts";
import { overflow, str, textOf, typeName } from "./operations.ts";
import { codeLength, codePoints } from "./text.ts";
import { PyObject, type Value } from "./value.ts";

interface Spec {
  fill: string;
  align: string;
  sign: string;
  zero: boolean;
  alternate: boolean;
  width: number;
  grouping: string;
  precision: number | undefined;
  type: string;
  negativeZero: boolean;
}

const pattern = /^(?:(.)?([<>=^]))?([+\- ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?(.)?$/su;

export function parseSpec(text: string, owner: string): Spec {
  const m = pattern.exec(text);
  if (!m) throw valueError(`Invalid format specifier`.concat(owner ? ` '${text}' for object of type '${owner}'` : ""));
  const zero = m[6] !== undefined;
  for (const digits of [m[7], m[9]])
    if (digits !== undefined && BigInt(digits) >= 2n ** 63n)
      throw valueError("Too many decimal digits in format string");
  return {
    fill: m[1] ?? (zero && m[2] === undefined ? "0" : m[1] === undefined && zero ? "0" : " "),
    align: m[2] ?? (zero ? "=" : ""),
    sign: m[3] ?? "",
    negativeZero: m[4] !== undefined,
    alternate: m[5] !== undefined,
    zero,
    width: m[7] === undefined ? 0 : Number(m[7]),
    grouping: m[8] ?? "",
    precision: m[9] === undefined ? undefined : Number(m[9]),
    type: m[10] ?? "",
  };
}

/** `format(value, spec)` */
export function format(value: Value, spec: string): string {
  if (spec === "") return str(value);
  const text = textOf(value);
  if (text !== undefined) return formatText(text, spec);
  if (isInt(value)) return formatInt(typeof value === "boolean" ? BigInt(value) : BigInt(value), spec, typeName(value));
  if (isFloat(value)) return formatFloat(Number(numeric(value)), spec);
  const own = value instanceof PyObject ? value.format(spec) : undefined;
  if (own === undefined) throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`);
  return own;
}

export function pad(text: string, spec: Spec, defaultAlign: string): string {
  const missing = spec.width - codeLength(text);
  if (missing <= 0) return text;
  // Python would take gigabytes; a string here cannot be that long.
  if (missing > 2 ** 28) throw overflow("the text would be too long");
  const align = spec.align || defaultAlign;
  if (align === "<") return text + spec.fill.repeat(missing);
  if (align === "^") {
    const left = Math.floor(missing / 2);
    return spec.fill.repeat(left) + text + spec.fill.repeat(missing - left);
  }
  return spec.fill.repeat(missing) + text;
}

function formatText(text: string, specText: string): string {
  const spec = parseSpec(specText, "str");
  if (spec.type !== "" && spec.type !== "s") {
    throw valueError(`Unknown format code '${spec.type}' for object of type 'str'`);
  }
  if (spec.sign)
    throw valueError(
      spec.sign === " "
        ? "Space not allowed in string format specifier"
        : "Sign not allowed in string format specifier",
    );
  if (spec.alternate) throw valueError("Alternate form (#) not allowed in string format specifier");
  if (spec.grouping) throw valueError(`Cannot specify '${spec.grouping}' with 's'.`);
  if (spec.align === "=" && !spec.zero) throw valueError("'=' alignment not allowed in string format specifier");
  const body = spec.precision === undefined ? text : codePoints(text).slice(0, spec.precision).join("");
  return pad(body, spec.zero && spec.align === "=" ? { ...spec, align: "<" } : spec, "<");
}

/** Groups digits from the right. */
export function group(digits: string, separator: string, every = 3): string {
  if (!separator) return digits;
  let out = "";
  for (let i = digits.length; i > 0; i -= every) {
    const part = digits.slice(Math.max(0, i - every), i);
    out = out ? part + separator + out : part;
  }
  return out;
}

/** Puts sign, prefix and zeros in front of a number's digits and pads it. */
export function assemble(
  negative: boolean,
  prefix: string,
  digits: string,
  rest: string,
  spec: Spec,
  every = 3,
): string {
  const sign = negative ? "-" : spec.sign === "+" ? "+" : spec.sign === " " ? " " : "";
  const separator = spec.grouping;
  let body = group(digits, separator, every);
  if (spec.align === "=" && spec.fill === "0") {
    const room = spec.width - sign.length - prefix.length - rest.length;
    if (separator) {
      let filled = digits;
      while (body.length < room) {
        filled = `0${filled}`;
        const next = group(filled, separator, every);
        if (next.length > room && next[1] === separator) {
          body = `0${body}`.length <= room ? next : body;
          if (body.length < room) body = next;
          break;
        }
        body = next;
      }
    } else body = body.padStart(room, "0");
    return sign + prefix + body + rest;
  }
  if (spec.align === "=") {
    const missing = spec.width - (sign + prefix + body + rest).length;
    return sign + prefix + spec.fill.repeat(Math.max(0, missing)) + body + rest;
  }
  return pad(sign + prefix + body + rest, spec, ">");
}

function formatInt(value: bigint, specText: string, owner: string): string {
  const spec = parseSpec(specText, owner);
  if ("eEfFgG%".includes(spec.type) && spec.type !== "") {
    const f = Number(value);
    if (!Number.isFinite(f)) throw overflow("int too large to convert to float");
    return formatFloat(f, specText);
  }
  if (spec.precision !== undefined) throw valueError("Precision not allowed in integer format specifier");
  const negative = value < 0n;
  const size = negative ? -value : value;
  switch (spec.type) {
    case "":
    case "d":
    case "n":
      return assemble(negative, "", size.toString(), "", spec);
    case "x":
    case "X":
    case "o":
    case "b": {
      if (spec.grouping === ",") throw valueError(`Cannot specify ',' with '${spec.type}'.`);
      const radix = spec.type === "b" ? 2 : spec.type === "o" ? 8 : 16;
      const digits = size.toString(radix);
      const prefix = spec.alternate ? `0${spec.type}` : "";
      return assemble(negative, prefix, spec.type === "X" ? digits.toUpperCase() : digits, "", spec, 4);
    }
    case "c": {
      if (spec.sign) throw valueError("Sign not allowed with integer format specifier 'c'");
      if (BigInt.asIntN(64, value) !== value) throw overflow("Python int too large to convert to C long");
      if (value < 0n || value > 0x10ffffn) throw overflow("%c arg not in range(0x110000)");
      return pad(String.fromCodePoint(Number(value)), spec, "<");
    }
    default:
      throw valueError(`Unknown format code '${spec.type}' for object of type '${owner}'`);
  }
}

/** The digits of a float in one of the notations e, f, g or (type "") repr, without sign. */
export function floatDigits(value: number, type: string, precision: number | undefined, alternate: boolean): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  const lower = type.toLowerCase();
  if (lower === "f" || lower === "%") {
    const body = fixed(lower === "%" ? size * 100 : size, precision ?? 6);
    return alternate && precision === 0 ? `${body}.` : body;
  }
  if (lower === "e") return exponential(size, precision ?? 6, alternate);
  if (type === "" && precision === undefined) return reprFloat(size);
  const digits = precision === undefined ? 6 : Math.max(precision, 1);
  const { digits: figures, exponent } = scientific(size, digits - 1);
  const limit = type === "" ? digits - 1 : digits;
  let body: string;
  if (exponent < -4 || exponent >= limit) {
    body = mantissa(figures, alternate) + exponentText(exponent);
    return body;
  }
  if (exponent >= 0) body = `${figures.slice(0, exponent + 1)}.${figures.slice(exponent + 1)}`;
  else body = `0.${"0".repeat(-exponent - 1)}${figures}`;
  if (!alternate) body = body.replace(/\.?0*$/, "");
  return type === "" && !body.includes(".") ? `${body}.0` : body;
}

const exponentText = (exponent: number): string =>
  `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;

function mantissa(figures: string, alternate: boolean): string {
  const rest = alternate ? figures.slice(1) : figures.slice(1).replace(/0+$/, "");
  return rest || alternate ? `${figures[0]}.${rest}` : `${figures[0]}`;
}

function exponential(size: number, precision: number, alternate: boolean): string {
  const { digits, exponent } = scientific(size, precision);
  const dot = precision > 0 || alternate ? "." : "";
  return `${digits[0]}${dot}${digits.slice(1)}${exponentText(exponent)}`;
}

function formatFloat(value: number, specText: string): string {
  const spec = parseSpec(specText, "float");
  if (spec.type !== "" && !"eEfFgGn%".includes(spec.type)) {
    throw valueError(`Unknown format code '${spec.type}' for object of type 'float'`);
  }
  const type = spec.type === "n" ? "g" : spec.type;
  let body = floatDigits(value, type, spec.precision, spec.alternate);
  if (type === "%") body += "%";
  if (type === "E" || type === "G" || type === "F") body = body.toUpperCase();
  let negative = value < 0 || Object.is(value, -0);
  if (spec.negativeZero && /^[0.]+%?$/.test(body)) negative = false;
  const m = /^(\d+)(.*)$/s.exec(body);
  if (!m)
    return assemble(negative, "", "", body, spec.fill === "0" && spec.align === "=" ? { ...spec, grouping: "" } : spec);
  return assemble(negative, "", m[1] ?? "", m[2] ?? "", spec);
}
