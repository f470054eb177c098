import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new run's id: nine characters of milliseconds and seven random ones in Crockford's base 32, so that text order is
 * time order (until the year 3084) and the last characters tell runs of the same minute apart.
 */
export function newRunId(now: number = Date.now()): string {
  let time = "";
  for (let rest = now, i = 0; i < 9; i++) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  for (const byte of randomBytes(7)) random += alphabet.charAt(byte % 32);
  return time + random;
}
