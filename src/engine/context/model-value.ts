import { fromPlain, PyDict, type Value } from "#jinja/index.ts";
import { AdapterColumn } from "../adapter/index.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { isRecord } from "./data.ts";

/** The node as templates see it: fields without a value are left out. Source: dbt-core context/providers.py ctx_model. */
export function modelValue(node: GraphNode): Value {
  const value = new PyDict();
  // Templates ask for a few of fifty fields.
  for (const key in node) {
    const field = node[key];
    if (field === null || field === undefined) continue;
    if (typeof field === "object") value.setLazy(key, () => fieldValue(node, key, field));
    else value.set(key, fromPlain(field));
  }
  if (node.compiled_code !== null) value.set("compiled_sql", node.compiled_code);
  return value;
}

function fieldValue(node: GraphNode, key: string, field: object): Value {
  if (key === "config") return fromPlain(present(node.config));
  if (key !== "columns" || !isRecord(field)) return fromPlain(field);
  return fromPlain(Object.fromEntries(Object.entries(field).map(([name, column]) => [name, columnOf(node, column)])));
}

function columnOf(node: GraphNode, column: unknown): unknown {
  if (!isRecord(column)) return column;
  const shown = present(column);
  const type = shown.data_type;
  return node.contract?.alias_types && typeof type === "string"
    ? { ...shown, data_type: AdapterColumn.translateType(type) }
    : shown;
}

/** A loop, for every node that runs is copied here. */
function present(record: PlainRecord): PlainRecord {
  const copy: PlainRecord = {};
  for (const key in record) {
    const value = record[key];
    if (value !== null && value !== undefined) copy[key] = value;
  }
  return copy;
}
