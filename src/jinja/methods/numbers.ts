import { checkArity } from "../arguments.ts";
import { bindArguments } from "../arguments.ts";
import { PyBytes } from "../bytes.ts";
import { typeError } from "../errors.ts";
import { exactFraction, int, PyFloat } from "../numbers.ts";
import { textOf } from "../operations.ts";
import { PyTuple } from "../sequences.ts";
import type { Kwargs, Value } from "../value.ts";

type MethodOf<T> = (self: T, args: Value[], kwargs: Kwargs) => Value;

const method =
  <T>(name: string, run: (self: T) => Value): MethodOf<T> =>
  (self, args, kwargs) => {
    checkArity(name, args, kwargs, 0, 0);
    return run(self);
  };

const toBig = (self: number | bigint | boolean): bigint => BigInt(self);
const size = (value: bigint): bigint => (value < 0n ? -value : value);

export const intMethods: Record<string, MethodOf<number | bigint | boolean>> = {
  as_integer_ratio: method("int.as_integer_ratio", (self) => new PyTuple([int(toBig(self)), 1])),
  bit_count: method("int.bit_count", (self) => size(toBig(self)).toString(2).replaceAll("0", "").length),
  bit_length: method("int.bit_length", (self) => (toBig(self) === 0n ? 0 : size(toBig(self)).toString(2).length)),
  conjugate: method("int.conjugate", (self) => int(toBig(self))),
  to_bytes: (self, args, kwargs) => {
    const [n = 1, order = "big"] = bindArguments("to_bytes", ["length?", "byteorder?"], args, kwargs);
    if (typeof n !== "number") throw typeError("length must be an integer");
    const hex = toBig(self)
      .toString(16)
      .padStart(n * 2, "0");
    const data = Buffer.from(hex, "hex");
    return new PyBytes(textOf(order) === "little" ? data.reverse() : data);
  },
};

/** The attributes of numbers that are no methods. */
export const intAttributes: Record<string, (self: number | bigint | boolean) => Value> = {
  real: (self) => int(toBig(self)),
  imag: () => 0,
  numerator: (self) => int(toBig(self)),
  denominator: () => 1,
};

export const floatMethods: Record<string, MethodOf<PyFloat>> = {
  as_integer_ratio: method("float.as_integer_ratio", (self) => {
    const { numerator, denominator } = exactFraction(self.value);
    let a = numerator;
    let b = denominator;
    while (a % 2n === 0n && b % 2n === 0n) {
      a /= 2n;
      b /= 2n;
    }
    return new PyTuple([int(a), int(b)]);
  }),
  conjugate: method("float.conjugate", (self) => self),
  hex: method("float.hex", (self) => hexFloat(self.value)),
  is_integer: method("float.is_integer", (self) => Number.isInteger(self.value)),
};

export const floatAttributes: Record<string, (self: PyFloat) => Value> = {
  real: (self) => self,
  imag: () => new PyFloat(0),
};

function hexFloat(value: number): string {
  if (!Number.isFinite(value)) return new PyFloat(value).repr();
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xfffffffffffffn).toString(16).padStart(13, "0");
  const sign = bits >> 63n ? "-" : "";
  if (exponent === 0) return value === 0 ? `${sign}0x0.0p+0` : `${sign}0x0.${fraction}p-1022`;
  const power = exponent - 1023;
  return `${sign}0x1.${fraction}p${power < 0 ? "-" : "+"}${Math.abs(power)}`;
}

export const bytesMethods: Record<string, MethodOf<PyBytes>> = {
  decode: (self, args, kwargs) => {
    const [encoding = "utf-8"] = bindArguments("decode", ["encoding?", "errors?"], args, kwargs);
    return self.decode(textOf(encoding) ?? "utf-8");
  },
  hex: method("bytes.hex", (self) => self.data.toString("hex")),
  upper: method(
    "bytes.upper",
    (self) => new PyBytes(Buffer.from(self.data.toString("latin1").toUpperCase(), "latin1")),
  ),
  lower: method(
    "bytes.lower",
    (self) => new PyBytes(Buffer.from(self.data.toString("latin1").toLowerCase(), "latin1")),
  ),
};
