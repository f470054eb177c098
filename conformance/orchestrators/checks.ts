import { isDeepStrictEqual } from "node:util";

let passed = 0;
let failed = 0;

/** Counts one comparison and shows it when it fails. */
export function check(what: string, found: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(found, wanted)) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAILED ${what}\n  found:  ${JSON.stringify(found)}\n  wanted: ${JSON.stringify(wanted)}`);
}

/** Prints the counts and ends the process. */
export function end(): never {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}
