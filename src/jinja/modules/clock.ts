import { valueError } from "../errors.ts";
import { indexNumber } from "../numbers.ts";
import { typeError } from "../errors.ts";
import { typeName } from "../operations.ts";
import type { Value } from "../value.ts";
import { PyTzinfo } from "./tzinfo.ts";

export const pad = (n: number, width = 2): string => String(n).padStart(width, "0");

/** An integer argument in a range, with Python's message. */
export function ranged(
  value: Value | undefined,
  fallback: number | undefined,
  min: number,
  max: number,
  message: string,
): number {
  if (value === undefined) return fallback as number;
  const n = indexNumber(value);
  if (n === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  if (n < min || n > max) throw valueError(message);
  return n;
}

export interface ClockTime {
  hour: number;
  minute: number;
  second: number;
  micro: number;
}

export function clockOf(
  parts: (Value | undefined)[],
  base: ClockTime = { hour: 0, minute: 0, second: 0, micro: 0 },
): ClockTime {
  const [hour, minute, second, micro] = parts;
  return {
    hour: ranged(hour, base.hour, 0, 23, "hour must be in 0..23"),
    minute: ranged(minute, base.minute, 0, 59, "minute must be in 0..59"),
    second: ranged(second, base.second, 0, 59, "second must be in 0..59"),
    micro: ranged(micro, base.micro, 0, 999_999, "microsecond must be in 0..999999"),
  };
}

export function zoneOf(value: Value | undefined, base?: PyTzinfo): PyTzinfo | undefined {
  if (value === undefined) return base;
  if (value === null) return undefined;
  if (value instanceof PyTzinfo) return value;
  throw typeError(`tzinfo argument must be None or of a tzinfo subclass, not type '${typeName(value)}'`);
}

/** The clock part of `isoformat`. */
export function clockText(t: ClockTime, spec = "auto"): string {
  const base = `${pad(t.hour)}:${pad(t.minute)}`;
  switch (spec) {
    case "auto":
      return `${base}:${pad(t.second)}${t.micro ? `.${pad(t.micro, 6)}` : ""}`;
    case "hours":
      return pad(t.hour);
    case "minutes":
      return base;
    case "seconds":
      return `${base}:${pad(t.second)}`;
    case "milliseconds":
      return `${base}:${pad(t.second)}.${pad(Math.floor(t.micro / 1000), 3)}`;
    case "microseconds":
      return `${base}:${pad(t.second)}.${pad(t.micro, 6)}`;
    default:
      throw valueError("Unknown timespec value");
  }
}

/** The clock part of ISO text: `10`, `10:30`, `10:30:00.5`, `103000`. */
export function parseClock(text: string, whole: string): ClockTime {
  const m = /^(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?$/.exec(text);
  if (!m) throw valueError(`Invalid isoformat string: '${whole}'`);
  return clockOf([
    Number(m[1]),
    Number(m[2] ?? 0),
    Number(m[3] ?? 0),
    Number((m[4] ?? "0").padEnd(6, "0").slice(0, 6)),
  ]);
}
