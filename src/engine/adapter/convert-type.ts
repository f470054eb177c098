import { str, type Value } from "#jinja/index.ts";
import type { AgateTypeName } from "./agate-type.ts";
import { decimalPlaces, maxPrecision, type Places } from "./decimal-text.ts";
import { adapterError } from "./errors.ts";
import { AgateTable } from "./table.ts";

const sqlTypes: Record<Exclude<AgateTypeName, "Number">, string> = {
  Integer: "integer",
  Text: "text",
  Boolean: "boolean",
  DateTime: "timestamp without time zone",
  Date: "date",
};

/** The type in DuckDB of a column of an agate table: `float8` when any number has decimals, else `integer`. */
export function convertType(table: Value, column: number): string | null {
  if (!(table instanceof AgateTable)) throw adapterError("compilation", "TypeError: convert_type needs a table");
  const type = table.columnTypes[column];
  if (type === undefined) return null;
  if (type !== "Number") return sqlTypes[type];
  const places = table.numberPlaces?.(column) ?? placesOf(table.column(column).items());
  return maxPrecision(places) === 0 ? "integer" : "float8";
}

function* placesOf(values: Iterable<Value>): Iterable<Places | undefined> {
  for (const value of values) if (value !== null) yield decimalPlaces(str(value));
}
