import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Why a test may fail, by suite and id. */
export type Exclusions = Map<string, string>;

export const exclusionKey = (suite: string, id: string): string => `${suite} ${id}`;

/**
 * Reads exclusions.txt: a line `# reason` starts a group, and each line below it is `<suite> <id of pytest>`.
 * Errors: a test without a reason, a test listed twice.
 */
export function readExclusions(file = join(import.meta.dirname, "exclusions.txt")): Exclusions {
  const found: Exclusions = new Map();
  let reason: string | undefined;
  for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
    const text = line.trim();
    if (text === "") continue;
    if (text.startsWith("#")) {
      reason = text.slice(1).trim();
      continue;
    }
    if (reason === undefined) throw new Error(`${file}:${index + 1}: a test is excluded without a reason`);
    if (found.has(text)) throw new Error(`${file}:${index + 1}: ${text} is listed twice`);
    found.set(text, reason);
  }
  return found;
}
