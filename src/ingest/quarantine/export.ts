import { type Connection, quoteLiteral } from "#duck/index.ts";
import { ingestErrors } from "../errors.ts";
import { quarantineOf } from "../load/shape.ts";
import { filterSql, type QuarantineFilter, quarantineTables } from "./select.ts";

/** Columns of an exported file; `row` is the one to correct. */
export const exportColumns = ["table", "file", "record", "load", "column", "reason", "row"] as const;

/**
 * Writes quarantined rows to a CSV file in UTF-8 with a header. Correct the texts in the column `row` and hand the file to
 * {@link replayQuarantine}. Returns how many rows. Errors: ING-013.
 */
export async function exportQuarantine(
  connection: Connection,
  filter: QuarantineFilter,
  path: string,
): Promise<number> {
  const tables = await quarantineTables(connection, filter.tables);
  const parts = tables.map(
    (
      table,
    ) => `SELECT ${quoteLiteral(table)} AS "table", file, record, _load AS load, column_name AS "column", reason, row_text AS row
      FROM ${quarantineOf(table)} WHERE ${filterSql(filter)}`,
  );
  const none = `SELECT ${exportColumns.map((name) => `NULL::VARCHAR AS "${name}"`).join(", ")} LIMIT 0`;
  const rows = parts.length > 0 ? parts.join(" UNION ALL ") : none;
  try {
    const { rowsChanged } = await connection.query(
      `COPY (SELECT * FROM (${rows}) ORDER BY "table", load, record) TO ${quoteLiteral(path)} (FORMAT csv, HEADER, FORCE_QUOTE (row))`,
    );
    return rowsChanged;
  } catch (error) {
    throw ingestErrors.notWritable({
      message: `${path} cannot be written: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
      place: { file: path },
      hint: "Choose a folder that is there and can be written.",
      cause: error,
    });
  }
}
