import { cliErrors } from "../errors.ts";

/** The whole number from 1 that an option was given. Errors: CLI-002. */
export function positive(value: unknown, flag: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1) {
    throw cliErrors.usage({
      message: `${flag} takes a whole number from 1, not '${String(value)}'.`,
      hint: `Write ${flag} 2.`,
    });
  }
  return n;
}
