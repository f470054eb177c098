import type { Inspection, TableProfile } from "#quality/index.ts";
import type { Io } from "../io.ts";
import {
  formatBytes,
  formatCount,
  formatScore,
  palette,
  plural,
  printable,
  renderTable,
  scoreColor,
} from "../render/index.ts";
import { scoreSection, type ShownScore } from "./table-report.ts";

/** Schemas and tables of a lab with their rows, sizes and scores, as text. */
export function labReport(
  lab: { name: string; database: string },
  inspection: Inspection,
  scores: { lab: ShownScore | null; of(scope: "layer" | "table", name: string): number | null },
  io: Io,
): string {
  const paint = palette(io.color);
  const scored = (scope: "layer" | "table", name: string) => {
    const score = scores.of(scope, name);
    return score === null ? "" : paint[scoreColor(score)](formatScore(score));
  };
  const size = (bytes: number | null) => (bytes === null ? "" : formatBytes(bytes));
  const total = inspection.schemas.reduce((sum, schema) => sum + schema.tables, 0);
  const head = `${paint.bold(lab.name)}  ${lab.database}  ${plural(total, "table")} in ${plural(inspection.schemas.length, "schema")}\n`;
  if (total === 0) return `${head}\nThe database is empty. Run the lab: labs run ${lab.name}\n`;
  const rows = inspection.schemas.flatMap((schema) => [
    [
      paint.bold(printable(schema.name)),
      "",
      formatCount(schema.rows),
      "",
      "",
      "",
      size(schema.bytes),
      scored("layer", schema.name),
    ],
    ...inspection.tables
      .filter((table) => table.schema === schema.name)
      .map((table) => [
        `  ${printable(table.name)}`,
        table.type,
        table.rows === null ? paint.red("broken") : formatCount(table.rows),
        String(table.columnCount),
        table.rows === null ? "" : formatCount(table.nulls),
        duplicates(table),
        size(table.bytes),
        scored("table", `${table.schema}.${table.name}`),
      ]),
  ]);
  const right = (title: string) => ({ title, align: "right" as const });
  const table = renderTable(
    [
      { title: "TABLE", shrinkTo: 20 },
      { title: "TYPE" },
      right("ROWS"),
      right("COLUMNS"),
      right("NULLS"),
      right("DUPLICATES"),
      right("SIZE"),
      right("SCORE"),
    ],
    rows,
    { color: io.color, ...(io.isTTY && { width: io.width }) },
  );
  return [head, table, ...(scores.lab === null ? [] : [scoreSection(scores.lab, io)])].join("\n");
}

function duplicates(table: TableProfile): string {
  if (table.duplicates.length === 0) return "";
  return formatCount(Math.max(...table.duplicates.map((found) => found.rows)));
}
