import { bindArguments } from "../arguments.ts";
import { pyError, typeError, valueError } from "../errors.ts";
import { PyDict } from "../dict.ts";
import { PyFunction } from "../function.ts";
import { indexNumber } from "../numbers.ts";
import { textOf, truthy, typeName } from "../operations.ts";
import { PySet } from "../set.ts";
import type { Value } from "../value.ts";
import { epochOrdinal } from "./calendar.ts";
import { PyDateTime } from "./moment.ts";
import { microsPerDay, microsPerSecond, PyTimedelta } from "./timedelta.ts";
import { FixedZone, PyTzinfo } from "./tzinfo.ts";

const epoch = BigInt(epochOrdinal - 1) * microsPerDay;

/** English abbreviations differ by region: the first that is not a plain offset wins. */
const locales = ["en-US", "en-GB", "en-AU", "en-CA", "en-ZA", "en-IN", "en-NZ"];
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, locale: string): Intl.DateTimeFormat {
  const key = `${zone} ${locale}`;
  let format = formats.get(key);
  if (!format) {
    const part = "numeric";
    format = new Intl.DateTimeFormat(locale, {
      timeZone: zone,
      hourCycle: "h23",
      era: "short",
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
      timeZoneName: "short",
    });
    formats.set(key, format);
  }
  return format;
}

const millisOf = (utc: bigint): number => Number((utc - epoch) / 1000n);

/** The zone's offset at an instant, from the data that comes with Node. */
function zoneOffset(zone: string, utc: bigint): bigint {
  const millis = millisOf(utc);
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone, "en-US").formatToParts(millis)) parts[type] = value;
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  const local = Date.UTC(
    year,
    Number(parts.month) - 1,
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
    Number(parts.second),
  );
  return BigInt(Math.round((local - Math.floor(millis / 1000) * 1000) / 1000)) * microsPerSecond;
}

/** Names of the time zone database that no English locale has. */
const abbreviations: Record<string, string> = {
  "Africa/Johannesburg": "SAST",
  "Africa/Lagos": "WAT",
  "Africa/Nairobi": "EAT",
  "Asia/Hong_Kong": "HKT",
  "Asia/Jakarta": "WIB",
  "Asia/Karachi": "PKT",
  "Asia/Manila": "PST",
  "Asia/Seoul": "KST",
  "Asia/Shanghai": "CST",
  "Asia/Taipei": "CST",
  "Asia/Tokyo": "JST",
  "Europe/Moscow": "MSK",
};

function abbreviation(zone: string, utc: bigint, offset: bigint): string {
  const fixed = abbreviations[zone];
  if (fixed) return fixed;
  for (const locale of locales) {
    const name =
      formatOf(zone, locale)
        .formatToParts(millisOf(utc))
        .find((p) => p.type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{2,5}$/.test(name) && !(name === "GMT" && offset !== 0n)) return name;
  }
  const minutes = Number(offset / microsPerSecond / 60n);
  const size = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${size % 60 ? two(size % 60) : ""}`;
}

/** A zone of pytz: each object stands for one offset; `localize` and `astimezone` choose the right one. */
class NamedZone extends PyTzinfo {
  readonly pyType = "pytz.tzfile.DstTzInfo";
  readonly zone: string;
  private readonly offset: bigint;
  private readonly label: string;
  private readonly saving: bigint;
  constructor(zone: string, offset: bigint, label: string, saving: bigint) {
    super();
    this.zone = zone;
    this.offset = offset;
    this.label = label;
    this.saving = saving;
  }
  utcoffset(): bigint {
    return this.offset;
  }
  tzname(): string {
    return this.label;
  }
  override dst(): bigint {
    return this.saving;
  }
  override at(utc: bigint): NamedZone {
    const offset = zoneOffset(this.zone, utc);
    const year = 365n * microsPerDay;
    const standard = [0n, year / 4n, year / 2n, (3n * year) / 4n]
      .map((d) => zoneOffset(this.zone, utc + d))
      .reduce((a, b) => (a < b ? a : b));
    return new NamedZone(this.zone, offset, abbreviation(this.zone, utc, offset), offset - standard);
  }
  override offsetAt(): bigint {
    return this.offset;
  }
  override str(): string {
    return this.zone;
  }
  override repr(): string {
    const delta = new PyTimedelta(this.offset).str();
    const signed = this.offset < 0n ? delta : `+${delta}`;
    return `<DstTzInfo '${this.zone}' ${this.label}${signed} ${this.saving ? "DST" : "STD"}>`;
  }
  override equals(other: Value): boolean {
    return other instanceof NamedZone && other.zone === this.zone && other.offset === this.offset;
  }
  override hash(): unknown {
    return `\0zone${this.zone}${this.offset}`;
  }
  /** A naive local time with the offset that holds there. */
  localize(local: bigint, isDst: Value): PyDateTime {
    const candidates = [this.at(local - microsPerDay), this.at(local + microsPerDay)];
    const fitting = candidates.filter((zone) => zoneOffset(this.zone, local - zone.offset) === zone.offset);
    const pool = fitting.length > 0 ? fitting : candidates;
    const sorted = pool.toSorted((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0));
    const chosen = (truthy(isDst) ? sorted.at(-1) : sorted[0]) as NamedZone;
    return PyDateTime.ofLocal(local, chosen);
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "zone":
        return this.zone;
      case "localize":
        return new PyFunction(name, (args, kwargs) => {
          const [dt, isDst = false] = bindArguments(name, ["dt", "is_dst?"], args, kwargs);
          return this.localize(naive(dt), isDst);
        });
      case "normalize":
        return new PyFunction(name, (args) => PyDateTime.ofUtc(aware(args[0]).utc, this));
      case "fromutc":
        return new PyFunction(name, (args) => PyDateTime.ofUtc((args[0] as PyDateTime).local, this));
      case "utcoffset":
      case "dst":
        return new PyFunction(name, (args, kwargs) => {
          const [dt, isDst = false] = bindArguments(name, ["dt", "is_dst?"], args, kwargs);
          if (!(dt instanceof PyDateTime)) return null;
          const zone = this.localize(dt.local, isDst).zone as NamedZone;
          return new PyTimedelta(name === "dst" ? zone.saving : zone.offset);
        });
      case "tzname":
        return new PyFunction(name, (args) =>
          args[0] instanceof PyDateTime ? (this.localize(args[0].local, false).zone as NamedZone).label : this.zone,
        );
      default:
        return undefined;
    }
  }
}

function naive(value: Value | undefined): bigint {
  if (!(value instanceof PyDateTime)) throw typeError(`expected a datetime, got ${typeName(value ?? null)}`);
  if (value.zone) throw valueError("Not naive datetime (tzinfo is already set)");
  return value.local;
}
function aware(value: Value | undefined): PyDateTime {
  if (!(value instanceof PyDateTime)) throw typeError(`expected a datetime, got ${typeName(value ?? null)}`);
  if (!value.zone) throw valueError("Naive time - no tzinfo set");
  return value;
}

/** `pytz.utc` and `pytz.FixedOffset`: fixed, and with pytz's methods. */
class FixedPytz extends FixedZone {
  override getAttr(name: string): Value | undefined {
    if (name === "localize") return new PyFunction(name, (args) => PyDateTime.ofLocal(naive(args[0]), this));
    if (name === "normalize") return new PyFunction(name, (args) => PyDateTime.ofUtc(aware(args[0]).utc, this));
    return super.getAttr(name);
  }
}
export const pytzUtc = new FixedPytz(0n, "UTC", "pytz.UTC", "<UTC>");

const known = new Map<string, PyTzinfo>();

function allZones(): string[] {
  return Intl.supportedValuesOf("timeZone");
}

/** `pytz.timezone(name)` */
export function timezone(name: string): PyTzinfo {
  if (/^utc$/i.test(name)) return pytzUtc;
  const cached = known.get(name);
  if (cached) return cached;
  let offset: bigint;
  try {
    offset = zoneOffset(name, BigInt(657_072) * microsPerDay);
  } catch {
    throw pyError("KeyError", `'${name}'`);
  }
  const canonical = allZones().find((zone) => zone.toLowerCase() === name.toLowerCase()) ?? name;
  const minute = 60n * microsPerSecond;
  const rounded = ((offset + (offset < 0n ? -minute / 2n : minute / 2n)) / minute) * minute;
  const zone = new NamedZone(
    canonical,
    rounded,
    offset % minute === 0n && offset % (60n * minute) === 0n ? abbreviation(name, epoch, offset) : "LMT",
    0n,
  );
  known.set(name, zone);
  return zone;
}

const zoneError = new PyFunction("UnknownTimeZoneError", (args) => {
  throw pyError("KeyError", textOf(args[0] ?? null) ?? "");
});

/** dbt's `modules.pytz`; listing every zone takes a while, so it is made when a template asks for it. */
export const pytzModule = (): PyDict =>
  new PyDict(
    new Map<Value, Value>([
      ["timezone", new PyFunction("timezone", (args) => timezone(textOf(args[0] ?? null) ?? ""))],
      ["utc", pytzUtc],
      ["UTC", pytzUtc],
      [
        "FixedOffset",
        new PyFunction("FixedOffset", (args) => {
          const minutes = indexNumber(args[0] ?? null);
          if (minutes === undefined) throw typeError("FixedOffset needs a number of minutes");
          if (minutes === 0) return pytzUtc;
          return new FixedPytz(BigInt(minutes * 60) * microsPerSecond, undefined, "pytz._FixedOffset");
        }),
      ],
      ["all_timezones", allZones()],
      ["all_timezones_set", new PySet(allZones())],
      ["common_timezones", allZones()],
      ["common_timezones_set", new PySet(allZones())],
      ["UnknownTimeZoneError", zoneError],
    ]),
  );
