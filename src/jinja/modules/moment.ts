import { bindArguments } from "../arguments.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import { PyFunction, PyType } from "../function.ts";
import { numeric, PyFloat } from "../numbers.ts";
import { reprText } from "../text.ts";
import { textOf, typeName } from "../operations.ts";
import { PyTuple } from "../sequences.ts";
import { PyObject, type BinaryOp, type CompareOp, type Kwargs, type Value } from "../value.ts";
import {
  daysInMonth,
  epochOrdinal,
  dayOfYear,
  fromOrdinal,
  isoCalendar,
  isoOrdinal,
  toOrdinal,
  weekday,
} from "./calendar.ts";
import { clockOf, clockText, type ClockTime, pad, parseClock, ranged, zoneOf } from "./clock.ts";
import { type Fields, offsetText, parseOffset, strftime, strptime } from "./strftime.ts";
import { floorDiv, floorMod, microsPerDay, microsPerSecond, PyTimedelta } from "./timedelta.ts";
import { FixedZone, type PyTzinfo, utcZone } from "./tzinfo.ts";

type MomentMethod<T> = (self: T, args: Value[], kwargs: Kwargs) => Value;

const compareOrder = (op: CompareOp, order: number): boolean =>
  op === "<" ? order < 0 : op === "<=" ? order <= 0 : op === ">" ? order > 0 : order >= 0;
const sign = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const formatArgument = (value: Value | undefined, func: string): string => {
  const text = textOf(value ?? null);
  if (text === undefined) throw typeError(`${func}() argument 1 must be str, not ${typeName(value ?? null)}`);
  return text;
};
const outOfRange = () => pyError("OverflowError", "date value out of range");

/** Python's `datetime.date`. */
export class PyDate extends PyObject {
  get pyType(): string {
    return "datetime.date";
  }
  readonly year: number;
  readonly month: number;
  readonly day: number;
  constructor(year: number, month: number, day: number) {
    super();
    if (year < 1 || year > 9999) throw valueError(`year ${year} is out of range`);
    if (month < 1 || month > 12) throw valueError("month must be in 1..12");
    if (day < 1 || day > daysInMonth(year, month)) throw valueError("day is out of range for month");
    this.year = year;
    this.month = month;
    this.day = day;
  }
  static ofOrdinal(ordinal: number): PyDate {
    if (ordinal < 1 || ordinal > 3_652_059) throw outOfRange();
    const { year, month, day } = fromOrdinal(ordinal);
    return new PyDate(year, month, day);
  }
  get ordinal(): number {
    return toOrdinal(this.year, this.month, this.day);
  }
  fields(): Fields {
    const { year, month, day } = this;
    return { year, month, day, hour: 0, minute: 0, second: 0, micro: 0, offset: undefined, zone: undefined };
  }
  isoformat(): string {
    return `${pad(this.year, 4)}-${pad(this.month)}-${pad(this.day)}`;
  }
  override str(): string {
    return this.isoformat();
  }
  override repr(): string {
    return `datetime.date(${this.year}, ${this.month}, ${this.day})`;
  }
  override format(spec: string): string {
    return strftime(this.fields(), spec);
  }
  override toPlain(): unknown {
    return this.isoformat();
  }
  override hash(): unknown {
    return `\0date${this.ordinal}`;
  }
  override equals(other: Value): boolean {
    return other instanceof PyDate && !(other instanceof PyDateTime) && other.ordinal === this.ordinal;
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    if (!(other instanceof PyDate)) return undefined;
    if (other instanceof PyDateTime) throw typeError("can't compare datetime.datetime to datetime.date");
    return compareOrder(op, this.ordinal - other.ordinal);
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (other instanceof PyTimedelta && (op === "+" || (op === "-" && !reflected))) {
      const days = Number(other.days);
      return PyDate.ofOrdinal(this.ordinal + (op === "+" ? days : -days));
    }
    if (op === "-" && other instanceof PyDate && !(other instanceof PyDateTime)) {
      const days = this.ordinal - other.ordinal;
      return PyTimedelta.of({ days: reflected ? -days : days });
    }
    return undefined;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "year" || name === "month" || name === "day") return this[name];
    const method = Object.hasOwn(dateMethods, name) ? dateMethods[name] : undefined;
    if (method) return new PyFunction(name, (args, kwargs) => method(this, args, kwargs));
    return dateType.getAttr(name);
  }
}

class IsoCalendarDate extends PyTuple {
  override get pyType(): string {
    return "datetime.IsoCalendarDate";
  }
  override getAttr(name: string): Value | undefined {
    const at = ["year", "week", "weekday"].indexOf(name);
    return at < 0 ? undefined : this.items[at];
  }
  override repr(): string {
    const [year, week, day] = this.items;
    return `datetime.IsoCalendarDate(year=${String(year)}, week=${String(week)}, weekday=${String(day)})`;
  }
}

const shared: Record<string, MomentMethod<PyDate>> = {
  ctime: (self) => strftime(self.fields(), "%a %b %e %H:%M:%S ") + self.year,
  isocalendar: (self) => {
    const { year, week, weekday: day } = isoCalendar(self.year, self.month, self.day);
    return new IsoCalendarDate([year, week, day]);
  },
  isoweekday: (self) => weekday(self.ordinal) + 1,
  strftime: (self, args, kwargs) =>
    strftime(self.fields(), formatArgument(bindArguments("strftime", ["format"], args, kwargs)[0], "strftime")),
  toordinal: (self) => self.ordinal,
  weekday: (self) => weekday(self.ordinal),
};

const dateMethods: Record<string, MomentMethod<PyDate>> = {
  ...shared,
  isoformat: (self) => self.isoformat(),
  replace: (self, args, kwargs) => {
    const [year = self.year, month = self.month, day = self.day] = bindArguments(
      "replace",
      ["year?", "month?", "day?"],
      args,
      kwargs,
    );
    return makeDate([year, month, day]);
  },
  timetuple: (self) => timeTuple(self, -1),
};

function timeTuple(self: PyDate, dst: number): PyTuple {
  const f = self.fields();
  const yearDay = dayOfYear(f.year, f.month, f.day);
  return new PyTuple([f.year, f.month, f.day, f.hour, f.minute, f.second, weekday(self.ordinal), yearDay, dst]);
}

/** The constructors are written in C: their message about missing arguments is their own. */
function needed(args: Value[], kwargs: Kwargs): void {
  ["year", "month", "day"].forEach((name, i) => {
    if (i >= args.length && !kwargs.has(name)) {
      throw typeError(`function missing required argument '${name}' (pos ${i + 1})`);
    }
  });
}

function makeDate(parts: (Value | undefined)[]): PyDate {
  const [year, month, day] = parts.map((p) => ranged(p, undefined, -1e9, 1e9, ""));
  return new PyDate(year as number, month as number, day as number);
}

/** Python's `datetime.time`. */
export class PyTime extends PyObject implements ClockTime {
  readonly pyType = "datetime.time";
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
  readonly zone: PyTzinfo | undefined;
  constructor(clock: ClockTime, zone?: PyTzinfo) {
    super();
    this.hour = clock.hour;
    this.minute = clock.minute;
    this.second = clock.second;
    this.micro = clock.micro;
    this.zone = zone;
  }
  get micros(): bigint {
    return BigInt(this.hour * 3600 + this.minute * 60 + this.second) * microsPerSecond + BigInt(this.micro);
  }
  private get offset(): bigint | undefined {
    return this.zone?.utcoffset(0n);
  }
  isoformat(spec = "auto"): string {
    return clockText(this, spec) + offsetText(this.offset, ":");
  }
  override str(): string {
    return this.isoformat();
  }
  override repr(): string {
    const parts: (number | string)[] = [this.hour, this.minute];
    if (this.second || this.micro) parts.push(this.second);
    if (this.micro) parts.push(this.micro);
    if (this.zone) parts.push(`tzinfo=${this.zone.repr()}`);
    return `datetime.time(${parts.join(", ")})`;
  }
  override format(spec: string): string {
    return strftime(this.fields(), spec);
  }
  override toPlain(): unknown {
    return this.isoformat();
  }
  fields(): Fields {
    const { hour, minute, second, micro } = this;
    return {
      year: 1900,
      month: 1,
      day: 1,
      hour,
      minute,
      second,
      micro,
      offset: this.offset,
      zone: this.zone?.tzname(0n),
    };
  }
  override hash(): unknown {
    return `\0time${this.micros - (this.offset ?? 0n)}`;
  }
  override equals(other: Value): boolean {
    return (
      other instanceof PyTime &&
      (this.offset === undefined) === (other.offset === undefined) &&
      this.hash() === other.hash()
    );
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    if (!(other instanceof PyTime)) return undefined;
    if ((this.offset === undefined) !== (other.offset === undefined))
      throw typeError("can't compare offset-naive and offset-aware times");
    return compareOrder(op, sign(this.micros - (this.offset ?? 0n), other.micros - (other.offset ?? 0n)));
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "hour":
      case "minute":
      case "second":
        return this[name];
      case "microsecond":
        return this.micro;
      case "tzinfo":
        return this.zone ?? null;
      case "fold":
        return 0;
      case "isoformat":
        return new PyFunction(name, (args, kwargs) =>
          this.isoformat(textOf(bindArguments(name, ["timespec?"], args, kwargs)[0] ?? "auto")),
        );
      case "strftime":
        return new PyFunction(name, (args) => strftime(this.fields(), formatArgument(args[0], "strftime")));
      case "replace":
        return new PyFunction(name, (args, kwargs) => {
          const [h, m, s, us, tz] = bindArguments(
            name,
            ["hour?", "minute?", "second?", "microsecond?", "tzinfo?"],
            args,
            kwargs,
          );
          return new PyTime(clockOf([h, m, s, us], this), zoneOf(tz, this.zone));
        });
      case "utcoffset":
        return new PyFunction(name, () => (this.offset === undefined ? null : new PyTimedelta(this.offset)));
      case "tzname":
        return new PyFunction(name, () => this.zone?.tzname(0n) ?? null);
      default:
        return timeType.getAttr(name);
    }
  }
}

/** Python's `datetime.datetime`, naive or with a zone. */
export class PyDateTime extends PyDate implements ClockTime {
  override get pyType(): string {
    return "datetime.datetime";
  }
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
  readonly zone: PyTzinfo | undefined;
  constructor(year: number, month: number, day: number, clock: ClockTime, zone?: PyTzinfo) {
    super(year, month, day);
    this.hour = clock.hour;
    this.minute = clock.minute;
    this.second = clock.second;
    this.micro = clock.micro;
    this.zone = zone;
  }
  /** From microseconds on the local clock since 0001-01-01. */
  static ofLocal(local: bigint, zone?: PyTzinfo): PyDateTime {
    const days = Number(floorDiv(local, microsPerDay)) + 1;
    if (days < 1 || days > 3_652_059) throw outOfRange();
    const { year, month, day } = fromOrdinal(days);
    const rest = floorMod(local, microsPerDay);
    const seconds = Number(rest / microsPerSecond);
    const clock = {
      hour: Math.floor(seconds / 3600),
      minute: Math.floor(seconds / 60) % 60,
      second: seconds % 60,
      micro: Number(rest % microsPerSecond),
    };
    return new PyDateTime(year, month, day, clock, zone);
  }
  /** An instant, in a zone. */
  static ofUtc(utc: bigint, zone: PyTzinfo): PyDateTime {
    const there = zone.at(utc);
    return PyDateTime.ofLocal(utc + there.offsetAt(utc), there);
  }
  /** From JavaScript's clock, in UTC or a zone. */
  static ofEpochMillis(millis: number, zone: PyTzinfo = utcZone): PyDateTime {
    return PyDateTime.ofUtc(epochMicros + BigInt(Math.round(millis * 1000)), zone);
  }
  get local(): bigint {
    const seconds = this.hour * 3600 + this.minute * 60 + this.second;
    return BigInt(this.ordinal - 1) * microsPerDay + BigInt(seconds) * microsPerSecond + BigInt(this.micro);
  }
  get offset(): bigint | undefined {
    return this.zone?.utcoffset(this.local);
  }
  /** The instant; naive ones are taken for local time of this machine. */
  get utc(): bigint {
    const { offset, local } = this;
    return local - (offset ?? machineOffset(this));
  }
  override fields(): Fields {
    const { year, month, day, hour, minute, second, micro } = this;
    return { year, month, day, hour, minute, second, micro, offset: this.offset, zone: this.zone?.tzname(this.local) };
  }
  override isoformat(separator = "T", spec = "auto"): string {
    return `${super.isoformat()}${separator}${clockText(this, spec)}${offsetText(this.offset, ":")}`;
  }
  override str(): string {
    return this.isoformat(" ");
  }
  override repr(): string {
    const parts: (number | string)[] = [this.year, this.month, this.day, this.hour, this.minute];
    if (this.second || this.micro) parts.push(this.second);
    if (this.micro) parts.push(this.micro);
    if (this.zone) parts.push(`tzinfo=${this.zone.repr()}`);
    return `datetime.datetime(${parts.join(", ")})`;
  }
  override hash(): unknown {
    return `\0datetime${this.local - (this.offset ?? 0n)}${this.zone ? "z" : ""}`;
  }
  override equals(other: Value): boolean {
    if (!(other instanceof PyDateTime)) return false;
    if ((this.offset === undefined) !== (other.offset === undefined)) return false;
    return this.local - (this.offset ?? 0n) === other.local - (other.offset ?? 0n);
  }
  override richCompare(op: CompareOp, other: Value): boolean | undefined {
    if (!(other instanceof PyDate)) return undefined;
    if (!(other instanceof PyDateTime)) throw typeError("can't compare datetime.datetime to datetime.date");
    if ((this.offset === undefined) !== (other.offset === undefined)) {
      throw typeError("can't compare offset-naive and offset-aware datetimes");
    }
    return compareOrder(op, sign(this.local - (this.offset ?? 0n), other.local - (other.offset ?? 0n)));
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (other instanceof PyTimedelta && (op === "+" || (op === "-" && !reflected))) {
      return PyDateTime.ofLocal(this.local + (op === "+" ? other.micros : -other.micros), this.zone);
    }
    if (op === "-" && other instanceof PyDateTime) {
      if ((this.offset === undefined) !== (other.offset === undefined)) {
        throw typeError("can't subtract offset-naive and offset-aware datetimes");
      }
      const micros = this.local - (this.offset ?? 0n) - (other.local - (other.offset ?? 0n));
      return new PyTimedelta(reflected ? -micros : micros);
    }
    return undefined;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "year":
      case "month":
      case "day":
      case "hour":
      case "minute":
      case "second":
        return this[name];
      case "microsecond":
        return this.micro;
      case "tzinfo":
        return this.zone ?? null;
      case "fold":
        return 0;
    }
    const method = Object.hasOwn(dateTimeMethods, name) ? dateTimeMethods[name] : undefined;
    if (method) return new PyFunction(name, (args, kwargs) => method(this, args, kwargs));
    return dateTimeType.getAttr(name);
  }
}

const epochMicros = BigInt(epochOrdinal - 1) * microsPerDay;

/** The machine's own offset from UTC at a local time. */
function machineOffset(d: PyDateTime): bigint {
  const js = new Date(d.year, d.month - 1, d.day, d.hour, d.minute, d.second);
  return BigInt(-js.getTimezoneOffset() * 60) * microsPerSecond;
}

const dateTimeMethods: Record<string, MomentMethod<PyDateTime>> = {
  ...(shared as unknown as Record<string, MomentMethod<PyDateTime>>),
  astimezone: (self, args, kwargs) => {
    const [tz] = bindArguments("astimezone", ["tz?"], args, kwargs);
    return PyDateTime.ofUtc(self.utc, zoneOf(tz ?? undefined) ?? utcZone);
  },
  date: (self) => new PyDate(self.year, self.month, self.day),
  dst: (self) => {
    const dst = self.zone?.dst(self.local);
    return dst === undefined ? null : new PyTimedelta(dst);
  },
  isoformat: (self, args, kwargs) => {
    const [sep = "T", spec = "auto"] = bindArguments("isoformat", ["sep?", "timespec?"], args, kwargs);
    return self.isoformat(textOf(sep), textOf(spec));
  },
  replace: (self, args, kwargs) => {
    const names = ["year?", "month?", "day?", "hour?", "minute?", "second?", "microsecond?", "tzinfo?", "fold?"];
    const [year = self.year, month = self.month, day = self.day, h, m, s, us, tz] = bindArguments(
      "replace",
      names,
      args,
      kwargs,
    );
    const date = makeDate([year, month, day]);
    return new PyDateTime(date.year, date.month, date.day, clockOf([h, m, s, us], self), zoneOf(tz, self.zone));
  },
  time: (self) => new PyTime(self),
  timestamp: (self) => new PyFloat(Number(self.utc - epochMicros) / 1e6),
  timetuple: (self) => timeTuple(self, -1),
  timetz: (self) => new PyTime(self, self.zone),
  tzname: (self) => self.zone?.tzname(self.local) ?? null,
  utcoffset: (self) => (self.offset === undefined ? null : new PyTimedelta(self.offset)),
  utctimetuple: (self) => timeTuple(PyDateTime.ofUtc(self.utc, utcZone), 0),
};

const method = (name: string, run: (args: Value[], kwargs: Kwargs) => Value): [string, Value] => [
  name,
  new PyFunction(name, run),
];

function parseDate(text: string, whole = text): PyDate {
  const plain = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(text);
  if (plain) return new PyDate(Number(plain[1]), Number(plain[2]), Number(plain[3]));
  const week = /^(\d{4})-?W(\d\d)(?:-?(\d))?$/.exec(text);
  if (!week) throw valueError(`Invalid isoformat string: ${reprText(whole)}`);
  return PyDate.ofOrdinal(isoOrdinal(Number(week[1]), Number(week[2]), Number(week[3] ?? 1)));
}

const iso = (args: Value[]): string => {
  const text = textOf(args[0] ?? null);
  if (text === undefined) throw typeError("fromisoformat: argument must be str");
  return text;
};

function fromTimestamp(value: Value | undefined): bigint {
  const n = numeric(value ?? null);
  if (n === undefined) throw typeError(`an integer is required (got type ${typeName(value ?? null)})`);
  if (typeof n === "bigint" || Number.isInteger(n)) return epochMicros + BigInt(n) * microsPerSecond;
  const whole = Math.floor(n);
  return epochMicros + BigInt(whole) * microsPerSecond + BigInt(Math.round((n - whole) * 1e6));
}

const now = (): PyDateTime => {
  const millis = performance.timeOrigin + performance.now();
  const at = new PyDateTime(1970, 1, 1, { hour: 0, minute: 0, second: 0, micro: 0 }, utcZone);
  return PyDateTime.ofUtc(at.local + BigInt(Math.floor(millis * 1000)), utcZone);
};
/** The machine's local time without zone. */
const localNow = (): PyDateTime => {
  const utc = now();
  const offset = BigInt(-new Date().getTimezoneOffset() * 60) * microsPerSecond;
  return PyDateTime.ofLocal(utc.local + offset);
};

export const dateType: PyType = new PyType(
  "datetime.date",
  (args, kwargs) => {
    needed(args, kwargs);
    return makeDate(bindArguments("date", ["year", "month", "day"], args, kwargs));
  },
  new Map<string, Value>([
    method("today", () => PyDate.ofOrdinal(localNow().ordinal)),
    method("fromisoformat", (args) => parseDate(iso(args))),
    method("fromordinal", (args) => PyDate.ofOrdinal(ranged(args[0], undefined, -1e9, 1e9, ""))),
    method("fromtimestamp", (args) => PyDate.ofOrdinal(PyDateTime.ofLocal(fromTimestamp(args[0])).ordinal)),
    method("fromisocalendar", (args, kwargs) => {
      const [y, w, d] = bindArguments("fromisocalendar", ["year", "week", "day"], args, kwargs).map((v) =>
        ranged(v, 0, 0, 9999, ""),
      );
      return PyDate.ofOrdinal(isoOrdinal(y as number, w as number, d as number));
    }),
    ["min", new PyDate(1, 1, 1)],
    ["max", new PyDate(9999, 12, 31)],
    ["resolution", PyTimedelta.of({ days: 1 })],
  ]),
);

function parseTime(whole: string): PyTime {
  const m = /^T?([^+\-Z]*)([+-].*|Z)?$/.exec(whole);
  const offset = m?.[2] === undefined ? undefined : parseOffset(m[2]);
  return new PyTime(parseClock(m?.[1] ?? "", whole), offset === undefined ? undefined : fixedZone(offset));
}

export const timeType: PyType = new PyType(
  "datetime.time",
  (args, kwargs) => {
    const [h, m, s, us, tz] = bindArguments(
      "time",
      ["hour?", "minute?", "second?", "microsecond?", "tzinfo?"],
      args,
      kwargs,
    );
    return new PyTime(clockOf([h, m, s, us]), zoneOf(tz));
  },
  new Map<string, Value>([
    method("fromisoformat", (args) => parseTime(iso(args))),
    ["min", new PyTime({ hour: 0, minute: 0, second: 0, micro: 0 })],
    ["max", new PyTime({ hour: 23, minute: 59, second: 59, micro: 999_999 })],
    ["resolution", new PyTimedelta(1n)],
  ]),
);

function parseDateTime(text: string): PyDateTime {
  const m = /^(\d{4}-\d\d-\d\d|\d{4}-W\d\d(?:-\d)?|\d{8}|\d{4}W\d{2,3})(?:[^\d]([^+\-Z]*)([+-].*|Z)?)?$/.exec(text);
  if (!m) throw valueError(`Invalid isoformat string: ${reprText(text)}`);
  const date = parseDate(m[1] as string, text);
  const clock = m[2] === undefined ? clockOf([]) : parseClock(m[2], text);
  const offset = m[3] === undefined ? undefined : parseOffset(m[3]);
  return new PyDateTime(date.year, date.month, date.day, clock, offset === undefined ? undefined : fixedZone(offset));
}

const atZone = (utc: bigint, tz: PyTzinfo | undefined): PyDateTime => {
  if (tz) return PyDateTime.ofUtc(utc, tz);
  const millis = Number((utc - epochMicros) / 1000n);
  return PyDateTime.ofLocal(utc + BigInt(-new Date(millis).getTimezoneOffset() * 60) * microsPerSecond);
};

export const dateTimeType: PyType = new PyType(
  "datetime.datetime",
  (args, kwargs) => {
    const names = ["year", "month", "day", "hour?", "minute?", "second?", "microsecond?", "tzinfo?", "fold?"];
    needed(args, kwargs);
    const [year, month, day, h, m, s, us, tz] = bindArguments("datetime", names, args, kwargs);
    const date = makeDate([year, month, day]);
    return new PyDateTime(date.year, date.month, date.day, clockOf([h, m, s, us]), zoneOf(tz));
  },
  new Map<string, Value>([
    method("now", (args, kwargs) => {
      const tz = zoneOf(bindArguments("now", ["tz?"], args, kwargs)[0] ?? undefined);
      return tz ? PyDateTime.ofUtc(now().local, tz) : localNow();
    }),
    method("today", localNow),
    method("utcnow", () => PyDateTime.ofLocal(now().local)),
    method("fromisoformat", (args) => parseDateTime(iso(args))),
    method("fromordinal", (args) =>
      PyDateTime.ofLocal(BigInt(ranged(args[0], undefined, 1, 3_652_059, "ordinal out of range") - 1) * microsPerDay),
    ),
    method("fromtimestamp", (args, kwargs) => {
      const [value, tz] = bindArguments("fromtimestamp", ["timestamp", "tz?"], args, kwargs);
      return atZone(fromTimestamp(value), zoneOf(tz));
    }),
    method("utcfromtimestamp", (args) => PyDateTime.ofLocal(fromTimestamp(args[0]))),
    method("fromisocalendar", (args, kwargs) => {
      const [y, w, d] = bindArguments("fromisocalendar", ["year", "week", "day"], args, kwargs).map((v) =>
        ranged(v, 0, 0, 9999, ""),
      );
      return PyDateTime.ofLocal(BigInt(isoOrdinal(y as number, w as number, d as number) - 1) * microsPerDay);
    }),
    method("combine", (args, kwargs) => {
      const [date, time, tz] = bindArguments("combine", ["date", "time", "tzinfo?"], args, kwargs);
      if (!(date instanceof PyDate))
        throw typeError(`combine() argument 1 must be datetime.date, not ${typeName(date as Value)}`);
      if (!(time instanceof PyTime))
        throw typeError(`combine() argument 2 must be datetime.time, not ${typeName(time as Value)}`);
      return new PyDateTime(date.year, date.month, date.day, time, zoneOf(tz, time.zone));
    }),
    method("strptime", (args) => {
      const f = strptime(formatArgument(args[0], "strptime"), formatArgument(args[1], "strptime"));
      return new PyDateTime(f.year, f.month, f.day, f, f.offset === undefined ? undefined : fixedZone(f.offset));
    }),
    ["min", new PyDateTime(1, 1, 1, { hour: 0, minute: 0, second: 0, micro: 0 })],
    ["max", new PyDateTime(9999, 12, 31, { hour: 23, minute: 59, second: 59, micro: 999_999 })],
    ["resolution", new PyTimedelta(1n)],
  ]),
);

const fixedZone = (offset: bigint): PyTzinfo => (offset === 0n ? utcZone : new FixedZone(offset));
