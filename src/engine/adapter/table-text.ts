import { str, type Value } from "#jinja/index.ts";
import type { AgateTypeName } from "./agate-type.ts";
import { decimalParts } from "./decimal-text.ts";
import { jsonFloatText } from "./json-text.ts";
import type { TableData } from "./table-data.ts";

/** The rows as agate's JSON: one array of objects, numbers as floats, dates in ISO 8601, separators with spaces. */
export function tableToJson(table: TableData): string {
  const rows: string[] = [];
  for (let i = 0; i < table.rowCount; i++) {
    const values = table.source.values(i);
    const cells = table.columnNames.map(
      (name, j) => `${JSON.stringify(name)}: ${cellJson(values[j] ?? null, table.columnTypes[j] ?? "Text")}`,
    );
    rows.push(`{${cells.join(", ")}}`);
  }
  return `[${rows.join(", ")}]`;
}

function cellJson(value: Value, type: AgateTypeName): string {
  if (value === null) return "null";
  switch (type) {
    case "Integer":
      return str(value);
    case "Boolean":
      return value === true ? "true" : "false";
    case "Number": {
      const text = str(value);
      return decimalParts(text) ? jsonFloatText(Number(text)) : text;
    }
    case "DateTime":
      return JSON.stringify(str(value).replace(" ", "T"));
    default:
      return JSON.stringify(str(value));
  }
}

/** The rows as CSV with a header line, quoted where needed. */
export function tableToCsv(table: TableData): string {
  const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [table.columnNames.map(quote).join(",")];
  for (let i = 0; i < table.rowCount; i++) {
    const values = table.source.values(i);
    const cells = table.columnNames.map((_, j) => {
      const value = values[j] ?? null;
      if (value === null) return "";
      const text = str(value);
      return quote((table.columnTypes[j] === "DateTime" ? text.replace(" ", "T") : text).replaceAll("\r", "\n"));
    });
    // a lone empty value is quoted, or the line would read as no row at all
    lines.push(cells.length === 1 && cells[0] === "" ? '""' : cells.join(","));
  }
  return `${lines.join("\n")}\n`;
}
