import { type Failure, failures } from "./lab.ts";

/** A number from 0 up to 1 that depends on its arguments alone. */
export function chance(...numbers: number[]): number {
  let state = 0x9e3779b9;
  for (const number of numbers) {
    state = Math.imul(state ^ (number + 0x7f4a7c15), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return (state >>> 0) / 2 ** 32;
}

/** Whether and how a run fails the gate: one of three, drawn; run 1 is good, so that readers have something; none with a seed under 0. */
export function failureOf(run: number, seed: number): Failure | null {
  const place = Math.floor((run - 2) / 3);
  if (seed < 0 || run < 2 || (run - 2) % 3 !== Math.floor(chance(seed, 1, place) * 3)) return null;
  return failures[Math.floor(chance(seed, 2, run) * failures.length)] ?? null;
}
