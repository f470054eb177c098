import { PyText } from "#jinja/index.ts";

/** A date or time that YAML recognised, by its text in ISO form; reads like Python's `str()` of it. */
export class YamlTimestamp extends PyText {
  readonly pyType: "date" | "datetime";
  constructor(text: string, pyType: "date" | "datetime") {
    super(text);
    this.pyType = pyType;
  }
  toJSON(): string {
    return this.text.replace(" ", "T");
  }
}

const parts =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

/** The value of a scalar that looks like a date. A date that does not exist is a fault, as in Python. */
export function timestamp(text: string): YamlTimestamp {
  const found = parts.exec(text);
  const number = (i: number): number => Number(found?.[i] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const check = new Date(Date.UTC(2000, month - 1, day));
  check.setUTCFullYear(year, month - 1, day);
  if (!found || year < 1 || check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day)
    throw new RangeError("day is out of range for month");
  if (hour > 23 || minute > 59 || second > 59) throw new RangeError("hour, minute or second is out of range");
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  if (found[4] === undefined) return new YamlTimestamp(date, "date");
  const fraction = (found[7] ?? "").slice(0, 6).padEnd(6, "0");
  const zone =
    found[8] === undefined
      ? ""
      : found[9] === undefined
        ? "+00:00"
        : `${found[9]}${two(number(10))}:${two(number(11))}`;
  const time = `${two(hour)}:${two(minute)}:${two(second)}${Number(fraction) === 0 ? "" : `.${fraction}`}`;
  return new YamlTimestamp(`${date} ${time}${zone}`, "datetime");
}
