import type { SqlValue } from "#duck/index.ts";
import type { Cell } from "../types.ts";

/** Longer texts are cut in a grid. */
const longest = 2_000;

/** A value for a grid: numbers where JSON keeps them, text for everything else. */
export function cellOf(value: SqlValue | undefined): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  const text = String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
