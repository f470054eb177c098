import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { stateOf } from "./state.ts";

/** What two labs differ in, or why one cannot be read, one sentence each; empty when they are equal and every row is accounted for. */
export async function differences(calm: string, stormy: string): Promise<string[]> {
  const states = [calm, stormy].map((folder) => stateOf(join(folder, "lab.duckdb")));
  const failed = (await Promise.allSettled(states)).filter((state) => state.status === "rejected");
  if (failed.length > 0) return failed.map(({ reason }) => String(reason));
  const [expected, found] = await Promise.all(states);
  const differences: string[] = [];
  for (const key of new Set([...Object.keys(expected ?? {}), ...Object.keys(found ?? {})])) {
    if (isDeepStrictEqual(expected?.[key], found?.[key])) continue;
    const [lost, gained] = [only(expected?.[key], found?.[key]), only(found?.[key], expected?.[key])];
    differences.push(`${key} differs\n  undisturbed ${lost}\n  disturbed   ${gained}`);
  }
  for (const row of (found?.["balance"] ?? []) as { table_name: string; read: number; accounted: number }[])
    if (row.read !== row.accounted)
      differences.push(`${row.table_name} has ${row.read} rows, accounted for ${row.accounted}`);
  return differences;
}

/** What one list has and the other lacks, as text. */
function only(one: unknown, other: unknown): string {
  const rows = (list: unknown) => [list ?? []].flat().map((row) => JSON.stringify(row));
  const there = new Set(rows(other));
  return rows(one)
    .filter((row) => !there.has(row))
    .join(" ")
    .slice(0, 4000);
}
