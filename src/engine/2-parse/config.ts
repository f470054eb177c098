import { fromPlain, str } from "#jinja/index.ts";
import { isRecord, cloneData } from "../context/data.ts";
import { engineError } from "../errors.ts";
import type { ConfigTrees, Project } from "../1-read/types.ts";
import type { NodeConfig, PlainRecord } from "../manifest/types.ts";

/** Key of dbt_project.yml under which a resource type is configured. */
export type TreeKey = keyof ConfigTrees;

type Merge = "append" | "update" | "grants" | "clobber";

/** How a key of a node's config merges between levels; what is not listed clobbers. Source: dbt-core artifacts/resources/v1/*.py MergeBehavior. */
const nodeMerge: Record<string, Merge> = {
  tags: "append",
  packages: "append",
  "pre-hook": "append",
  "post-hook": "append",
  meta: "update",
  quoting: "update",
  column_types: "update",
  docs: "update",
  contract: "update",
  latest_version_pointer: "update",
  grants: "grants",
};
const metaMerge: Record<string, Merge> = { meta: "update" };
const testMerge: Record<string, Merge> = { meta: "update", tags: "append" };

const nodeAndTest = {
  enabled: true,
  alias: null,
  schema: null,
  database: null,
  tags: [],
  meta: {},
  group: null,
  static_analysis: null,
};

const nodeDefaults = {
  ...nodeAndTest,
  materialized: "view",
  incremental_strategy: null,
  batch_size: null,
  lookback: 1,
  begin: null,
  persist_docs: {},
  "post-hook": [],
  "pre-hook": [],
  quoting: {},
  column_types: {},
  full_refresh: null,
  unique_key: null,
  on_schema_change: "ignore",
  on_configuration_change: "apply",
  grants: {},
  packages: [],
  docs: { show: true, node_color: null },
  contract: { enforced: false, alias_types: true },
  event_time: null,
  concurrent_batches: null,
};

/** Defaults of every config class, keys in dbt's order. */
export const configDefaults = {
  model: {
    ...nodeDefaults,
    access: "protected",
    freshness: null,
    on_error: null,
    latest_version_pointer: { enabled: null, alias: null },
  },
  analysis: { ...nodeDefaults },
  operation: { ...nodeDefaults },
  seed: { ...nodeDefaults, materialized: "seed", delimiter: ",", quote_columns: null },
  snapshot: {
    ...nodeDefaults,
    materialized: "snapshot",
    strategy: null,
    target_schema: null,
    target_database: null,
    updated_at: null,
    check_cols: null,
    snapshot_meta_column_names: {
      dbt_valid_to: null,
      dbt_valid_from: null,
      dbt_scd_id: null,
      dbt_updated_at: null,
      dbt_is_deleted: null,
    },
    dbt_valid_to_current: null,
  },
  test: {
    ...nodeAndTest,
    schema: "dbt_test__audit",
    materialized: "test",
    severity: "ERROR",
    store_failures: null,
    store_failures_as: null,
    sql_header: null,
    where: null,
    limit: null,
    fail_calc: "count(*)",
    warn_if: "!= 0",
    error_if: "!= 0",
  },
  source: {
    enabled: true,
    event_time: null,
    freshness: {
      warn_after: { count: null, period: null },
      error_after: { count: null, period: null },
      filter: null,
    },
    loaded_at_field: null,
    loaded_at_query: null,
    meta: {},
    tags: [],
    static_analysis: null,
  },
  exposure: { enabled: true, tags: [], meta: {} },
  metric: { enabled: true, group: null, meta: {} },
  group: { meta: {} },
  semantic_model: { enabled: true, group: null, meta: {} },
  saved_query: {
    enabled: true,
    group: null,
    meta: {},
    export_as: null,
    schema: null,
    cache: { enabled: false },
  },
  unit_test: { tags: [], meta: {}, enabled: true, static_analysis: null },
  function: {
    ...nodeDefaults,
    materialized: "function",
    type: "scalar",
    volatility: null,
    runtime_version: null,
    entry_point: null,
    snowflake: { quote_args: true },
  },
} satisfies Record<string, PlainRecord>;

export type ConfigKind = keyof typeof configDefaults;

/** Merge rules of each config class. */
const mergeOf: Record<ConfigKind, Record<string, Merge>> = {
  model: nodeMerge,
  analysis: nodeMerge,
  operation: nodeMerge,
  seed: nodeMerge,
  snapshot: nodeMerge,
  function: nodeMerge,
  test: testMerge,
  unit_test: testMerge,
  source: metaMerge,
  exposure: {},
  metric: metaMerge,
  group: metaMerge,
  semantic_model: metaMerge,
  saved_query: metaMerge,
};

export const treeOf: Record<ConfigKind, TreeKey> = {
  model: "models",
  analysis: "analyses",
  operation: "models",
  seed: "seeds",
  snapshot: "snapshots",
  test: "data_tests",
  source: "sources",
  exposure: "exposures",
  metric: "metrics",
  group: "models",
  semantic_model: "semantic-models",
  saved_query: "saved-queries",
  unit_test: "unit_tests",
  function: "functions",
};

/** Analyses are configured as models, until the project asks for their own tree. Source: dbt-core context/context_config.py RenderedConfig. */
function treeFor({ kind, root }: ConfigRequest): TreeKey {
  return kind === "analysis" && root.flags.require_corrected_analysis_fqns !== true ? "models" : treeOf[kind];
}

/** Semantic models and saved queries are looked up under names that no project writes, functions under `models`. Source: UnrenderedConfig. */
function unrenderedTree(request: ConfigRequest, project: Project): PlainRecord {
  const { kind } = request;
  if (kind === "semantic_model" || kind === "saved_query") return {};
  return project.unrenderedTrees[kind === "function" ? "models" : treeFor(request)];
}

const listify = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];

function mergeGrants(into: PlainRecord, from: PlainRecord): PlainRecord {
  const merged: PlainRecord = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const extends_ = key.startsWith("+");
    const name = extends_ ? key.slice(1) : key;
    merged[name] = extends_ ? [...listify(merged[name]), ...listify(value)] : listify(value);
  }
  return merged;
}

/** What is merged by its keys must have some. Source: dbt_common contracts/config/base.py _merge_field_value. */
function mapping(key: string, value: unknown): PlainRecord {
  if (isRecord(value)) return value;
  throw engineError("parsing", {
    message: `at path ['${key}']: expected dict, got ${str(fromPlain(value))}`,
    hint: `Write ${key} as a mapping: {name: value}.`,
  });
}

/** Merges one level into a config, key by key. */
function mergeConfig(kind: ConfigKind, config: PlainRecord, level: PlainRecord): PlainRecord {
  for (const [rawKey, value] of Object.entries(level)) {
    const key = rawKey === "pre_hook" ? "pre-hook" : rawKey === "post_hook" ? "post-hook" : rawKey;
    switch (mergeOf[kind][key]) {
      case "append":
        config[key] = [...listify(config[key]), ...listify(value)];
        break;
      case "update":
        config[key] = { ...(isRecord(config[key]) ? config[key] : {}), ...mapping(key, value) };
        break;
      case "grants":
        config[key] = mergeGrants(isRecord(config[key]) ? config[key] : {}, mapping(key, value));
        break;
      default:
        config[key] = value;
    }
  }
  return config;
}

/**
 * The levels of a config tree that apply to an fqn, root first. At each level keys with `+` are always config, others only
 * when their value is no mapping. Source: dbt-core utils fqn_search, context/context_config.py _project_configs.
 */
export function* treeLevels(tree: PlainRecord, fqn: string[]): Iterable<PlainRecord> {
  let level: unknown = tree;
  for (const part of [undefined, ...fqn]) {
    if (part !== undefined) level = isRecord(level) ? level[part] : undefined;
    if (!isRecord(level)) return;
    const settings = settingsOf(level);
    if (settings.length === 0) continue;
    const config: PlainRecord = {};
    for (const [key, value] of settings) config[key] = cloneData(value);
    yield config;
  }
}

/** Levels are asked for by every node below them, and a tree does not change once it is read. */
const settingsOfLevels = new WeakMap<PlainRecord, [string, unknown][]>();

function settingsOf(level: PlainRecord): [string, unknown][] {
  let settings = settingsOfLevels.get(level);
  if (!settings) {
    settings = Object.entries(level).flatMap(([key, value]): [string, unknown][] =>
      key.startsWith("+") ? [[key.slice(1).trim(), value]] : isRecord(value) ? [] : [[key, value]],
    );
    settingsOfLevels.set(level, settings);
  }
  return settings;
}

/** Grants of several calls: the `+` stays, it speaks to what the levels above say. */
function mergeGrantCalls(into: PlainRecord, from: PlainRecord): PlainRecord {
  const merged: PlainRecord = Object.fromEntries(Object.entries(into).map(([key, value]) => [key, listify(value)]));
  for (const [key, value] of Object.entries(from)) {
    merged[key] = key.startsWith("+") && key in merged ? [...listify(merged[key]), ...listify(value)] : listify(value);
  }
  return merged;
}

/** What `config()` calls of one node said, merged among themselves. Source: dbt-core context_config.py _add_config_call. */
export class ConfigCallList {
  readonly merged: PlainRecord = {};

  add(options: PlainRecord): void {
    // The first call is kept as it is, `+` of grants included.
    if (Object.keys(this.merged).length === 0) {
      Object.assign(this.merged, options);
      return;
    }
    for (const [key, value] of Object.entries(options)) {
      const behaviour = nodeMerge[key];
      if (behaviour === "append") this.merged[key] = [...listify(this.merged[key]), ...listify(value)];
      else if ((behaviour === "update" || key === "snapshot_meta_column_names") && isRecord(value)) {
        this.merged[key] = { ...(isRecord(this.merged[key]) ? this.merged[key] : {}), ...value };
      } else if (behaviour === "grants" && isRecord(value)) {
        this.merged[key] = mergeGrantCalls(isRecord(this.merged[key]) ? this.merged[key] : {}, value);
      } else this.merged[key] = value;
    }
  }
}

export interface ConfigRequest {
  kind: ConfigKind;
  fqn: string[];
  project: Project;
  root: Project;
  /** `config:` of the properties file. */
  patch?: PlainRecord;
  /** Merged `config()` calls. */
  calls?: PlainRecord;
}

/**
 * The final config of a node: defaults, its project's levels, properties file, config() calls, and for a package's node the
 * root project's levels once more on top. Source: dbt-core context/context_config.py calculate_node_config.
 */
export function resolveConfig(request: ConfigRequest): NodeConfig {
  const { kind, fqn, project, root } = request;
  const config = cloneData(configDefaults[kind]) as PlainRecord;
  const tree = treeFor(request);
  for (const level of treeLevels(project.trees[tree], fqn)) mergeConfig(kind, config, level);
  if (request.patch) mergeConfig(kind, config, cloneData(request.patch));
  if (request.calls) mergeConfig(kind, config, cloneData(request.calls));
  if (project !== root) for (const level of treeLevels(root.trees[tree], fqn)) mergeConfig(kind, config, level);
  return finalize(kind, config, request);
}

/** The same without defaults, from the texts before rendering: what `state:modified` compares. */
export function unrenderedConfig(request: ConfigRequest): PlainRecord {
  const { fqn, project, root } = request;
  const config: PlainRecord = {};
  for (const level of treeLevels(unrenderedTree(request, project), fqn)) Object.assign(config, level);
  Object.assign(config, cloneData(request.patch ?? {}), cloneData(request.calls ?? {}));
  if (project !== root)
    for (const level of treeLevels(unrenderedTree(request, root), fqn)) Object.assign(config, level);
  return config;
}

/** dbt's deep_merge: mappings merge, lists are joined with the later one first, everything else is replaced. */
export function deepMerge(base: PlainRecord, over: PlainRecord): PlainRecord {
  const merged: PlainRecord = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    if (isRecord(value)) merged[key] = deepMerge(isRecord(before) ? before : {}, value);
    else if (Array.isArray(value) && Array.isArray(before)) merged[key] = [...value, ...before];
    else merged[key] = value;
  }
  return merged;
}

function finalize(kind: ConfigKind, config: PlainRecord, request: ConfigRequest): NodeConfig {
  for (const key of ["meta", "persist_docs"]) if (config[key] !== undefined) mapping(key, config[key]);
  for (const key of ["pre-hook", "post-hook"])
    if (key in config && kind !== "group") config[key] = listify(config[key]).map(hookOf);
  if (typeof config.tags === "string") config.tags = [config.tags];
  // A list of texts to dbt, whatever is in it.
  if (Array.isArray(config.tags)) config.tags = config.tags.map((tag: unknown) => str(fromPlain(tag)));
  if (typeof config.static_analysis === "boolean") {
    const [on, off] = kind === "source" ? ["on", "off"] : ["True", "False"];
    config.static_analysis = config.static_analysis ? on : off;
  }
  if (kind === "source" && isRecord(config.freshness)) config.freshness = threshold(config.freshness);
  if (kind === "group") {
    delete config["pre-hook"];
    delete config["post-hook"];
    return config as NodeConfig;
  }
  if (isRecord(config.docs))
    config.docs = { show: config.docs.show ?? true, node_color: config.docs.node_color ?? null };
  if (kind === "test") finalizeTest(config, request);
  if (kind === "model") {
    if (isRecord(config.freshness)) config.freshness = modelFreshness(config.freshness);
    const contract = config.contract;
    if (
      isRecord(contract) &&
      contract.enforced === true &&
      config.materialized === "incremental" &&
      !["append_new_columns", "fail"].includes(String(config.on_schema_change))
    ) {
      throw engineError("parsing", {
        message: `Invalid value for on_schema_change: ${String(config.on_schema_change)}. Models materialized as incremental with contracts enabled must set on_schema_change to 'append_new_columns' or 'fail'`,
        dbtType: "Validation Error",
      });
    }
  }
  if (kind === "snapshot") {
    // Every extra key of a snapshot is kept; `hard_deletes` shows in artifacts only when written.
    if (isRecord(config.snapshot_meta_column_names)) {
      config.snapshot_meta_column_names = {
        ...configDefaults.snapshot.snapshot_meta_column_names,
        ...config.snapshot_meta_column_names,
      };
    }
  }
  return config as NodeConfig;
}

function modelFreshness(freshness: PlainRecord): PlainRecord {
  const after = freshness.build_after;
  if (!isRecord(after)) return freshness;
  const [count, period] = [after.count ?? null, after.period ?? null];
  const [given, missing] = count === null ? ["period", "count"] : ["count", "period"];
  if ((count === null) !== (period === null || period === "")) {
    throw engineError("parsing", {
      message: `\`freshness.build_after\` must have a value for \`${missing}\` if a \`${given}\` is provided`,
      hint: "Write build_after: {count: 1, period: day}.",
      dbtType: "Validation Error",
    });
  }
  return { ...freshness, build_after: { count: null, period: null, updates_on: "any", ...after } };
}

function threshold({ warn_after: warn, error_after: error, filter, ...rest }: PlainRecord): PlainRecord {
  const time = (value: unknown) =>
    value === null ? null : { count: null, period: null, ...(isRecord(value) ? value : {}) };
  return { ...rest, warn_after: time(warn), error_after: time(error), filter: filter ?? null };
}

/** `store_failures_as` decides; without it `store_failures` does. Source: dbt-core TestConfig.finalize_and_validate. */
function finalizeTest(config: PlainRecord, request: ConfigRequest): void {
  if (config.store_failures_as === null || config.store_failures_as === undefined) {
    config.store_failures_as =
      config.store_failures === true ? "table" : config.store_failures === false ? "ephemeral" : null;
  } else {
    config.store_failures = config.store_failures_as !== "ephemeral";
  }
  if (typeof config.severity === "string" && !/^(warn|error)$/i.test(config.severity)) {
    throw engineError("parsing", {
      message: `Severity must be either 'warn' or 'error'. Got '${config.severity}'`,
      hint: `Set severity of ${request.fqn[request.fqn.length - 1]} to warn or error.`,
      dbtType: "Validation Error",
    });
  }
}

/** A hook as dbt keeps it: text, dict, or the JSON that `before_begin()` makes. Source: dbt-core hooks.py get_hook_dict. */
function hookOf(source: unknown): PlainRecord {
  if (isRecord(source))
    return { sql: source.sql ?? null, transaction: source.transaction ?? true, index: source.index ?? null };
  if (typeof source !== "string") return { sql: null, transaction: true, index: null };
  const text = source;
  if (text.trimStart().startsWith("{")) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (isRecord(parsed) && "sql" in parsed)
        return { sql: parsed.sql, transaction: parsed.transaction ?? true, index: parsed.index ?? null };
    } catch {
      // Not JSON: SQL that starts with a brace.
    }
  }
  return { sql: text, transaction: true, index: null };
}
