/** Calendar and clock of DuckDB's values as Python prints them. */

const microsPerDay = 86_400_000_000n;

export interface CivilDate {
  year: number;
  month: number;
  day: number;
}
export interface CivilTime {
  hour: number;
  minute: number;
  second: number;
  micro: number;
}

/** Days since 1970-01-01 as a date of the proleptic Gregorian calendar. */
export function civilDate(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const dayOfYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function splitMicros(micros: bigint): { days: number; time: CivilTime } {
  let days = micros / microsPerDay;
  let rest = micros % microsPerDay;
  if (rest < 0n) {
    days -= 1n;
    rest += microsPerDay;
  }
  return { days: Number(days), time: clock(Number(rest)) };
}

/** Microseconds of a day as a time of day. */
export function clock(micros: number): CivilTime {
  const seconds = Math.floor(micros / 1e6);
  return {
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micro: micros % 1e6,
  };
}

const pad = (n: number, width = 2): string => String(n).padStart(width, "0");

/** Python's `str(time)`. */
export function timeText({ hour, minute, second, micro }: CivilTime): string {
  return `${pad(hour)}:${pad(minute)}:${pad(second)}${micro === 0 ? "" : `.${pad(micro, 6)}`}`;
}

/** Python's `str(date)`. */
export const dateText = ({ year, month, day }: CivilDate): string => `${pad(year, 4)}-${pad(month)}-${pad(day)}`;

/** `+02:00`, with seconds when there are any. */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds);
  const text = `${seconds < 0 ? "-" : "+"}${pad(Math.floor(size / 3600))}:${pad(Math.floor(size / 60) % 60)}`;
  return size % 60 === 0 ? text : `${text}:${pad(size % 60)}`;
}

/** Python's `str(timedelta)` of a DuckDB interval; a month counts 30 days. */
export function intervalText(months: number, days: number, micros: bigint): string {
  const { days: more, time } = splitMicros(micros);
  const total = months * 30 + days + more;
  const clockText = timeText(time).replace(/^0(?=\d:)/, "");
  if (total === 0) return clockText;
  return `${total} day${Math.abs(total) === 1 ? "" : "s"}, ${clockText}`;
}
