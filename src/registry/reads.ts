import type { Place } from "#errors/index.ts";
import { isReservedDatabase } from "./reserved-names.ts";
import { durationMs } from "./records-config.ts";
import type { ReadEntry } from "./schemas/reads.ts";
import type { Problem } from "./validate.ts";

/** A lab whose published snapshot another lab reads. */
export interface ReadConfig {
  lab: string;
  /** Its database's name in SQL. */
  alias: string;
  /** Oldest version that will do, or its beginning. */
  minVersion?: string;
  /** Milliseconds since its publication. */
  freshWithinMs?: number;
  place: Place;
}

/** An entry that has passed the schema and `readsProblems`. */
export function readOf(entry: ReadEntry, place: Place): ReadConfig {
  if (typeof entry === "string") return { lab: entry, alias: entry, place };
  const { lab, as: alias = lab, min_version: minVersion, fresh_within: fresh } = entry;
  const freshWithinMs = fresh === undefined ? undefined : durationMs(fresh);
  return {
    lab,
    alias,
    ...(minVersion !== undefined && { minVersion }),
    ...(freshWithinMs !== undefined && { freshWithinMs }),
    place,
  };
}

/** What the schema cannot say about `reads:`: each lab and each name once, and no name that DuckDB takes for a schema. */
export function readsProblems(entries: readonly ReadEntry[]): Problem[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, i): Problem[] => {
    const { alias } = readOf(entry, { file: "" });
    const path = ["reads", i, ...(typeof entry === "string" ? [] : entry.as === undefined ? ["lab"] : ["as"])];
    const repeated = seen.has(alias.toLowerCase());
    seen.add(alias.toLowerCase());
    if (repeated) {
      return [{ kind: "value", path, message: `Two labs are read as \`${alias}\`.`, hint: "Give one of them `as:`." }];
    }
    if (!isReservedDatabase(alias)) return [];
    const message = `\`${alias}\` is the name of a schema; DuckDB could not tell the two apart.`;
    return [{ kind: "value", path, message, hint: "Give it another name with `as:`." }];
  });
}
