import { PyObject, type Value } from "#jinja/index.ts";
import type { Cell } from "./from-duckdb.ts";

export type AgateTypeName = "Integer" | "Number" | "Text" | "Date" | "DateTime" | "Boolean";

/** `column.data_type`: one of agate's types, or dbt's Integer. */
export class AgateType extends PyObject {
  readonly name: AgateTypeName;
  constructor(name: AgateTypeName) {
    super();
    this.name = name;
  }
  get pyType(): string {
    return this.name;
  }
  override repr(): string {
    const module =
      this.name === "Integer" ? "dbt_common.clients.agate_helper" : `agate.data_types.${moduleOf[this.name]}`;
    return `<${module}.${this.name} object at 0x7f0000000000>`;
  }
  override toPlain(): unknown {
    return this.name;
  }
}

const moduleOf: Record<AgateTypeName, string> = {
  Integer: "integer",
  Number: "number",
  Text: "text",
  Date: "date",
  DateTime: "date_time",
  Boolean: "boolean",
};

const instances = new Map<AgateTypeName, AgateType>();

export function agateType(name: AgateTypeName): AgateType {
  let type = instances.get(name);
  if (type === undefined) instances.set(name, (type = new AgateType(name)));
  return type;
}

/** The type that agate infers for a column of query results: the first in dbt's order that takes all values. */
export function columnType(cells: Iterable<Cell | null>): AgateTypeName {
  let type: AgateTypeName = "Integer";
  let empty = true;
  for (const cell of cells) {
    if (cell === null) continue;
    const own = cellType(cell);
    type = empty ? own : merge(type, own);
    empty = false;
    if (type === "Text") return type;
  }
  return type;
}

const ownTypes: Record<Cell["kind"], AgateTypeName> = {
  int: "Integer",
  number: "Number",
  bool: "Boolean",
  date: "Date",
  datetime: "DateTime",
  text: "Text",
  other: "Text",
};
const cellType = (cell: Cell): AgateTypeName => ownTypes[cell.kind];

function merge(a: AgateTypeName, b: AgateTypeName): AgateTypeName {
  if (a === b) return a;
  const pair = new Set([a, b]);
  if (pair.has("Integer") && pair.has("Number")) return "Number";
  if (pair.has("Date") && pair.has("DateTime")) return "DateTime";
  return "Text";
}

/** A cell as agate stores it in a column of the given type. */
export function castCell(
  cell: Cell | null,
  type: AgateTypeName,
  convert: { number(value: Value): Value; midnight(value: Value): Value; text(value: Value): string },
): Value {
  if (cell === null) return null;
  if (type === "Text") return typeof cell.value === "string" ? cell.value : convert.text(cell.value);
  if (type === "Number" && cell.kind === "int") return convert.number(cell.value);
  if (type === "DateTime" && cell.kind === "date") return convert.midnight(cell.value);
  return cell.value;
}
