import { bindArguments } from "../arguments.ts";
import { typeError, valueError } from "../errors.ts";
import { PyFunction, PyType } from "../function.ts";
import { repr, textOf, typeName } from "../operations.ts";
import { PyObject, type Value } from "../value.ts";
import { offsetText } from "./strftime.ts";
import { PyTimedelta } from "./timedelta.ts";

/** A time zone. `local` and `utc` are microseconds since 0001-01-01 of a clock in the zone and in UTC. */
export abstract class PyTzinfo extends PyObject {
  /** Offset of the zone from UTC for a local time; undefined as Python's None. */
  abstract utcoffset(local: bigint): bigint | undefined;
  abstract tzname(local: bigint): string | undefined;
  dst(_local: bigint): bigint | undefined {
    return undefined;
  }
  /** The zone to use for an instant, for zones whose objects stand for one offset each. */
  at(_utc: bigint): PyTzinfo {
    return this;
  }
  /** Offset for an instant. */
  offsetAt(utc: bigint): bigint {
    return this.utcoffset(utc) ?? 0n;
  }
}

/** `datetime.timezone` and pytz's fixed zones. */
export class FixedZone extends PyTzinfo {
  readonly pyType: string;
  readonly offset: bigint;
  readonly label: string | undefined;
  private readonly shown: string | undefined;
  constructor(offset: bigint, label?: string, pyType = "datetime.timezone", shown?: string) {
    super();
    this.offset = offset;
    this.label = label;
    this.pyType = pyType;
    this.shown = shown;
  }
  utcoffset(): bigint {
    return this.offset;
  }
  tzname(): string {
    if (this.label !== undefined) return this.label;
    return this.offset === 0n ? "UTC" : `UTC${offsetText(this.offset, ":")}`;
  }
  override dst(): bigint | undefined {
    return this.pyType === "datetime.timezone" ? undefined : 0n;
  }
  override str(): string {
    return this.shown ? "UTC" : this.tzname();
  }
  override repr(): string {
    if (this.shown) return this.shown;
    if (this.offset === 0n && this.label === undefined) return "datetime.timezone.utc";
    const delta = new PyTimedelta(this.offset).repr();
    return `datetime.timezone(${delta}${this.label === undefined ? "" : `, ${repr(this.label)}`})`;
  }
  override equals(other: Value): boolean {
    return (
      this === other || (other instanceof FixedZone && other.pyType === this.pyType && other.offset === this.offset)
    );
  }
  override hash(): unknown {
    return `\0zone${this.offset}`;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "zone" && this.shown) return "UTC";
    if (name === "utcoffset") return new PyFunction(name, () => new PyTimedelta(this.offset));
    if (name === "tzname") return new PyFunction(name, () => this.tzname());
    return undefined;
  }
}

export const utcZone = new FixedZone(0n);

export const timezoneType = new PyType(
  "datetime.timezone",
  (args, kwargs) => {
    const [offset, name] = bindArguments("timezone", ["offset", "name?"], args, kwargs);
    if (!(offset instanceof PyTimedelta)) {
      throw typeError(`timezone() argument 1 must be datetime.timedelta, not ${typeName(offset as Value)}`);
    }
    if (offset.micros <= -86_400_000_000n || offset.micros >= 86_400_000_000n) {
      throw valueError(
        "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not " +
          offset.repr() +
          ".",
      );
    }
    return new FixedZone(offset.micros, name === undefined ? undefined : textOf(name));
  },
  new Map<string, Value>([["utc", utcZone]]),
);

/** The abstract class, of which templates only see the name. */
export const tzinfoType = new PyType("datetime.tzinfo", () => {
  throw typeError("tzinfo cannot be used by itself; take a zone of modules.pytz");
});
