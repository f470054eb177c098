import { valueError } from "../errors.ts";
import {
  dayNames,
  dayOfYear,
  isoCalendar,
  isoOrdinal,
  fromOrdinal,
  monthNames,
  toOrdinal,
  weekday,
} from "./calendar.ts";

/** The parts of a date and time that formats speak of. */
export interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micro: number;
  /** Offset from UTC in microseconds; undefined for naive ones. */
  offset: bigint | undefined;
  zone: string | undefined;
}

const pad = (n: number, width = 2, fill = "0"): string => String(n).padStart(width, fill);

export function offsetText(offset: bigint | undefined, colon: string): string {
  if (offset === undefined) return "";
  const size = offset < 0n ? -offset : offset;
  const seconds = Number(size / 1_000_000n);
  const micros = Number(size % 1_000_000n);
  let out = `${offset < 0n ? "-" : "+"}${pad(Math.floor(seconds / 3600))}${colon}${pad(Math.floor(seconds / 60) % 60)}`;
  if (seconds % 60 || micros) out += `${colon}${pad(seconds % 60)}`;
  if (micros) out += `.${pad(micros, 6)}`;
  return out;
}

/** `strftime` as glibc does it in the C locale. */
export function strftime(f: Fields, format: string): string {
  const ordinal = toOrdinal(f.year, f.month, f.day);
  const day = weekday(ordinal);
  const yearDay = dayOfYear(f.year, f.month, f.day);
  const iso = isoCalendar(f.year, f.month, f.day);
  const hour12 = f.hour % 12 || 12;
  const one = (code: string): string | undefined => {
    switch (code) {
      case "a":
        return dayNames[day]?.slice(0, 3);
      case "A":
        return dayNames[day];
      case "b":
      case "h":
        return monthNames[f.month - 1]?.slice(0, 3);
      case "B":
        return monthNames[f.month - 1];
      case "c":
        return `${one("a")} ${one("b")} ${pad(f.day, 2, " ")} ${one("X")} ${pad(f.year, 4)}`;
      case "C":
        return pad(Math.floor(f.year / 100));
      case "d":
        return pad(f.day);
      case "D":
      case "x":
        return `${pad(f.month)}/${pad(f.day)}/${pad(f.year % 100)}`;
      case "e":
        return pad(f.day, 2, " ");
      case "f":
        return pad(f.micro, 6);
      case "F":
        return `${f.year}-${pad(f.month)}-${pad(f.day)}`;
      case "g":
        return pad(iso.year % 100);
      case "G":
        return String(iso.year);
      case "H":
        return pad(f.hour);
      case "I":
        return pad(hour12);
      case "j":
        return pad(yearDay, 3);
      case "k":
        return pad(f.hour, 2, " ");
      case "l":
        return pad(hour12, 2, " ");
      case "m":
        return pad(f.month);
      case "M":
        return pad(f.minute);
      case "n":
        return "\n";
      case "p":
        return f.hour < 12 ? "AM" : "PM";
      case "P":
        return f.hour < 12 ? "am" : "pm";
      case "r":
        return `${pad(hour12)}:${pad(f.minute)}:${pad(f.second)} ${one("p")}`;
      case "R":
        return `${pad(f.hour)}:${pad(f.minute)}`;
      case "s":
        return String((ordinal - 719163) * 86400 + f.hour * 3600 + f.minute * 60 + f.second);
      case "S":
        return pad(f.second);
      case "t":
        return "\t";
      case "T":
      case "X":
        return `${pad(f.hour)}:${pad(f.minute)}:${pad(f.second)}`;
      case "u":
        return String(iso.weekday);
      case "U":
        return pad(Math.floor((yearDay + 6 - ((day + 1) % 7)) / 7));
      case "V":
        return pad(iso.week);
      case "w":
        return String((day + 1) % 7);
      case "W":
        return pad(Math.floor((yearDay + 6 - day) / 7));
      case "y":
        return pad(f.year % 100);
      case "Y":
        return String(f.year);
      case "z":
        return offsetText(f.offset, "");
      case ":z":
        return offsetText(f.offset, ":");
      case "Z":
        return f.zone ?? "";
      case "%":
        return "%";
      default:
        return undefined;
    }
  };
  return format.replace(/%(-|_|\^|#|0)?(:z|[\s\S])/g, (whole, flag: string | undefined, code: string) => {
    const text = one(code);
    if (text === undefined) return whole;
    if (flag === "-") return text.replace(/^[0 ]+(?=\d)/, "");
    if (flag === "_") return text.replace(/^0+(?=\d)/, (zeros) => " ".repeat(zeros.length));
    if (flag === "^") return text.toUpperCase();
    return text;
  });
}

const names = (list: string[], short: boolean): string =>
  list
    .map((n) => (short ? n.slice(0, 3) : n))
    .sort((a, b) => b.length - a.length)
    .join("|");

const directives: Record<string, string> = {
  a: names(dayNames, true),
  A: names(dayNames, false),
  b: names(monthNames, true),
  B: names(monthNames, false),
  d: "3[0-1]|[1-2]\\d|0[1-9]|[1-9]| [1-9]",
  f: "[0-9]{1,6}",
  G: "\\d{4}",
  H: "2[0-3]|[0-1]\\d|\\d",
  I: "1[0-2]|0[1-9]|[1-9]",
  j: "36[0-6]|3[0-5]\\d|[1-2]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9]",
  m: "1[0-2]|0[1-9]|[1-9]",
  M: "[0-5]\\d|\\d",
  p: "am|pm",
  S: "6[0-1]|[0-5]\\d|\\d",
  u: "[1-7]",
  U: "5[0-3]|[0-4]\\d|\\d",
  V: "5[0-3]|0[1-9]|[1-4]\\d|\\d",
  w: "[0-6]",
  W: "5[0-3]|[0-4]\\d|\\d",
  y: "\\d\\d",
  Y: "\\d{4}",
  z: "[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{1,6})?)?|Z",
  Z: "utc|gmt",
};
const composed: Record<string, string> = {
  c: "%a %b %d %H:%M:%S %Y",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  T: "%H:%M:%S",
  R: "%H:%M",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
};

/** `datetime.strptime` */
export function strptime(text: string, format: string): Fields {
  const keys: string[] = [];
  const expanded = format.replace(/%([cxXTRDF])/g, (_whole, code: string) => composed[code] as string);
  const pattern = expanded.replace(/%([\s\S])|\s+|[.*+?^${}()|[\]\\]/g, (whole, code: string | undefined) => {
    if (code === undefined) return /\s/.test(whole) ? "\\s+" : `\\${whole}`;
    if (code === "%") return "%";
    const part = directives[code];
    if (!part) throw valueError(`'${code}' is a bad directive in format '${format}'`);
    keys.push(code);
    return `(${part})`;
  });
  const m = new RegExp(`^${pattern}`, "i").exec(text);
  if (!m) throw valueError(`time data '${text}' does not match format '${format}'`);
  if (m[0].length < text.length) throw valueError(`unconverted data remains: ${text.slice(m[0].length)}`);
  const found = new Map<string, string>();
  keys.forEach((key, i) => found.set(key, m[i + 1] as string));
  return assembleFields(found);
}

function assembleFields(found: Map<string, string>): Fields {
  const num = (key: string): number | undefined => (found.has(key) ? Number(found.get(key)) : undefined);
  const index = (key: string, list: string[]): number | undefined => {
    const value = found.get(key)?.toLowerCase();
    return value === undefined ? undefined : list.findIndex((n) => n.toLowerCase().startsWith(value));
  };
  const short = num("y");
  const year = num("Y") ?? (short === undefined ? undefined : short + (short < 69 ? 2000 : 1900));
  const named = index("B", monthNames) ?? index("b", monthNames);
  let month = num("m") ?? (named === undefined ? 1 : named + 1);
  let day = num("d") ?? 1;
  let finalYear = year ?? 1900;
  const sunday = num("w");
  const dayIndex =
    index("A", dayNames) ??
    index("a", dayNames) ??
    (sunday === undefined ? undefined : (sunday + 6) % 7) ??
    (found.has("u") ? Number(found.get("u")) - 1 : undefined);
  let ordinal: number | undefined;
  if (found.has("j")) ordinal = toOrdinal(finalYear, 1, 1) + Number(found.get("j")) - 1;
  else if (found.has("G") && found.has("V") && dayIndex !== undefined)
    ordinal = isoOrdinal(Number(found.get("G")), Number(found.get("V")), dayIndex + 1);
  else if ((found.has("U") || found.has("W")) && dayIndex !== undefined && year !== undefined) {
    const sundayFirst = found.has("U");
    const january = toOrdinal(finalYear, 1, 1);
    const first = sundayFirst ? (weekday(january) + 1) % 7 : weekday(january);
    const within = sundayFirst ? (dayIndex + 1) % 7 : dayIndex;
    const week = Number(found.get(sundayFirst ? "U" : "W"));
    const days = week === 0 ? within - first : ((7 - first) % 7) + 7 * (week - 1) + within;
    ordinal = january + days;
  }
  if (ordinal !== undefined) ({ year: finalYear, month, day } = fromOrdinal(ordinal));
  let hour = num("H") ?? 0;
  const hour12 = num("I");
  if (hour12 !== undefined) {
    const pm = found.get("p")?.toLowerCase() === "pm";
    hour = (hour12 % 12) + (pm ? 12 : 0);
  }
  const z = found.get("z");
  return {
    year: finalYear,
    month,
    day,
    hour,
    minute: num("M") ?? 0,
    second: num("S") ?? 0,
    micro: Number((found.get("f") ?? "0").padEnd(6, "0")),
    offset: z === undefined ? undefined : parseOffset(z),
    zone: found.get("Z")?.toUpperCase(),
  };
}

/** `+05:30`, `-0800`, `Z` in microseconds. */
export function parseOffset(text: string): bigint {
  if (text === "Z") return 0n;
  const m = /^([+-])(\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text);
  if (!m) throw valueError(`Invalid isoformat string: '${text}'`);
  const seconds = Number(m[2]) * 3600 + Number(m[3]) * 60 + Number(m[4] ?? 0);
  const micros = BigInt(seconds) * 1_000_000n + BigInt((m[5] ?? "0").padEnd(6, "0"));
  return m[1] === "-" ? -micros : micros;
}
