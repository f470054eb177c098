/**
 * The one vocabulary of the engine: nodes and the graph as plain data.
 * Field names and shapes are those of dbt's manifest v12 (dbt-core 1.12), so that a manifest is written without translation.
 */

/** Anything that JSON can hold, plus Python values (`PyFloat`, dates) that came out of YAML. */
export type Plain = unknown;
export type PlainRecord = Record<string, Plain>;

export type ResourceType =
  | "model"
  | "seed"
  | "snapshot"
  | "analysis"
  | "test"
  | "unit_test"
  | "operation"
  | "source"
  | "exposure"
  | "metric"
  | "semantic_model"
  | "saved_query"
  | "group"
  | "macro"
  | "doc"
  | "function"
  | "sql_operation";

export interface RefArgs {
  name: string;
  package: string | null;
  version: string | number | null;
}

export interface DependsOn {
  macros: string[];
  nodes: string[];
}

export interface ColumnInfo {
  name: string;
  description: string;
  meta: PlainRecord;
  data_type: string | null;
  constraints: PlainRecord[];
  quote: boolean | null;
  config: { meta: PlainRecord; tags: string[] };
  tags: string[];
  granularity: string | null;
  doc_blocks: string[];
  [extra: string]: Plain;
}

/** `config` of a node: known keys with their defaults, in dbt's order, plus whatever else the project wrote. */
export interface NodeConfig extends PlainRecord {
  enabled: boolean;
  alias?: string | null;
  schema?: string | null;
  database?: string | null;
  tags?: string[];
  meta?: PlainRecord;
  group?: string | null;
  materialized?: string;
}

interface Base {
  resource_type: ResourceType;
  unique_id: string;
  name: string;
  package_name: string;
  /** Relative to its resource folder: `gold/x.sql`. */
  path: string;
  /** Relative to its project: `models/gold/x.sql`. */
  original_file_path: string;
}

/** A node with SQL of its own: model, seed, snapshot, analysis, test, hook. */
export interface GraphNode extends Base {
  database: string | null;
  schema: string;
  alias: string;
  fqn: string[];
  checksum: { name: string; checksum: string };
  config: NodeConfig;
  _event_status?: PlainRecord;
  tags: string[];
  description: string;
  columns: Record<string, ColumnInfo>;
  meta: PlainRecord;
  group: string | null;
  docs: { show: boolean; node_color: string | null };
  patch_path: string | null;
  build_path: string | null;
  unrendered_config: PlainRecord;
  created_at: number;
  config_call_dict: PlainRecord;
  unrendered_config_call_dict?: PlainRecord;
  relation_name: string | null;
  raw_code: string;
  doc_blocks: string[];
  language: "sql" | "python" | "javascript";
  refs: RefArgs[];
  sources: string[][];
  metrics: string[][];
  functions?: string[][];
  depends_on: DependsOn;
  compiled_path: string | null;
  compiled: boolean;
  compiled_code: string | null;
  extra_ctes_injected: boolean;
  extra_ctes: { id: string; sql: string }[];
  _pre_injected_sql?: string | null;
  contract: { enforced: boolean; alias_types: boolean; checksum: string | null };
  /** models */
  access?: "private" | "protected" | "public";
  constraints?: PlainRecord[];
  version?: string | number | null;
  latest_version?: string | number | null;
  deprecation_date?: string | null;
  defer_relation?: PlainRecord | null;
  primary_key?: string[];
  time_spine?: PlainRecord | null;
  /** tests */
  test_metadata?: { name: string; kwargs: PlainRecord; namespace: string | null };
  column_name?: string | null;
  file_key_name?: string | null;
  attached_node?: string | null;
  /** seeds */
  root_path?: string | null;
  /** hooks */
  index?: number;
  [extra: string]: Plain;
}

export interface SourceNode extends Base {
  resource_type: "source";
  database: string | null;
  schema: string;
  fqn: string[];
  source_name: string;
  source_description: string;
  loader: string;
  identifier: string;
  quoting: PlainRecord;
  loaded_at_field: string | null;
  loaded_at_query: string | null;
  freshness: PlainRecord | null;
  external: PlainRecord | null;
  description: string;
  columns: Record<string, ColumnInfo>;
  meta: PlainRecord;
  source_meta: PlainRecord;
  tags: string[];
  config: NodeConfig;
  patch_path: string | null;
  unrendered_config: PlainRecord;
  relation_name: string | null;
  created_at: number;
  unrendered_database: string | null;
  unrendered_schema: string | null;
  doc_blocks: string[];
}

export interface MacroNode extends Base {
  resource_type: "macro";
  macro_sql: string;
  depends_on: { macros: string[] };
  description: string;
  meta: PlainRecord;
  docs: { show: boolean; node_color: string | null };
  patch_path: string | null;
  arguments: PlainRecord[];
  created_at: number;
  supported_languages: string[] | null;
  config: PlainRecord;
}

/** Exposures, metrics, semantic models, saved queries, unit tests, groups: nodes that run no SQL of their own model. */
export interface OtherNode extends Base {
  fqn: string[];
  depends_on: DependsOn;
  config: NodeConfig;
  tags?: string[];
  meta?: PlainRecord;
  [extra: string]: Plain;
}

export interface DocNode extends Base {
  resource_type: "doc";
  block_contents: string;
}

export interface ManifestMetadata {
  dbt_schema_version: string;
  dbt_version: string;
  generated_at: string;
  invocation_id: string;
  invocation_started_at: string | null;
  env: Record<string, string>;
  project_name: string;
  project_id: string;
  user_id: string | null;
  send_anonymous_usage_stats: boolean;
  adapter_type: string;
  quoting: PlainRecord;
  run_started_at: string | null;
}

/** A parsed and linked project with its packages. Keys of each record are unique ids. */
export interface Manifest {
  metadata: ManifestMetadata;
  nodes: Record<string, GraphNode>;
  sources: Record<string, SourceNode>;
  macros: Record<string, MacroNode>;
  docs: Record<string, DocNode>;
  exposures: Record<string, OtherNode>;
  metrics: Record<string, OtherNode>;
  groups: Record<string, OtherNode>;
  selectors: Record<string, Plain>;
  disabled: Record<string, (GraphNode | SourceNode | OtherNode)[]>;
  parent_map: Record<string, string[]>;
  child_map: Record<string, string[]>;
  group_map: Record<string, string[]>;
  saved_queries: Record<string, OtherNode>;
  semantic_models: Record<string, OtherNode>;
  unit_tests: Record<string, OtherNode>;
  functions: Record<string, GraphNode>;
}

/** Status of one node in a run, with dbt's names. */
export type RunStatus =
  | "success"
  | "error"
  | "skipped"
  | "partial success"
  | "pass"
  | "fail"
  | "warn"
  | "runtime error"
  | "no-op"
  | "reused";

export interface RunResult {
  unique_id: string;
  status: RunStatus;
  /** Times in ISO 8601, UTC, as dbt writes them. */
  timing: { name: "compile" | "execute"; started_at: string | null; completed_at: string | null }[];
  thread_id: string;
  /** Seconds. */
  execution_time: number;
  adapter_response: PlainRecord;
  message: string | null;
  failures: number | null;
  compiled: boolean | null;
  compiled_code: string | null;
  relation_name: string | null;
  /** Functions only. */
  overload_results?: { successful: string[]; failed: string[] } | null;
  batch_results: PlainRecord | null;
}
