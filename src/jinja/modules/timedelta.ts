import { bindArguments } from "../arguments.ts";
import { floatDivmod } from "../arithmetic.ts";
import { pyError, typeError } from "../errors.ts";
import { PyFunction, PyType } from "../function.ts";
import { divideHalfEven, exactFraction, int, isInt, numeric, PyFloat } from "../numbers.ts";
import { typeName } from "../operations.ts";
import { PyObject, type BinaryOp, type CompareOp, type Value } from "../value.ts";

export const microsPerSecond = 1_000_000n;
export const microsPerDay = 86_400_000_000n;

export const floorDiv = (a: bigint, b: bigint): bigint => {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
};
export const floorMod = (a: bigint, b: bigint): bigint => a - floorDiv(a, b) * b;

/** Python's `datetime.timedelta`, kept as one count of microseconds. */
export class PyTimedelta extends PyObject {
  readonly pyType = "datetime.timedelta";
  readonly micros: bigint;
  constructor(micros: bigint) {
    super();
    this.micros = micros;
    const days = this.days;
    if (days < -999_999_999n || days > 999_999_999n) {
      throw pyError("OverflowError", `days=${days}; must have magnitude <= 999999999`);
    }
  }
  static of(parts: {
    days?: number;
    hours?: number;
    minutes?: number;
    seconds?: number;
    micros?: number;
  }): PyTimedelta {
    const { days = 0, hours = 0, minutes = 0, seconds = 0, micros = 0 } = parts;
    return new PyTimedelta(
      BigInt(days) * microsPerDay + BigInt(hours * 3600 + minutes * 60 + seconds) * microsPerSecond + BigInt(micros),
    );
  }
  get days(): bigint {
    return floorDiv(this.micros, microsPerDay);
  }
  get seconds(): number {
    return Number(floorMod(this.micros, microsPerDay) / microsPerSecond);
  }
  get microseconds(): number {
    return Number(floorMod(this.micros, microsPerSecond));
  }
  totalSeconds(): number {
    return Number(this.micros) / 1e6;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "days":
        return Number(this.days);
      case "seconds":
        return this.seconds;
      case "microseconds":
        return this.microseconds;
      case "total_seconds":
        return new PyFunction(name, () => new PyFloat(this.totalSeconds()));
      case "min":
      case "max":
      case "resolution":
        return timedeltaType.getAttr(name);
      default:
        return undefined;
    }
  }
  override str(): string {
    const { days, seconds, microseconds } = this;
    const two = (n: number) => String(n).padStart(2, "0");
    const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    const fraction = microseconds ? `.${String(microseconds).padStart(6, "0")}` : "";
    const label = days === 0n ? "" : `${days} day${days === 1n || days === -1n ? "" : "s"}, `;
    return label + clock + fraction;
  }
  override repr(): string {
    const parts: string[] = [];
    if (this.days) parts.push(`days=${this.days}`);
    if (this.seconds) parts.push(`seconds=${this.seconds}`);
    if (this.microseconds) parts.push(`microseconds=${this.microseconds}`);
    return `datetime.timedelta(${parts.join(", ") || "0"})`;
  }
  override truthy(): boolean {
    return this.micros !== 0n;
  }
  override hash(): unknown {
    return `\0timedelta${this.micros}`;
  }
  override equals(other: Value): boolean {
    return other instanceof PyTimedelta && other.micros === this.micros;
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    if (!(other instanceof PyTimedelta)) return undefined;
    const order = this.micros < other.micros ? -1 : this.micros > other.micros ? 1 : 0;
    return op === "<" ? order < 0 : op === "<=" ? order <= 0 : op === ">" ? order > 0 : order >= 0;
  }
  override unary(op: "-" | "+" | "abs"): Value {
    return new PyTimedelta(op === "-" || (op === "abs" && this.micros < 0n) ? -this.micros : this.micros);
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (other instanceof PyTimedelta) {
      const a = reflected ? other.micros : this.micros;
      const b = reflected ? this.micros : other.micros;
      if (op === "+") return new PyTimedelta(a + b);
      if (op === "-") return new PyTimedelta(a - b);
      if (op === "/" || op === "//" || op === "%") {
        if (b === 0n)
          throw pyError("ZeroDivisionError", op === "/" ? "division by zero" : "integer division or modulo by zero");
        if (op === "/") return new PyFloat(Number(a) / Number(b));
        return op === "//" ? int(floorDiv(a, b)) : new PyTimedelta(floorMod(a, b));
      }
      return undefined;
    }
    const n = numeric(other);
    if (n === undefined) return undefined;
    const { numerator, denominator } = isInt(other)
      ? { numerator: BigInt(other), denominator: 1n }
      : exactFraction(Number(n));
    if (op === "*") return new PyTimedelta(divideHalfEven(this.micros * numerator, denominator));
    if (reflected) return undefined;
    if (op === "/" || (op === "//" && isInt(other))) {
      if (numerator === 0n) throw pyError("ZeroDivisionError", "integer division or modulo by zero");
      if (op === "//") return new PyTimedelta(floorDiv(this.micros, numerator));
      return new PyTimedelta(divideHalfEven(this.micros * denominator, numerator));
    }
    return undefined;
  }
}

const units: [string, bigint][] = [
  ["days", microsPerDay],
  ["seconds", microsPerSecond],
  ["microseconds", 1n],
  ["milliseconds", 1000n],
  ["minutes", 60n * microsPerSecond],
  ["hours", 3600n * microsPerSecond],
  ["weeks", 7n * microsPerDay],
];

export const timedeltaType = new PyType(
  "datetime.timedelta",
  (args, kwargs) => {
    const bound = bindArguments(
      "timedelta",
      units.map(([name]) => `${name}?`),
      args,
      kwargs,
    );
    let micros = 0n;
    let rest = 0;
    units.forEach(([name, unit], i) => {
      const value = bound[i];
      if (value === undefined) return;
      const n = numeric(value);
      if (n === undefined) throw typeError(`unsupported type for timedelta ${name} component: ${typeName(value)}`);
      if (isInt(value)) micros += BigInt(value) * unit;
      else {
        const [whole, fraction] = floatDivmod(Number(n), 1);
        micros += BigInt(whole) * unit;
        rest += fraction * Number(unit);
      }
    });
    const { numerator, denominator } = exactFraction(rest);
    return new PyTimedelta(micros + divideHalfEven(numerator, denominator));
  },
  new Map<string, Value>([
    ["min", new PyTimedelta(-999_999_999n * microsPerDay)],
    ["max", new PyTimedelta(1_000_000_000n * microsPerDay - 1n)],
    ["resolution", new PyTimedelta(1n)],
  ]),
);
