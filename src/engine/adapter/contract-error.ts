import { str, type Value } from "#jinja/index.ts";
import type { AgateTypeName } from "./agate-type.ts";
import { field } from "./arguments.ts";
import { renderTable } from "./render-table.ts";
import { AgateTable } from "./table.ts";
import { rowsOf } from "./table-data.ts";

const columnNames = ["column_name", "definition_type", "contract_type", "mismatch_reason"];

/** What differs between the columns that a contract promises and those that the SQL gives, as the message of dbt with its table. */
export function contractMessage(promised: readonly Value[], given: readonly Value[]): string {
  if (promised.length === 0) {
    return "This model has an enforced contract, and its 'columns' specification is missing";
  }
  const read = (column: Value) => ({ name: str(field(column, "name")), type: str(field(column, "data_type")) });
  const contract = promised.map(read);
  const definition = given.map(read);
  const rows: string[][] = [];
  for (const { name, type } of definition) {
    const match = contract.find((column) => column.name === name);
    if (match === undefined) rows.push([name, type, "", "missing in contract"]);
    else if (match.type !== type) rows.push([name, type, match.type, "data type mismatch"]);
  }
  const defined = new Set(definition.map(({ name }) => name));
  for (const { name, type } of contract) if (!defined.has(name)) rows.push([name, "", type, "missing in definition"]);
  rows.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : (a[0] as string) > (b[0] as string) ? 1 : 0));
  const types = columnNames.map((): AgateTypeName => (rows.length === 0 ? "Integer" : "Text"));
  const table = renderTable(new AgateTable(columnNames, types, rowsOf(rows)), { maxRows: null, maxColumnWidth: 50 });
  return (
    "This model has an enforced contract that failed.\nPlease ensure the name, data_type, and number of columns in your contract " +
    `match the columns in your model's definition.\n\n${table}`
  );
}
