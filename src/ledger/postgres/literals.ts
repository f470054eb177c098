import { escapeLiteral } from "pg";
import type { SqlValue, Statement } from "../sql.ts";

/**
 * A statement with its values written into it. A whole transaction so becomes one message: it needs one round trip, and a
 * process that is frozen in between can hold no lock. `@name` inside of text and comments is left alone.
 */
export function withLiterals({ text, values = {} }: Statement): string {
  return text.replace(/'(?:[^']|'')*'|--[^\n]*|@(\w+)/g, (whole, name?: string) => {
    if (name === undefined) return whole;
    const value = values[name];
    if (value === undefined) throw new Error(`no value for @${name} in: ${text}`);
    return literal(value);
  });
}

function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return escapeLiteral(value.replaceAll("\0", "\uFFFD"));
  if (!Number.isFinite(value)) return `CAST('${value}' AS double precision)`;
  return value < 0 ? `(${value})` : String(value);
}
