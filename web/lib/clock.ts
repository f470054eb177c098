/** How far the server's clock is ahead of this one, in milliseconds: times are the server's, and "now" must be, too. */
let ahead = 0;
/** The header has whole seconds, and answers take their time: below this the clocks are one. */
const unsure = 5_000;

/** Learns from the Date of an answer. */
export function hearDate(header: string | null): void {
  const at = Date.parse(header ?? "");
  if (Number.isNaN(at)) return;
  const by = at - Date.now();
  ahead = Math.abs(by) < unsure ? 0 : by;
}

/** The time by the server's clock. */
export const serverNow = (): number => Date.now() + ahead;
