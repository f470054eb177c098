import type { Cell } from "../../src/server/types.ts";

/** Hands a text to the reader as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Text that a spreadsheet would run is quoted with an apostrophe. */
function csvCell(value: Cell): string {
  const text = value === null ? "" : String(value);
  const safe = typeof value === "string" && /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as CSV, with a header. */
export const csvOf = (names: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  `${[names, ...rows].map((row) => row.map(csvCell).join(",")).join("\n")}\n`;
