import type { Plain, PlainRecord } from "../manifest/types.ts";

/** A field of a resource as dbt writes it: its name and what stands there when the node has none. */
type Field = readonly [name: string, fallback: () => Plain];

const empty = (): Plain => null;
const list = (): Plain => [];
const record = (): Plain => ({});
const text = (): Plain => "";
const none = (...names: string[]): Field[] => names.map((name) => [name, empty]);

const named = none("name", "resource_type", "package_name", "path", "original_file_path", "unique_id");
const inDatabase: Field[] = [...none("database", "schema"), ...named, ["fqn", list]];
const macrosAndNodes = (): Plain => ({ macros: [], nodes: [] });
const shown = (): Plain => ({ show: true, node_color: null });

const parsed: Field[] = [
  ...inDatabase,
  ...none("alias"),
  ["checksum", () => ({ name: "none", checksum: "" })],
  ["config", record],
  ["tags", list],
  ["description", text],
  ["columns", record],
  ["meta", record],
  ...none("group"),
  ["docs", shown],
  ...none("patch_path", "build_path"),
  ["unrendered_config", record],
  ["created_at", () => 0],
  ...none("relation_name"),
  ["raw_code", text],
  ["doc_blocks", list],
];

/** Present only in nodes that were compiled. */
export const compiledFields: readonly string[] = ["compiled", "compiled_code", "extra_ctes_injected", "extra_ctes"];

const compiled: Field[] = [
  ...parsed,
  ["language", () => "sql"],
  ["refs", list],
  ["sources", list],
  ["metrics", list],
  ["functions", list],
  ["depends_on", macrosAndNodes],
  ...none("compiled_path"),
  ["compiled", () => false],
  ...none("compiled_code"),
  ["extra_ctes_injected", () => false],
  ["extra_ctes", list],
  ["contract", () => ({ enforced: false, alias_types: true, checksum: null })],
];

const model: Field[] = [
  ...compiled,
  ["access", () => "protected"],
  ["constraints", list],
  ...none("version", "latest_version", "deprecation_date"),
  ["primary_key", list],
  ...none("time_spine"),
];

const source: Field[] = [
  ...inDatabase,
  ...none("source_name"),
  ["source_description", text],
  ["loader", text],
  ...none("identifier"),
  ["quoting", record],
  ...none("loaded_at_field", "loaded_at_query", "freshness", "external"),
  ["description", text],
  ["columns", record],
  ["meta", record],
  ["source_meta", record],
  ["tags", list],
  ["config", record],
  ...none("patch_path"),
  ["unrendered_config", record],
  ...none("relation_name"),
  ["created_at", () => 0],
  ...none("unrendered_database", "unrendered_schema"),
  ["doc_blocks", list],
];

const members: Field[] = [...named, ["fqn", list]];

const fieldsOf: Record<string, Field[]> = {
  model,
  analysis: compiled,
  snapshot: compiled,
  sql_operation: compiled,
  operation: [...compiled, ...none("index")],
  singular: compiled,
  generic: [
    ...compiled,
    ...none("column_name", "file_key_name", "attached_node"),
    ["test_metadata", () => ({ name: "test", kwargs: {}, namespace: null })],
  ],
  seed: [...parsed, ...none("root_path"), ["depends_on", () => ({ macros: [] })]],
  function: [...none("returns"), ...compiled, ["arguments", list], ["overloads", list]],
  source,
  macro: [
    ...named,
    ["macro_sql", text],
    ["depends_on", () => ({ macros: [] })],
    ["description", text],
    ["meta", record],
    ["docs", shown],
    ["config", () => ({ meta: {}, docs: { show: true, node_color: null } })],
    ...none("patch_path"),
    ["arguments", list],
    ["created_at", () => 0],
    ...none("supported_languages"),
  ],
  doc: [...named, ["block_contents", text]],
  exposure: [
    ...members,
    ...none("type", "owner"),
    ["description", text],
    ...none("label", "maturity"),
    ["meta", record],
    ["tags", list],
    ["config", record],
    ["unrendered_config", record],
    ...none("url"),
    ["depends_on", macrosAndNodes],
    ["refs", list],
    ["sources", list],
    ["metrics", list],
    ["created_at", () => 0],
  ],
  metric: [
    ...members,
    ["description", text],
    ["label", text],
    ...none("type", "type_params", "filter", "metadata", "time_granularity"),
    ["config", record],
    ["unrendered_config", record],
    ["sources", list],
    ["depends_on", macrosAndNodes],
    ["refs", list],
    ["metrics", list],
    ["created_at", () => 0],
    ...none("group"),
    ["meta", record],
    ["tags", list],
  ],
  group: [...named, ...none("owner", "description"), ["config", () => ({ meta: {} })]],
  saved_query: [
    ...members,
    ...none("query_params"),
    ["exports", list],
    ...none("description", "label", "metadata"),
    ["config", record],
    ["unrendered_config", record],
    ...none("group"),
    ["depends_on", macrosAndNodes],
    ["created_at", () => 0],
    ["refs", list],
    ["tags", list],
  ],
  semantic_model: [
    ...members,
    ...none("model", "node_relation", "description", "label", "defaults"),
    ["entities", list],
    ["measures", list],
    ["dimensions", list],
    ...none("metadata"),
    ["depends_on", macrosAndNodes],
    ["refs", list],
    ["created_at", () => 0],
    ["config", record],
    ["unrendered_config", record],
    ...none("primary_entity", "group"),
  ],
  unit_test: [
    ...none("model"),
    ["given", list],
    ...none("expect"),
    ...members,
    ["description", text],
    ...none("overrides"),
    ["depends_on", macrosAndNodes],
    ["config", record],
    ...none("checksum", "schema"),
    ["created_at", () => 0],
    ...none("versions", "version"),
  ],
};

/** The fields of a node in dbt's manifest v12, in dbt's order. Tests come in two shapes. */
export function manifestFields(node: PlainRecord): readonly Field[] {
  const type = String(node.resource_type);
  if (type === "test") return fieldsOf[node.test_metadata === undefined ? "singular" : "generic"] as Field[];
  return fieldsOf[type] ?? (Object.keys(node).map((name) => [name, empty]) as Field[]);
}

const columnFields: Field[] = [
  ...none("name"),
  ["description", text],
  ["meta", record],
  ...none("data_type"),
  ["constraints", list],
  ...none("quote"),
  ["config", () => ({ meta: {}, tags: [] })],
  ["tags", list],
  ...none("granularity", "dimension", "entity"),
  ["doc_blocks", list],
];

/** A column with all of dbt's fields; what the project added of its own comes last. */
export function columnRecord(column: PlainRecord): PlainRecord {
  const result: PlainRecord = {};
  for (const [name, fallback] of columnFields) result[name] = column[name] === undefined ? fallback() : column[name];
  for (const [name, value] of Object.entries(column)) if (!(name in result)) result[name] = value;
  return result;
}

/** A node with exactly the fields that dbt writes into an artifact. */
export function nodeRecord(node: PlainRecord): PlainRecord {
  const result: PlainRecord = {};
  const skipped = node.compiled ? undefined : compiledFields;
  for (const [name, fallback] of manifestFields(node)) {
    if (skipped?.includes(name)) continue;
    const value = node[name];
    result[name] = value === undefined ? fallback() : value;
  }
  const columns = result.columns as Record<string, PlainRecord> | undefined;
  if (columns) {
    result.columns = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, columnRecord(column)]));
  }
  if (node.resource_type === "seed")
    result.depends_on = { macros: (node.depends_on as { macros?: Plain })?.macros ?? [] };
  return result;
}
