import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Comparison } from "./compare.ts";
import type { Check } from "./project.ts";
import type { Outcome } from "./side.ts";

/** What real dbt left behind: status and failures by node, and the relations. */
export interface Golden {
  statuses: Record<string, [status: string, failures: number | null]>;
  relations: Record<string, { cols: [string, string][]; hash: string; rows: number | null; type: string }>;
}

export function readGolden(folder: string, name: string): Golden | undefined {
  const path = join(folder, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Golden) : undefined;
}

/** Statuses and relations after the last step. */
export function compareWithGolden(golden: Golden, outcomes: Outcome[], check: Check): Comparison {
  const result: Comparison = { passed: 0, differences: [], accepted: 0, whiteSpaceOnly: [] };
  const equal = (area: "status" | "relation", what: string, a: unknown, b: unknown): void => {
    if (JSON.stringify(a) === JSON.stringify(b)) result.passed++;
    else result.differences.push({ area, what, dbt: a, ours: b });
  };
  const statuses = new Map<string, unknown>();
  for (const r of outcomes.at(-1)?.results?.results ?? []) statuses.set(r.unique_id, [r.status, r.failures]);
  for (const [id, expected] of Object.entries(golden.statuses)) equal("status", id, expected, statuses.get(id));
  for (const id of statuses.keys())
    if (!(id in golden.statuses) && !id.startsWith("operation.")) equal("status", id, undefined, statuses.get(id));
  const relations = outcomes.at(-1)?.relations ?? {};
  for (const name of new Set([...Object.keys(golden.relations), ...Object.keys(relations)])) {
    const [g, o] = [golden.relations[name], relations[name]];
    const volatile =
      name in (check.volatile ?? {}) ||
      (check.volatile?.["*"] ?? []).some((column) => g?.cols?.some(([c]) => c === column));
    // The reader that wrote the goldens could not open some views; then only their type is known.
    if (g && g.cols === undefined) {
      equal("relation", name, g.type, o?.type);
      continue;
    }
    const hash = (text: string | undefined): string => (volatile ? "(volatile)" : (text ?? ""));
    equal(
      "relation",
      name,
      g && { type: g.type, cols: g.cols, rows: g.rows, hash: hash(g.hash) },
      o && { type: o.type, cols: o.columns, rows: o.rows, hash: hash(o.hash) },
    );
  }
  return result;
}
