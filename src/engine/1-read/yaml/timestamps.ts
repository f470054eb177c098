import { FixedZone, PyDate, PyDateTime, utcZone } from "#jinja/index.ts";

const parts =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

/** The value of a scalar that looks like a date. A date that does not exist is a fault, as in Python. */
export function timestamp(text: string): PyDate {
  const found = parts.exec(text);
  if (!found) throw new RangeError(`'${text}' is not a timestamp`);
  const number = (i: number): number => Number(found[i] ?? 0);
  const year = number(1);
  const month = number(2);
  const day = number(3);
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > last)
    throw new RangeError(`'${text}' is not a date of the calendar`);
  if (found[4] === undefined) return new PyDate(year, month, day);
  const clock = {
    hour: number(4),
    minute: number(5),
    second: number(6),
    micro: Number((found[7] ?? "").slice(0, 6).padEnd(6, "0")),
  };
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 59) throw new RangeError(`'${text}' is not a time of day`);
  return new PyDateTime(year, month, day, clock, zoneOf(found[8], found[9], number(10), number(11)));
}

function zoneOf(
  zone: string | undefined,
  sign: string | undefined,
  hours: number,
  minutes: number,
): FixedZone | undefined {
  if (zone === undefined) return undefined;
  if (sign === undefined) return utcZone;
  const micros = BigInt(hours * 60 + minutes) * 60_000_000n;
  return new FixedZone(sign === "-" ? -micros : micros);
}
