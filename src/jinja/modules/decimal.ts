import { bindArguments } from "../arguments.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import { assemble, parseSpec } from "../format-spec.ts";
import { PyFunction, PyType } from "../function.ts";
import { exactFraction, indexNumber, int, isFloat, isInt, numeric, PyFloat } from "../numbers.ts";
import { repr, textOf, typeName } from "../operations.ts";
import { PyTuple } from "../sequences.ts";
import { PyObject, type BinaryOp, type CompareOp, type Kwargs, type Value } from "../value.ts";

const precision = 28;

type Special = "NaN" | "Infinity" | undefined;

const power10 = (n: number): bigint => 10n ** BigInt(n);
const digitCount = (n: bigint): number => (n < 0n ? -n : n).toString().length;

const roundings = new Set([
  "ROUND_HALF_EVEN",
  "ROUND_HALF_UP",
  "ROUND_HALF_DOWN",
  "ROUND_DOWN",
  "ROUND_UP",
  "ROUND_CEILING",
  "ROUND_FLOOR",
  "ROUND_05UP",
]);

/** A non-negative coefficient without its last `drop` digits. */
function shorten(coefficient: bigint, drop: number, rounding: string, negative: boolean): bigint {
  if (drop <= 0) return coefficient * power10(-drop);
  const unit = power10(drop);
  const quotient = coefficient / unit;
  const rest = coefficient % unit;
  if (rest === 0n) return quotient;
  const twice = rest * 2n;
  let up: boolean;
  switch (rounding) {
    case "ROUND_DOWN":
      up = false;
      break;
    case "ROUND_UP":
      up = true;
      break;
    case "ROUND_CEILING":
      up = !negative;
      break;
    case "ROUND_FLOOR":
      up = negative;
      break;
    case "ROUND_HALF_UP":
      up = twice >= unit;
      break;
    case "ROUND_HALF_DOWN":
      up = twice > unit;
      break;
    case "ROUND_05UP":
      up = quotient % 5n === 0n;
      break;
    default:
      up = twice > unit || (twice === unit && quotient % 2n === 1n);
  }
  return up ? quotient + 1n : quotient;
}

/** Python's `decimal.Decimal` in its default context: 28 digits, ties to even. */
export class PyDecimal extends PyObject {
  readonly pyType = "decimal.Decimal";
  readonly negative: boolean;
  /** Without sign. */
  readonly coefficient: bigint;
  readonly exponent: number;
  readonly special: Special;

  constructor(negative: boolean, coefficient: bigint, exponent: number, special?: Special) {
    super();
    this.negative = negative;
    this.coefficient = coefficient;
    this.exponent = exponent;
    this.special = special;
  }

  /** Reads `Decimal('1.50')`, exactly; undefined when the text is no number. */
  static parse(text: string): PyDecimal | undefined {
    const m = /^([+-]?)(?:(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?|(inf(?:inity)?)|(s?nan)\d*)$/i.exec(
      text.trim().replaceAll("_", ""),
    );
    if (!m) return undefined;
    const negative = m[1] === "-";
    if (m[5]) return new PyDecimal(negative, 0n, 0, "Infinity");
    if (m[6]) return new PyDecimal(negative, 0n, 0, "NaN");
    const whole = m[2] ?? "";
    const fraction = m[3] ?? "";
    if (whole + fraction === "") return undefined;
    return new PyDecimal(negative, BigInt(whole + fraction), Number(m[4] ?? 0) - fraction.length);
  }
  static ofInt(value: bigint | number): PyDecimal {
    const big = BigInt(value);
    return new PyDecimal(big < 0n, big < 0n ? -big : big, 0);
  }
  /** The exact value of a double, as `Decimal(0.1)`. */
  static ofFloat(value: number): PyDecimal {
    if (Number.isNaN(value)) return new PyDecimal(false, 0n, 0, "NaN");
    if (!Number.isFinite(value)) return new PyDecimal(value < 0, 0n, 0, "Infinity");
    const { numerator, denominator } = exactFraction(Math.abs(value));
    const shift = denominator.toString(2).length - 1;
    const negative = value < 0 || Object.is(value, -0);
    return new PyDecimal(negative, numerator * 5n ** BigInt(shift), -shift);
  }
  /** The shortest decimal that reads back as the double, as `Decimal(repr(0.1))`. */
  static fromRepr(value: number): PyDecimal {
    return PyDecimal.parse(new PyFloat(value).repr()) ?? PyDecimal.ofFloat(value);
  }

  private get signed(): bigint {
    return this.negative ? -this.coefficient : this.coefficient;
  }
  private get adjusted(): number {
    return this.exponent + digitCount(this.coefficient) - 1;
  }
  isZero(): boolean {
    return this.special === undefined && this.coefficient === 0n;
  }
  /** Rounded to the context's 28 digits. */
  private fit(): PyDecimal {
    if (this.special) return this;
    const extra = digitCount(this.coefficient) - precision;
    if (extra <= 0) return this;
    const shorter = shorten(this.coefficient, extra, "ROUND_HALF_EVEN", this.negative);
    if (digitCount(shorter) > precision) return new PyDecimal(this.negative, shorter / 10n, this.exponent + extra + 1);
    return new PyDecimal(this.negative, shorter, this.exponent + extra);
  }
  private static ofSigned(signed: bigint, exponent: number, negativeZero = false): PyDecimal {
    return new PyDecimal(
      signed < 0n || (signed === 0n && negativeZero),
      signed < 0n ? -signed : signed,
      exponent,
    ).fit();
  }

  override str(): string {
    const sign = this.negative ? "-" : "";
    if (this.special) return sign + this.special;
    const digits = this.coefficient.toString();
    const { adjusted } = this;
    if (this.exponent <= 0 && adjusted >= -6) {
      if (this.exponent === 0) return sign + digits;
      const padded = digits.padStart(1 - this.exponent, "0");
      return `${sign}${padded.slice(0, this.exponent)}.${padded.slice(this.exponent)}`;
    }
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${fraction}E${adjusted < 0 ? "-" : "+"}${Math.abs(adjusted)}`;
  }
  override repr(): string {
    return `Decimal('${this.str()}')`;
  }
  override truthy(): boolean {
    return !this.isZero();
  }
  override toFloat(): number {
    if (this.special === "NaN") return Number.NaN;
    return this.special ? (this.negative ? -Infinity : Infinity) : Number(this.str());
  }
  override toInt(): number | bigint {
    if (this.special === "NaN") throw valueError("cannot convert NaN to integer");
    if (this.special) throw pyError("OverflowError", "cannot convert Infinity to integer");
    const size =
      this.exponent >= 0 ? this.coefficient * power10(this.exponent) : this.coefficient / power10(-this.exponent);
    return int(this.negative ? -size : size);
  }
  override toPlain(): unknown {
    return this.toFloat();
  }
  toJSON(): unknown {
    const raw = (JSON as unknown as { rawJSON?: (text: string) => unknown }).rawJSON;
    return raw && !this.special ? raw(this.str()) : this.toFloat();
  }

  override hash(): unknown {
    if (this.special) return this.str();
    const n = this.normalized();
    if (n.exponent >= 0) return this.toInt();
    const f = this.toFloat();
    return PyDecimal.ofFloat(f).compareTo(this) === 0 ? f : `\0decimal${n.str()}`;
  }
  private normalized(): PyDecimal {
    if (this.special) return this;
    if (this.coefficient === 0n) return new PyDecimal(this.negative, 0n, 0);
    let { coefficient, exponent } = this;
    while (coefficient % 10n === 0n) {
      coefficient /= 10n;
      exponent++;
    }
    return new PyDecimal(this.negative, coefficient, exponent);
  }
  /** Negative, zero or positive; NaN when unordered. */
  compareTo(other: PyDecimal): number {
    if (this.special === "NaN" || other.special === "NaN") return Number.NaN;
    if (this.special || other.special) {
      const rank = (d: PyDecimal) => (d.special ? (d.negative ? -1 : 1) : 0);
      return rank(this) - rank(other);
    }
    const exponent = Math.min(this.exponent, other.exponent);
    const a = this.signed * power10(this.exponent - exponent);
    const b = other.signed * power10(other.exponent - exponent);
    return a < b ? -1 : a > b ? 1 : 0;
  }
  override equals(other: Value): boolean {
    const d = asDecimal(other, true);
    return d !== undefined && this.compareTo(d) === 0;
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    const d = asDecimal(other, true);
    if (!d) return undefined;
    const order = this.compareTo(d);
    return op === "<" ? order < 0 : op === "<=" ? order <= 0 : op === ">" ? order > 0 : order >= 0;
  }
  override unary(op: "-" | "+" | "abs"): Value {
    if (this.special === "NaN") return this;
    const negative = op === "abs" ? false : op === "-" ? !this.negative : this.negative;
    return new PyDecimal(this.isZero() ? false : negative, this.coefficient, this.exponent, this.special).fit();
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    const d = asDecimal(other, false);
    if (!d) return undefined;
    return reflected ? d.operate(op, this) : this.operate(op, d);
  }

  private operate(op: BinaryOp, other: PyDecimal): PyDecimal | undefined {
    if (this.special || other.special) return this.specialOperate(op, other);
    switch (op) {
      case "+":
      case "-": {
        const exponent = Math.min(this.exponent, other.exponent);
        const a = this.signed * power10(this.exponent - exponent);
        const b = other.signed * power10(other.exponent - exponent);
        const minusZero = this.negative && (op === "+" ? other.negative : !other.negative);
        return PyDecimal.ofSigned(op === "+" ? a + b : a - b, exponent, minusZero);
      }
      case "*":
        return new PyDecimal(
          this.negative !== other.negative,
          this.coefficient * other.coefficient,
          this.exponent + other.exponent,
        ).fit();
      case "/":
        return this.divide(other);
      case "//":
        return this.divmod(other)[0];
      case "%":
        return this.divmod(other)[1];
      case "**":
        return this.power(other);
      default:
        return undefined;
    }
  }
  private specialOperate(op: BinaryOp, other: PyDecimal): PyDecimal | undefined {
    if (this.special === "NaN" || other.special === "NaN") return new PyDecimal(false, 0n, 0, "NaN");
    const infinity = (negative: boolean) => new PyDecimal(negative, 0n, 0, "Infinity");
    const invalid = () => pyError("InvalidOperation", "[<class 'decimal.InvalidOperation'>]");
    switch (op) {
      case "+":
      case "-": {
        const right = op === "-" ? !other.negative : other.negative;
        if (this.special && other.special && this.negative !== right) throw invalid();
        return infinity(this.special ? this.negative : right);
      }
      case "*":
        if (this.isZero() || other.isZero()) throw invalid();
        return infinity(this.negative !== other.negative);
      case "/":
      case "//":
        if (this.special && other.special) throw invalid();
        if (this.special) return infinity(this.negative !== other.negative);
        return new PyDecimal(this.negative !== other.negative, 0n, 0);
      case "%":
        if (this.special) throw invalid();
        return this;
      default:
        return undefined;
    }
  }
  private divide(other: PyDecimal): PyDecimal {
    if (other.coefficient === 0n) {
      if (this.coefficient === 0n) throw pyError("InvalidOperation", "[<class 'decimal.DivisionUndefined'>]");
      throw pyError("ZeroDivisionError", "[<class 'decimal.DivisionByZero'>]");
    }
    const negative = this.negative !== other.negative;
    if (this.coefficient === 0n) return new PyDecimal(negative, 0n, this.exponent - other.exponent);
    const shift = Math.max(0, digitCount(other.coefficient) - digitCount(this.coefficient) + precision + 1);
    let exponent = this.exponent - other.exponent - shift;
    const scaled = this.coefficient * power10(shift);
    let quotient = scaled / other.coefficient;
    if (scaled % other.coefficient !== 0n) {
      if (quotient % 5n === 0n) quotient += 1n;
    } else {
      const ideal = this.exponent - other.exponent;
      while (exponent < ideal && quotient % 10n === 0n) {
        quotient /= 10n;
        exponent++;
      }
    }
    return new PyDecimal(negative, quotient, exponent).fit();
  }
  private divmod(other: PyDecimal): [PyDecimal, PyDecimal] {
    if (other.coefficient === 0n) {
      if (this.coefficient === 0n) throw pyError("InvalidOperation", "[<class 'decimal.DivisionUndefined'>]");
      throw pyError("ZeroDivisionError", "[<class 'decimal.DivisionByZero'>]");
    }
    const exponent = Math.min(this.exponent, other.exponent);
    const a = this.coefficient * power10(this.exponent - exponent);
    const b = other.coefficient * power10(other.exponent - exponent);
    if (digitCount(a / b) > precision) throw pyError("InvalidOperation", "[<class 'decimal.DivisionImpossible'>]");
    return [
      new PyDecimal(this.negative !== other.negative, a / b, 0),
      new PyDecimal(this.negative, a % b, exponent).fit(),
    ];
  }
  private power(other: PyDecimal): PyDecimal {
    const n = other.normalized();
    if (n.exponent >= 0) {
      const times = Number(other.toInt());
      if (this.coefficient === 0n && times === 0)
        throw pyError("InvalidOperation", "[<class 'decimal.InvalidOperation'>]");
      const size = Math.abs(times);
      const raised = new PyDecimal(
        this.negative && size % 2 === 1,
        this.coefficient ** BigInt(size),
        this.exponent * size,
      );
      return times < 0 ? PyDecimal.ofInt(1).divide(raised) : raised.fit();
    }
    if (this.negative) throw pyError("InvalidOperation", "[<class 'decimal.InvalidOperation'>]");
    return PyDecimal.fromRepr(this.toFloat() ** other.toFloat()).fit();
  }

  /** With the exponent of `like`. */
  quantize(exponent: number, rounding = "ROUND_HALF_EVEN"): PyDecimal {
    const coefficient = shorten(this.coefficient, exponent - this.exponent, rounding, this.negative);
    if (digitCount(coefficient) > precision) throw pyError("InvalidOperation", "[<class 'decimal.InvalidOperation'>]");
    return new PyDecimal(this.negative, coefficient, exponent);
  }
  override format(specText: string): string {
    const spec = parseSpec(specText, "decimal.Decimal");
    let body: string;
    const type = spec.type === "" ? "" : spec.type.toLowerCase();
    const size = new PyDecimal(false, this.coefficient, this.exponent, this.special);
    if (this.special) body = size.str();
    else if (type === "f" || type === "%") {
      const shifted = type === "%" ? new PyDecimal(false, size.coefficient, size.exponent + 2) : size;
      const places = spec.precision ?? Math.max(0, -shifted.exponent);
      const fixedCoefficient = shorten(
        shifted.coefficient,
        -places - shifted.exponent,
        "ROUND_HALF_EVEN",
        this.negative,
      );
      const digits = fixedCoefficient.toString().padStart(places + 1, "0");
      body = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
      if (type === "%") body += "%";
    } else if (type === "e") {
      const places = spec.precision ?? digitCount(size.coefficient) - 1;
      const drop = digitCount(size.coefficient) - 1 - places;
      const coefficient = shorten(size.coefficient, drop, "ROUND_HALF_EVEN", this.negative);
      const digits = coefficient.toString().slice(0, places + 1);
      const adjusted = size.exponent + drop + coefficient.toString().length - 1;
      body = `${digits[0]}${places > 0 ? `.${digits.slice(1)}` : ""}e${adjusted < 0 ? "-" : "+"}${Math.abs(adjusted)}`;
    } else if (type === "" || type === "g" || type === "n") {
      const limit = Math.max(1, spec.precision ?? 0);
      const extra = spec.precision === undefined ? 0 : digitCount(size.coefficient) - limit;
      const rounded =
        extra > 0
          ? new PyDecimal(
              false,
              shorten(size.coefficient, extra, "ROUND_HALF_EVEN", this.negative),
              size.exponent + extra,
            )
          : size;
      body = rounded.str();
      if (type !== "") body = body.replace("E", "e");
    } else throw valueError("invalid format string");
    if ("EFG".includes(spec.type) && spec.type !== "") body = body.toUpperCase();
    const m = /^(\d+)(.*)$/s.exec(body);
    return m ? assemble(this.negative, "", m[1] ?? "", m[2] ?? "", spec) : assemble(this.negative, "", "", body, spec);
  }

  override getAttr(name: string): Value | undefined {
    if (name === "real") return this;
    if (name === "imag") return PyDecimal.ofInt(0);
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    return method && new PyFunction(name, (args, kwargs) => method(this, args, kwargs));
  }
  sqrt(): PyDecimal {
    if (this.negative && !this.isZero()) throw pyError("InvalidOperation", "[<class 'decimal.InvalidOperation'>]");
    let exponent = this.exponent - 2 * precision - 2;
    if (exponent % 2 !== 0) exponent--;
    const scaled = this.coefficient * power10(this.exponent - exponent);
    let root = BigInt(Math.floor(Math.sqrt(Number(scaled))));
    for (let i = 0; i < 200; i++) {
      if (root === 0n) break;
      const next = (root + scaled / root) / 2n;
      if (next === root || next === root + 1n) break;
      root = next;
    }
    while (root * root > scaled) root--;
    if (root * root !== scaled) return new PyDecimal(false, root % 5n === 0n ? root + 1n : root, exponent / 2).fit();
    const exact = new PyDecimal(false, root, exponent / 2).normalized();
    const ideal = Math.floor(this.exponent / 2);
    return exact.exponent > ideal ? exact.quantize(ideal) : exact;
  }
}

class DecimalTuple extends PyTuple {
  override get pyType(): string {
    return "DecimalTuple";
  }
  override getAttr(name: string): Value | undefined {
    const at = ["sign", "digits", "exponent"].indexOf(name);
    return at < 0 ? undefined : this.items[at];
  }
  override repr(): string {
    const [sign, digits, exponent] = this.items.map(repr);
    return `DecimalTuple(sign=${sign}, digits=${digits}, exponent=${exponent})`;
  }
}

type DecimalMethod = (self: PyDecimal, args: Value[], kwargs: Kwargs) => Value;

function need(value: Value | undefined): PyDecimal {
  const d = asDecimal(value ?? null, false);
  if (!d) throw typeError(`conversion from ${typeName(value ?? null)} to Decimal is not supported`);
  return d;
}
function roundingOf(value: Value | undefined): string {
  const name = value === undefined || value === null ? "ROUND_HALF_EVEN" : (textOf(value) ?? "");
  if (!roundings.has(name))
    throw typeError(
      "valid values for rounding are: [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]",
    );
  return name;
}

const toIntegral: DecimalMethod = (self, args, kwargs) => {
  const [rounding] = bindArguments("to_integral_value", ["rounding?", "context?"], args, kwargs);
  return self.exponent >= 0 ? self : self.quantize(0, roundingOf(rounding));
};

const methods: Record<string, DecimalMethod> = {
  __round__: (self, [digits]) => {
    if (digits === undefined || digits === null) return self.quantize(0).toInt();
    return self.quantize(-(indexNumber(digits) ?? 0));
  },
  adjusted: (self) => self.exponent + digitCount(self.coefficient) - 1,
  as_integer_ratio: (self) => {
    const denominator = power10(Math.max(0, -self.exponent));
    let a = self.coefficient * power10(Math.max(0, self.exponent));
    let b = denominator;
    let x = a;
    let y = b;
    while (y) [x, y] = [y, x % y];
    if (x) {
      a /= x;
      b /= x;
    }
    return new PyTuple([int(self.negative ? -a : a), int(b)]);
  },
  as_tuple: (self) =>
    new DecimalTuple([
      self.negative ? 1 : 0,
      new PyTuple(Array.from(self.coefficient.toString(), Number)),
      self.exponent,
    ]),
  compare: (self, [other]) => PyDecimal.ofInt(self.compareTo(need(other))),
  copy_abs: (self) => new PyDecimal(false, self.coefficient, self.exponent, self.special),
  copy_negate: (self) => new PyDecimal(!self.negative, self.coefficient, self.exponent, self.special),
  is_finite: (self) => self.special === undefined,
  is_infinite: (self) => self.special === "Infinity",
  is_nan: (self) => self.special === "NaN",
  is_signed: (self) => self.negative,
  is_zero: (self) => self.isZero(),
  max: (self, [other]) => (self.compareTo(need(other)) >= 0 ? self : need(other)),
  min: (self, [other]) => (self.compareTo(need(other)) <= 0 ? self : need(other)),
  normalize: (self) => {
    if (self.special) return self;
    let { coefficient, exponent } = self;
    if (coefficient === 0n) return new PyDecimal(self.negative, 0n, 0);
    while (coefficient % 10n === 0n) {
      coefficient /= 10n;
      exponent++;
    }
    return new PyDecimal(self.negative, coefficient, exponent);
  },
  quantize: (self, args, kwargs) => {
    const [exp, rounding] = bindArguments("quantize", ["exp", "rounding?", "context?"], args, kwargs);
    return self.quantize(need(exp).exponent, roundingOf(rounding));
  },
  sqrt: (self) => self.sqrt(),
  to_eng_string: (self) => self.str(),
  to_integral: toIntegral,
  to_integral_value: toIntegral,
};

/** A value as Decimal for arithmetic (ints only) or comparison (floats too). */
export function asDecimal(value: Value, floats: boolean): PyDecimal | undefined {
  if (value instanceof PyDecimal) return value;
  if (isInt(value)) return PyDecimal.ofInt(BigInt(value));
  return floats && isFloat(value) ? PyDecimal.ofFloat(Number(numeric(value))) : undefined;
}

/** `Decimal(x)` */
export const decimalType = new PyType("decimal.Decimal", (args, kwargs) => {
  const [value = 0] = bindArguments("Decimal", ["value?", "context?"], args, kwargs);
  const text = textOf(value);
  if (text !== undefined) {
    const parsed = PyDecimal.parse(text);
    if (!parsed) throw pyError("InvalidOperation", "[<class 'decimal.ConversionSyntax'>]");
    return parsed;
  }
  const d = asDecimal(value, true);
  if (!d) throw typeError(`conversion from ${typeName(value)} to Decimal is not supported`);
  return d;
});
