import { str, type Value } from "#jinja/index.ts";
import { decimalPlaces, maxPrecision, formatDecimal } from "./decimal-text.ts";
import type { TableData } from "./table-data.ts";

export interface RenderOptions {
  /** null: all */
  maxRows?: number | null;
  maxColumns?: number | null;
  maxColumnWidth?: number | null;
  /** Digits after the point that numbers are shown with at most. */
  maxPrecision?: number | null;
}

const size = (text: string): number => (/[\ud800-\udfff]/.test(text) ? [...text].length : text.length);
const pad = (text: string, width: number): string => " ".repeat(Math.max(0, width - size(text)));

/**
 * The table as agate prints it (`dbt show`, `print_table()`): Markdown with text to the left and everything else to the right,
 * 20 rows, 6 columns, 20 characters and 3 decimal places unless told otherwise. Ends with a line break.
 */
export function renderTable(table: TableData, options: RenderOptions = {}): string {
  const limits = { maxRows: 20, maxColumns: 6, maxColumnWidth: 20, maxPrecision: 3, ...options };
  const rowLimit = limits.maxRows ?? table.rowCount;
  const columnLimit = limits.maxColumns ?? table.columnNames.length;
  const clip = (text: string): string => {
    const width = limits.maxColumnWidth;
    return width !== null && size(text) > width ? `${[...text].slice(0, Math.max(0, width - 3)).join("")}...` : text;
  };

  const names = table.columnNames.slice(0, columnLimit).map(clip);
  if (columnLimit < table.columnNames.length) names.push("...");
  const widths = names.map(size);
  const shownRows = Math.min(rowLimit, table.rowCount);
  const formats = table.columnTypes
    .slice(0, columnLimit)
    .map((type, i) => (type === "Number" ? numberFormat(table, i, shownRows, limits.maxPrecision) : str));

  const lines: string[][] = [];
  for (let i = 0; i < shownRows; i++) {
    const values = table.source.values(i);
    const line: string[] = [];
    for (let j = 0; j < names.length; j++) {
      const value = j >= columnLimit ? "..." : (values[j] ?? null);
      const text = clip(value === null ? "" : j >= columnLimit ? "..." : (formats[j] as (v: Value) => string)(value));
      widths[j] = Math.max(widths[j] as number, size(text));
      line.push(text);
    }
    lines.push(line);
  }
  if (rowLimit < table.rowCount) lines.push(names.map(() => "..."));

  const write = (cells: string[]): string => {
    const padded = cells.map((cell, j) => {
      const space = pad(cell, widths[j] as number);
      return table.columnTypes[j] === "Text" ? ` ${cell}${space} ` : ` ${space}${cell} `;
    });
    return `|${padded.join("|")}|\n`;
  };
  const divider = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  return write(names) + divider + lines.map(write).join("");
}

function numberFormat(table: TableData, column: number, rows: number, limit: number | null): (value: Value) => string {
  const texts: string[] = [];
  for (let i = 0; i < rows; i++) {
    const value = table.source.values(i)[column] ?? null;
    if (value !== null) texts.push(str(value));
  }
  const places = maxPrecision(texts.map(decimalPlaces));
  const cut = limit !== null && places > limit;
  return (value) => formatDecimal(str(value), cut ? limit : places, cut ? "…" : "");
}

/** `print_structure()`: names and types of the columns. */
export function renderStructure(table: TableData): string {
  const rows = table.columnNames.map((name, i) => [name, table.columnTypes[i] ?? "Text"]);
  const header = ["column", "data_type"];
  const widths = header.map((h, j) => Math.max(size(h), ...rows.map((row) => size(row[j] as string))));
  const write = (cells: string[]): string =>
    `|${cells.map((c, j) => ` ${c}${pad(c, widths[j] as number)} `).join("|")}|\n`;
  return write(header) + `| ${widths.map((w) => "-".repeat(w)).join(" | ")} |\n` + rows.map(write).join("");
}
