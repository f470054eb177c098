import { randomInt } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** The last id: its millisecond, and its random number of 35 bits. */
let last = { now: Number.NaN, random: 0 };

/**
 * A new run's id: nine characters of milliseconds and seven random ones in Crockford's base 32, so that text order is
 * time order (until the year 3084) and the last characters tell runs of the same minute apart. Of ids of one millisecond
 * that a process makes one after the other, the later is the greater.
 */
export function newRunId(now: number = Date.now()): string {
  const random = now === last.now ? last.random + randomInt(1, 2 ** 16) : randomInt(2 ** 34);
  last = { now, random };
  return runIdPrefix(now) + digits(random, 7);
}

/** What the ids of a millisecond begin with: smaller than each of them, greater than those before. */
export const runIdPrefix = (now: number): string => digits(now, 9);

/** The last digits of a whole number in base 32. */
function digits(number: number, count: number): string {
  let text = "";
  for (let rest = number, i = 0; i < count; i++) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
