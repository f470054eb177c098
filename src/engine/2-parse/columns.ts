import { isRecord } from "../context/data.ts";
import type { ColumnInfo, PlainRecord } from "../manifest/types.ts";
import { invalid } from "./section.ts";
import { bothTests } from "./shapes.ts";
import type { Entry } from "./state.ts";

const columnKeys = new Set([
  "name",
  "description",
  "meta",
  "data_type",
  "constraints",
  "quote",
  "tags",
  "config",
  "docs",
  "tests",
  "data_tests",
  "granularity",
  "dimension",
  "entity",
  "doc_blocks",
]);
const constraintTypes = new Set(["check", "not_null", "unique", "primary_key", "foreign_key", "custom"]);

export const asList = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
export const asStrings = (value: unknown): string[] => asList(value).map(String);
export const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

/** `columns:` of an entry by name. Extra keys stay in the manifest. Source: dbt-core parser/common.py ParserRef. */
export function columnsOf(entry: Entry, columns: PlainRecord[]): Record<string, ColumnInfo> {
  const result: Record<string, ColumnInfo> = {};
  for (const column of columns) {
    if (typeof column.name !== "string" && typeof column.name !== "number")
      throw invalid(entry, entry.path, "a column has no name", "Give every column a name.");
    const config = isRecord(column.config) ? column.config : {};
    const meta = { ...(isRecord(column.meta) ? column.meta : {}), ...(isRecord(config.meta) ? config.meta : {}) };
    const tags = [...new Set([...asStrings(column.tags), ...asStrings(config.tags)])];
    const name = String(column.name);
    result[name] = {
      name,
      description: text(column.description),
      meta,
      data_type: column.data_type === undefined || column.data_type === null ? null : String(column.data_type),
      constraints: asList(column.constraints).map((c) => constraintOf(entry, c, name)),
      quote: typeof column.quote === "boolean" ? column.quote : null,
      config: { meta, tags },
      tags,
      granularity: (column.granularity as string | undefined) ?? null,
      dimension: dimensionOf(column, name),
      entity: entityOf(column, name),
      doc_blocks: [],
      ...Object.fromEntries(Object.entries(column).filter(([key]) => !columnKeys.has(key))),
    };
  }
  return result;
}

/** A column's part in a semantic model: its type alone, or all that is said of it. Source: dbt-core parser/common.py ParserRef. */
function dimensionOf(column: PlainRecord, name: string): unknown {
  const { dimension } = column;
  if (!isRecord(dimension)) return dimension ?? null;
  const validity = dimension.validity_params;
  return {
    ...elementOf(dimension, column, name),
    is_partition: dimension.is_partition ?? false,
    config: dimension.config ?? {},
    validity_params: isRecord(validity) ? { is_start: false, is_end: false, ...validity } : null,
  };
}

function entityOf(column: PlainRecord, name: string): unknown {
  const { entity } = column;
  if (!isRecord(entity)) return entity ?? null;
  return { ...elementOf(entity, column, name), config: entity.config ?? {} };
}

const elementOf = (written: PlainRecord, column: PlainRecord, name: string): PlainRecord => ({
  name: written.name || name,
  type: written.type ?? null,
  description: written.description || text(column.description),
  label: written.label ?? null,
});

/** One constraint with dbt's defaults filled in. */
export function constraintOf(entry: Entry, value: unknown, column?: string): PlainRecord {
  const constraint = isRecord(value) ? value : {};
  const type = String(constraint.type);
  if (!constraintTypes.has(type)) {
    throw invalid(
      entry,
      entry.path,
      column
        ? `Invalid constraint type on column ${column}`
        : `Invalid constraint type on model ${String(entry.data.name)}: Type must be one of ${JSON.stringify([...constraintTypes])}`,
      `Use one of ${[...constraintTypes].join(", ")}.`,
    );
  }
  return {
    type,
    name: constraint.name ?? null,
    expression: constraint.expression ?? null,
    warn_unenforced: constraint.warn_unenforced ?? true,
    warn_unsupported: constraint.warn_unsupported ?? true,
    to: constraint.to ?? null,
    to_columns: asList(constraint.to_columns),
    ...(column === undefined ? { columns: asList(constraint.columns) } : {}),
  };
}

/** `columns:` as a list of mappings; a mapping by name is accepted as dbt's YAML readers do not, so it is an error. */
export function columnList(entry: Entry, value: unknown = entry.data.columns): PlainRecord[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value))
    throw invalid(entry, [...entry.path, "columns"], "columns must be a list", "Write each column as `- name: …`.");
  return value.filter(isRecord);
}

/** `tests:` and `data_tests:` mean the same; both at once is an error. */
export function testsOf(entry: Entry, holder: PlainRecord): unknown[] {
  const old = holder.tests;
  const current = holder.data_tests;
  if (Array.isArray(old) && old.length > 0 && current !== undefined)
    throw invalid(entry, entry.path, bothTests, "Keep data_tests.");
  return asList(current ?? old);
}
