import type { Difference } from "./compare.ts";

const width = 600;

/** Differences by kind (area, and field of the manifest), a few of each: one cause usually shows in many nodes. */
export function printDifferences(differences: Difference[], areas?: string[], most = 3): string[] {
  const kinds = new Map<string, Difference[]>();
  for (const d of differences) {
    if (areas && !areas.includes(d.area)) continue;
    const kind = d.area === "manifest" ? `${d.area} ${d.what.split(" ").at(-1)} ${d.what.split(".")[0]}` : d.area;
    kinds.set(kind, [...(kinds.get(kind) ?? []), d]);
  }
  return [...kinds].flatMap(([kind, all]) => [
    ...all.slice(0, most).flatMap(printDifference),
    ...(all.length > most ? [`    … and ${all.length - most} more of ${kind}`] : []),
  ]);
}

/** A difference in a few lines; long texts from where they part. */
export function printDifference({ area, what, dbt, ours }: Difference): string[] {
  const [left, right] = apart(dbt, ours);
  const [a, b] = [text(left), text(right)];
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  const from = a.length > width || b.length > width ? Math.max(0, same - 80) : 0;
  const cut = (value: string): string =>
    `${from > 0 ? "…" : ""}${value.slice(from, from + width)}${value.length > from + width ? "…" : ""}`;
  return [`    ${area}: ${what}`, `      dbt  ${indent(cut(a))}`, `      ours ${indent(cut(b))}`];
}

const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? "(missing)"));
const indent = (value: string): string => value.replaceAll("\n", "\n           ");

/** Of two records only the keys that differ, so that a wide table shows its one bad column. */
function apart(a: unknown, b: unknown): [unknown, unknown] {
  if (!isPlain(a) || !isPlain(b)) return [a, b];
  const [left, right]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (JSON.stringify(a[key]) === JSON.stringify(b[key])) continue;
    [left[key], right[key]] = apart(a[key], b[key]);
  }
  return [left, right];
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
