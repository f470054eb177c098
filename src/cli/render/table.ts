import { palette } from "./color.ts";
import { displayWidth, pad, truncate } from "./text.ts";

export interface TableColumn {
  title: string;
  align?: "left" | "right";
  /** May be cut, down to this width, when the table is too wide for the terminal. Default: never cut. */
  shrinkTo?: number;
  /** May be left out when the terminal is too narrow for all, the highest number first. Default: never. */
  spare?: number;
}

export interface TableOptions {
  color?: boolean;
  /** Columns of the terminal; without it nothing is ever cut (a pipe or a file). */
  width?: number;
  /** Put before each line. */
  indent?: string;
  /** Leave out the line of titles. */
  header?: boolean;
}

/**
 * An aligned table as lines, each ending in a newline: titles, then rows, two spaces between columns, no frame.
 * Cells may be coloured. Where the terminal is too narrow, columns with `shrinkTo` give way, the widest first; when that
 * is not enough, columns with `spare` are left out.
 */
export function renderTable(
  all: readonly TableColumn[],
  allRows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const paint = palette(options.color ?? false);
  const indent = options.indent ?? "";
  const header = options.header ?? true;
  const kept = affordable(all, allRows, indent.length, header, options.width);
  const columns = kept.flatMap((i) => all[i] ?? []);
  const rows = allRows.map((row) => kept.map((i) => row[i] ?? ""));
  const widths = columns.map((column, i) => fullWidth(column, i, rows, header));
  shrink(columns, widths, indent.length, options.width);
  const line = (cells: readonly string[]) =>
    `${indent}${columns
      .map((column, i) => pad(truncate(cells[i] ?? "", widths[i] ?? 0), widths[i] ?? 0, column.align))
      .join("  ")}`.trimEnd();
  const lines = rows.map(line);
  if (header) lines.unshift(paint.bold(line(columns.map((column) => column.title))));
  return lines.map((text) => `${text}\n`).join("");
}

/** Width that shows every cell of a column. Rows may be more than a call takes arguments. */
const fullWidth = (column: TableColumn, i: number, rows: readonly (readonly string[])[], header: boolean): number =>
  rows.reduce((most, row) => Math.max(most, displayWidth(row[i] ?? "")), header ? displayWidth(column.title) : 0);

/** Indices of the columns for which there is room when every one gives way as far as it may. */
function affordable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  indent: number,
  header: boolean,
  width: number | undefined,
): number[] {
  const every = columns.map((_, i) => i);
  if (width === undefined) return every;
  const least = columns.map((column, i) => {
    const full = fullWidth(column, i, rows, header);
    return Math.min(full, column.shrinkTo ?? full) + 2;
  });
  const order = every.toSorted((a, b) => (columns[a]?.spare ?? 0) - (columns[b]?.spare ?? 0));
  let left = width - indent + 2;
  const kept = order.filter((i) => {
    const fits = (least[i] ?? 0) <= left || columns[i]?.spare === undefined;
    if (fits) left -= least[i] ?? 0;
    return fits;
  });
  return every.filter((i) => kept.includes(i));
}

function shrink(columns: readonly TableColumn[], widths: number[], indent: number, width: number | undefined): void {
  if (width === undefined) return;
  let excess = indent + widths.reduce((sum, w) => sum + w, 0) + 2 * (widths.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, i) => {
      if (column.shrinkTo === undefined || (widths[i] ?? 0) <= column.shrinkTo) return;
      if (widest === -1 || (widths[i] ?? 0) > (widths[widest] ?? 0)) widest = i;
    });
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}
