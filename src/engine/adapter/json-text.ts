import { PyFloat } from "#jinja/index.ts";

/** Text as Python's JSON writes it: everything outside of ASCII escaped. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A float as Python's JSON writes it, with `NaN` and `Infinity`. */
export function jsonFloatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return new PyFloat(value).repr();
}
