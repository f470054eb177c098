/** What a Python file can be given as data. */
export type PythonData = string | number | boolean | null | PythonData[] | { [key: string]: PythonData };

/**
 * Plain data as a Python literal. Whatever a text holds, it stays one: JSON's escapes of quotes, backslashes and control
 * characters mean the same in Python. Half a surrogate pair, which no UTF-8 file can hold, becomes U+FFFD.
 */
export function pythonLiteral(value: PythonData, indent = ""): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value.toWellFormed()).replaceAll("\u007f", "\\u007f");
  const inner = `${indent}    `;
  const entries = Array.isArray(value)
    ? value.map((item) => pythonLiteral(item, inner))
    : Object.entries(value).map(([key, item]) => `${pythonLiteral(key)}: ${pythonLiteral(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return open + close;
  const flat = `${open}${entries.join(", ")}${close}`;
  if (!flat.includes("\n") && indent.length + flat.length < 100) return flat;
  return `${open}\n${entries.map((entry) => `${inner}${entry},\n`).join("")}${indent}${close}`;
}
