import { signal } from "@preact/signals";

/** How far the server's clock is ahead of this one, in milliseconds: times are the server's, and "now" must be, too. */
const ahead = signal(0);
/** The header has whole seconds, and answers take their time: below this the clocks are one. */
const unsure = 5_000;

/** Learns from the Date of an answer. */
export function hearDate(header: string | null): void {
  const at = Date.parse(header ?? "");
  if (Number.isNaN(at)) return;
  const by = at - Date.now();
  // Whole seconds again: what is drawn with it is not drawn anew for each answer.
  if (Math.abs(by - ahead.value) >= unsure) ahead.value = Math.abs(by) < unsure ? 0 : by;
}

/** The time by the server's clock; what is drawn with it is drawn again when more is known of that clock. */
export const serverNow = (): number => Date.now() + ahead.value;
