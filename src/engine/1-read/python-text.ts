import { PyObject, type Value } from "#jinja/index.ts";
import type { Plain } from "../manifest/types.ts";

/** `repr()` of data, for messages that quote a value as dbt does. */
export function pythonText(value: Plain): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    return quote + value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`) + quote;
  }
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  if (value instanceof PyObject) return (value as PyObject & Value).repr();
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, item]) => `${pythonText(key)}: ${pythonText(item)}`)
      .join(", ")}}`;
  }
  return String(value);
}
