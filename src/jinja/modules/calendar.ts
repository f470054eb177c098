/** The proleptic Gregorian calendar in plain numbers. Day 1 is 0001-01-01, as in `date.toordinal()`. */

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (monthDays[month - 1] as number);

const daysBeforeYear = (year: number): number => {
  const y = year - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
};
export function dayOfYear(year: number, month: number, day: number): number {
  let days = day;
  for (let m = 1; m < month; m++) days += daysInMonth(year, m);
  return days;
}
export const toOrdinal = (year: number, month: number, day: number): number =>
  daysBeforeYear(year) + dayOfYear(year, month, day);

export function fromOrdinal(ordinal: number): { year: number; month: number; day: number } {
  let year = Math.max(1, Math.floor((ordinal - 1) / 365.2425) - 1);
  while (daysBeforeYear(year + 1) < ordinal) year++;
  let rest = ordinal - daysBeforeYear(year);
  let month = 1;
  while (rest > daysInMonth(year, month)) rest -= daysInMonth(year, month++);
  return { year, month, day: rest };
}

/** Monday is 0. */
export const weekday = (ordinal: number): number => (ordinal + 6) % 7;

/** ISO year, week and weekday (Monday is 1). */
export function isoCalendar(year: number, month: number, day: number): { year: number; week: number; weekday: number } {
  const ordinal = toOrdinal(year, month, day);
  const firstMonday = (y: number): number => {
    const january = toOrdinal(y, 1, 1);
    const day0 = weekday(january);
    return january - day0 + (day0 > 3 ? 7 : 0);
  };
  let isoYear = year;
  if (ordinal >= firstMonday(year + 1)) isoYear = year + 1;
  else if (ordinal < firstMonday(year)) isoYear = year - 1;
  return { year: isoYear, week: Math.floor((ordinal - firstMonday(isoYear)) / 7) + 1, weekday: weekday(ordinal) + 1 };
}

/** The ordinal of a day given in ISO weeks. */
export function isoOrdinal(year: number, week: number, day: number): number {
  const january = toOrdinal(year, 1, 1);
  const day0 = weekday(january);
  return january - day0 + (day0 > 3 ? 7 : 0) + (week - 1) * 7 + day - 1;
}

export const dayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
export const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const epochOrdinal = 719163;
