import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { judgesFolder } from "./judge.ts";
import type { Check } from "./project.ts";
import type { Outcome } from "./side.ts";

/** dbt takes seconds a command and answers the same for the same project: its outcomes are kept by content. */
export async function cachedOutcomes(
  project: string,
  check: Check,
  threads: number,
  run: () => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const folder = join(judgesFolder, "cache");
  const { volatile: _, ignoreFields: __, accepted: ___, ...asked } = check;
  const file = join(folder, `${hashOf(project, JSON.stringify([asked, threads]))}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Outcome[];
  const outcomes = await run();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(outcomes));
  return outcomes;
}

function hashOf(project: string, salt: string): string {
  const hash = createHash("sha256").update(salt);
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if ([".git", "target", "logs", "oracle.json", "README.md"].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile())
        hash
          .update(`${path.slice(project.length)}\0`)
          .update(readFileSync(path))
          .update("\0");
    }
  };
  visit(project);
  return hash.digest("hex").slice(0, 32);
}
