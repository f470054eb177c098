import type { ErrorJson } from "#errors/index.ts";
import type { LabRunResult } from "#pipeline/index.ts";

/** No wait between attempts is longer. */
const longestWaitMs = 3_600_000;

/** What made a run fail: errors of its steps, files and models. */
function causes(result: LabRunResult): (ErrorJson | undefined)[] {
  return [
    ...(result.error ? [result.error] : []),
    ...result.files.filter(({ outcome }) => outcome === "failed").map(({ error }) => error),
    ...result.nodes.filter(({ status }) => status === "error" || status === "fail").map(({ error }) => error),
  ];
}

/** Whether a failed run may succeed when it is simply done again: everything that failed says so of itself. */
export function mayPass(result: LabRunResult): boolean {
  const found = causes(result);
  return result.status === "failed" && found.length > 0 && found.every((error) => error?.retryable === true);
}

/** When to try again after `failures` failed attempts: twice as long each time, by up to a quarter more or less. */
export function retryAt(now: Date, failures: number, firstMs: number, random: () => number = Math.random): Date {
  const wait = Math.min(longestWaitMs, firstMs * 2 ** Math.max(0, failures - 1));
  return new Date(now.getTime() + Math.round(wait * (0.75 + random() / 2)));
}
