import type { Plain } from "./types.ts";

/** Order of two model versions: as numbers when both are numbers, else as text. Source: dbt-core contracts/graph/unparsed.py UnparsedVersion.__lt__. */
export function compareVersions(a: Plain, b: Plain): number {
  const x = toFloat(a);
  const y = toFloat(b);
  if (x !== undefined && y !== undefined) return x - y;
  const [left, right] = [String(a), String(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function toFloat(value: Plain): number | undefined {
  const text = String(value).trim();
  return /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)$/.test(text) ? Number(text) : undefined;
}
