import { hostFunction } from "./object.ts";
import {
  PyDict,
  PyFunction,
  PyObject,
  PyTuple,
  repr,
  str,
  truthy,
  type MaybePromise,
  type Value,
} from "#jinja/index.ts";
import type { SqlValue } from "#duck/index.ts";
import { type Adapter, relationArgument } from "./adapter.ts";
import { field, isTrue, listOf, nameOf } from "./arguments.ts";
import { Behavior } from "./behavior.ts";
import { toBinding } from "./bindings.ts";
import { renderColumns, renderModelConstraints } from "./constraints.ts";
import { convertType } from "./convert-type.ts";
import { adapterError } from "./errors.ts";
import { externalReadLocation, externalWriteOptions } from "./external.ts";
import { parseIndex } from "./index-config.ts";
import type { Row } from "./mapped-sequence.ts";
import { Parts } from "./policy.ts";
import { Relation } from "./relation.ts";
import { RelationClass } from "./relation-class.ts";
import { ResponseValue } from "./response.ts";
import { AgateTable, emptyTable } from "./table.ts";

export interface AdapterObjectOptions {
  adapter: Adapter;
  /** At parse time everything that would touch the database answers None, an empty list or an empty table. */
  phase: "parse" | "run";
  /** `adapter.dispatch(name, namespace)`: the macro for DuckDB, as a callable. */
  dispatch(name: string, namespace: string | null): MaybePromise<Value>;
  /** `adapter.config`. */
  config?: Value;
  /** Stores an external model through a plugin; without it every plugin is unknown. */
  storeRelation?: (
    plugin: string,
    relation: Relation,
    path: string,
    format: string,
    config: Value,
  ) => MaybePromise<void>;
}

type Given = Value | undefined;
type Body = (...values: Given[]) => MaybePromise<Value>;

interface Entry {
  parameters: readonly string[];
  body(self: AdapterObject, ...values: Given[]): MaybePromise<Value>;
  /** What it answers at parse time; without it the body runs then, too. */
  atParse?: () => Value;
}

const none = (): Value => null;
const nothing = (): Value => [];
const entry = (parameters: readonly string[], body: Entry["body"], atParse?: () => Value): Entry => ({
  parameters,
  body,
  atParse,
});

/** `adapter` in templates. */
export class AdapterObject extends PyObject {
  readonly pyType: string;
  readonly options: AdapterObjectOptions;
  readonly behavior: Behavior;
  readonly #relationClass: RelationClass;

  constructor(options: AdapterObjectOptions) {
    super();
    this.options = options;
    this.pyType = options.phase === "parse" ? "ParseDatabaseWrapper" : "RuntimeDatabaseWrapper";
    const { shared, quoting } = options.adapter;
    this.behavior = new Behavior(shared.flags, (name) => {
      const message = `The behavior controlled by \`${name}\` is currently turned off.`;
      options.adapter.warn({ message, name: "BehaviorChangeEvent", code: "D018" });
    });
    this.#relationClass = new RelationClass(quoting);
  }

  get adapter(): Adapter {
    return this.options.adapter;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "Relation":
        return this.#relationClass;
      case "config":
        return this.options.config ?? null;
      case "behavior":
        return this.behavior;
      default:
        break;
    }
    if (!Object.hasOwn(entries, name)) return undefined;
    const { parameters, body, atParse } = entries[name] as Entry;
    // at parse time dbt replaces the method by a function that takes anything
    if (this.options.phase === "parse" && atParse) return new PyFunction(name, () => atParse());
    const run: Body = (...values) => body(this, ...values);
    return hostFunction(name, parameters, run);
  }

  deprecated(oldName: string, newName: string): void {
    const message = `The adapter function \`adapter.${oldName}\` is deprecated and will be removed in a future release of dbt. Please use \`adapter.${newName}\` instead.`;
    this.adapter.warn({ message, name: "AdapterDeprecationWarning", code: "D005" });
  }
}

const nullRelation = (self: AdapterObject, what: string) =>
  adapterError("compilation", `Attempted to ${what} a null relation for ${self.adapter.session.name}`);

const pathOf = (database: Given, schema: Given, identifier: Given) => ({
  database: nameOf(database),
  schema: nameOf(schema),
  identifier: nameOf(identifier),
});

/** Relations must be given; a dropped null is told apart because macros hit it often. */
function droppable(self: AdapterObject, relation: Given): Relation {
  if (relation instanceof Relation) return relation;
  if ((relation ?? null) === null) throw nullRelation(self, "drop");
  return relationArgument("drop_relation", "relation", relation as Value);
}

const parseResult = (): Value => new PyTuple(["", emptyTable()]);
const text = (value: Given): string => (value === undefined ? "" : str(value));

async function execute(self: AdapterObject, sql: Given, autoBegin: Given, fetch: Given, limit: Given): Promise<Value> {
  const { response, table } = await self.adapter.session.execute(text(sql), {
    autoBegin: isTrue(autoBegin),
    fetch: isTrue(fetch),
    limit: limit === undefined || limit === null ? null : Number(str(limit)),
  });
  return new PyTuple([new ResponseValue(response), table]);
}

async function addQuery(self: AdapterObject, sql: Given, autoBegin: Given, bindings: Given): Promise<Value> {
  const values = listOf(bindings ?? null);
  const options: { autoBegin: boolean; bindings?: SqlValue[] } = {
    autoBegin: autoBegin === undefined || truthy(autoBegin),
  };
  if (values.length > 0) options.bindings = values.map(toBinding);
  await self.adapter.session.addQuery(text(sql), options);
  return new PyTuple([null, null]);
}

/** The macro that an incremental strategy stands for, out of the model's context. Errors: DBA-004. */
function strategyMacro(self: AdapterObject, context: Given, strategy: Given): Value {
  const name = strategy === undefined || strategy === null ? "default" : str(strategy);
  const builtin = ["append", "delete+insert", "merge", "insert_overwrite"];
  if (!self.behavior.isOn("require_batched_execution_for_custom_microbatch_strategy")) builtin.push("microbatch");
  if (builtin.includes(name) && !strategies.includes(name)) {
    throw adapterError("runtime", {
      message: `The incremental strategy '${name}' is not valid for this adapter`,
      hint: `Use one of ${strategies.join(", ")}, or write a macro get_incremental_<name>_sql.`,
    });
  }
  const macroName = `get_incremental_${name.replaceAll("+", "_")}_sql`;
  const macro = field(context, macroName);
  if (macro === null) {
    const place = self.adapter.shared.projectName;
    throw adapterError("runtime", {
      message: `dbt could not find an incremental strategy macro with the name "${macroName}" in ${place}`,
      hint: "Write that macro, or choose another incremental_strategy.",
    });
  }
  return macro;
}

const strategies = ["append", "delete+insert", "merge", "microbatch"];

function hardDeletes(config: Given): Value {
  const read = (key: string) => field(config, key);
  const [legacy, mode] = [read("invalidate_hard_deletes"), read("hard_deletes")];
  if (legacy !== null && mode !== null) {
    throw adapterError("validation", {
      message:
        "You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.",
      hint: "Keep hard_deletes.",
    });
  }
  if (truthy(legacy) || mode === "invalidate") return "invalidate";
  if (mode === "new_record") return "new_record";
  if (mode === null || mode === "ignore") return "ignore";
  throw adapterError("validation", {
    message: "Invalid setting for property hard_deletes.",
    hint: "Use ignore, invalidate or new_record.",
  });
}

function grantsDict(table: Given): Value {
  const grants = new PyDict();
  if (!(table instanceof AgateTable)) return grants;
  for (const row of table.rows.items()) {
    const [grantee, privilege] = [field(row, "grantee"), field(row, "privilege_type")];
    const list = grants.get(privilege);
    if (Array.isArray(list)) list.push(grantee);
    else grants.set(privilege, [grantee]);
  }
  return grants;
}

function batchId(model: Given): string {
  const batch = field(model, "batch");
  const start = batch === null ? null : field(batch, "event_time_start");
  if (start === null || !truthy(start)) return "";
  return str(start).replaceAll("-", "").replaceAll(":", "").replaceAll(" ", "_").replaceAll("+", "");
}

function temporaryPath(self: AdapterObject, model: Given, batch: Given): Value {
  const name = self.adapter.temporaryName(str(field(model, "identifier")));
  const suffix = batch !== undefined && truthy(batch) ? `__${str(batch)}` : "";
  return new Parts("Path", { schema: "dbt_temp", database: field(model, "database"), identifier: name + suffix });
}

async function storeRelation(self: AdapterObject, [plugin, relation, , path, format, config]: Given[]): Promise<Value> {
  const { storeRelation: store } = self.options;
  if (store === undefined) {
    const known = self.adapter.shared.target.plugins.map((p) => String(p.alias ?? p.module));
    throw adapterError("unsupported", {
      message: `Plugin ${text(plugin)} not found; known plugins are: ${known.join(",")}`,
      hint: "Plugins are Python code: write the relation with materialized='external' and a location instead.",
    });
  }
  await store(
    text(plugin),
    relationArgument("store_relation", "relation", relation ?? null),
    text(path),
    text(format),
    config ?? null,
  );
  return null;
}

async function locationExists(self: AdapterObject, location: Given): Promise<boolean> {
  try {
    await self.adapter.session.execute(`select 1 from '${text(location)}' where 1=0`);
    return true;
  } catch {
    return false;
  }
}

function dispatch(self: AdapterObject, name: Given, namespace: Given, packages: Given): MaybePromise<Value> {
  const macro = text(name);
  if (macro.includes(".")) {
    const [suggested, ...rest] = macro.split(".");
    throw adapterError("compilation", {
      message:
        `In adapter.dispatch, got a macro name of "${macro}", but "." is not a valid macro name component. Did you mean ` +
        `\`adapter.dispatch("${rest.join(".")}", macro_namespace="${suggested}")\`?`,
    });
  }
  if ((packages ?? null) !== null) {
    throw adapterError("compilation", {
      message: `The "packages" argument of adapter.dispatch() has been deprecated. Use the "macro_namespace" argument instead.\n\nRaised during dispatch for: ${macro}`,
    });
  }
  const space = namespace ?? null;
  if (space !== null && typeof space !== "string") {
    const what = `In adapter.dispatch, got a ${repr(space)} macro_namespace argument, but macro_namespace should be None or a string.`;
    throw adapterError("compilation", what);
  }
  return self.options.dispatch(macro, space);
}

function quoteSeedColumn(column: Given, quote: Given): string {
  const wanted = quote ?? null;
  if (wanted !== null && typeof wanted !== "boolean") {
    throw adapterError("compilation", {
      message: `The seed configuration value of "quote_columns" has an invalid type ${typeof wanted === "string" ? "<class 'str'>" : repr(wanted)}`,
      hint: "Set quote_columns to true or false.",
    });
  }
  return wanted === false ? text(column) : `"${text(column)}"`;
}

/** Every name that templates can use, with what it answers at parse time when it would touch the database. */
const entries: Record<string, Entry> = {
  type: entry([], () => "duckdb"),
  commit: entry([], async (self) => (await self.adapter.session.commitIfOpen(), null)),
  dispatch: entry(["macro_name", "macro_namespace?", "packages?"], dispatch),

  execute: entry(["sql", "auto_begin?", "fetch?", "limit?"], execute, parseResult),
  add_query: entry(["sql", "auto_begin?", "bindings?", "abridge_sql_log?"], addQuery, () => new PyTuple([null, null])),
  run_sql_for_tests: entry(["sql", "fetch", "conn"], async (self, sql, fetch) => {
    const { rows } = (await self.adapter.session.execute(text(sql), { fetch: true })).table;
    const tuples = rows.items().map((row) => new PyTuple((row as Row).items()));
    return fetch === "all" ? tuples : fetch === "one" ? (tuples[0] ?? null) : null;
  }),
  get_partitions_metadata: entry(
    ["table"],
    () => {
      throw adapterError("runtime", "`get_partitions_metadata` is not implemented for this adapter!");
    },
    parseResult,
  ),

  get_relation: entry(
    ["database", "schema", "identifier"],
    (self, ...path) => self.adapter.getRelation(pathOf(path[0], path[1], path[2])),
    none,
  ),
  already_exists: entry(
    ["schema", "name"],
    async (self, schema, name) => {
      self.deprecated("already_exists", "get_relation");
      return (await self.adapter.getRelation(pathOf(self.adapter.shared.target.database, schema, name))) !== null;
    },
    () => false,
  ),
  check_schema_exists: entry(
    ["database", "schema"],
    (self, database, schema) => self.adapter.schemaExists(text(database), text(schema)),
    () => false,
  ),
  create_schema: entry(
    ["relation"],
    async (self, relation) => {
      await self.adapter.createSchema(relationArgument("create_schema", "relation", relation ?? null));
      return null;
    },
    none,
  ),
  drop_schema: entry(
    ["relation"],
    async (self, relation) => {
      await self.adapter.dropSchema(relationArgument("drop_schema", "relation", relation ?? null));
      return null;
    },
    none,
  ),
  drop_relation: entry(
    ["relation"],
    async (self, relation) => (await self.adapter.dropRelation(droppable(self, relation)), null),
    none,
  ),
  truncate_relation: entry(
    ["relation"],
    async (self, relation) => (await self.adapter.truncateRelation(relation ?? null), null),
    none,
  ),
  rename_relation: entry(
    ["from_relation", "to_relation"],
    async (self, from, to) => {
      await self.adapter.renameRelation(from ?? null, to ?? null);
      return null;
    },
    none,
  ),
  cache_added: entry(["relation"], (self, relation) => {
    if ((relation ?? null) === null) throw nullRelation(self, "cache");
    self.adapter.cache.add(relationArgument("cache_added", "relation", relation as Value));
    return "";
  }),
  cache_dropped: entry(["relation"], (self, relation) => {
    self.adapter.cache.drop(droppable(self, relation));
    return "";
  }),
  cache_renamed: entry(["from_relation", "to_relation"], (self, from, to) => {
    self.adapter.cacheRenamed(from ?? null, to ?? null);
    return "";
  }),

  get_columns_in_relation: entry(
    ["relation"],
    (self, relation) =>
      self.adapter.columnsIn(relationArgument("get_columns_in_relation", "relation", relation ?? null)),
    nothing,
  ),
  get_columns_in_table: entry(
    ["schema", "identifier"],
    (self, schema, identifier) => {
      self.deprecated("get_columns_in_table", "get_columns_in_relation");
      const path = pathOf(self.adapter.shared.target.database, schema, identifier);
      return self.adapter.columnsIn(new Relation({ ...path, quotePolicy: self.adapter.quoting }));
    },
    nothing,
  ),
  get_column_schema_from_query: entry(["sql"], (self, sql) => self.adapter.columnsOfQuery(text(sql)), nothing),
  get_missing_columns: entry(
    ["from_relation", "to_relation"],
    (self, from, to) => self.adapter.missingColumns(from ?? null, to ?? null),
    nothing,
  ),
  expand_target_column_types: entry(
    ["from_relation", "to_relation"],
    (_self, from, to) => {
      // strings have no length in DuckDB, so that nothing needs to grow
      relationArgument("expand_target_column_types", "from_relation", from ?? null);
      relationArgument("expand_target_column_types", "to_relation", to ?? null);
      return null;
    },
    none,
  ),
  valid_snapshot_target: entry(
    ["relation", "column_names?"],
    async (self, relation, names) => {
      await self.adapter.assertSnapshotTarget(relation ?? null, names ?? null, snapshotColumns, true);
      return null;
    },
    none,
  ),
  assert_valid_snapshot_target_given_strategy: entry(
    ["relation", "column_names", "strategy"],
    async (self, relation, names, strategy) => {
      await self.adapter.assertSnapshotTarget(relation ?? null, names ?? null, snapshotColumns, true);
      if (field(strategy, "hard_deletes") === "new_record") {
        await self.adapter.assertSnapshotTarget(relation ?? null, names ?? null, ["dbt_is_deleted"], false);
      }
      return null;
    },
    none,
  ),

  quote: entry(["identifier"], (_self, identifier) => `"${text(identifier)}"`),
  quote_as_configured: entry(["identifier", "quote_key"], (self, identifier, key) => {
    const name = text(key) as keyof typeof self.adapter.quoting;
    return self.adapter.quoting[name] === true ? `"${text(identifier)}"` : text(identifier);
  }),
  quote_seed_column: entry(["column", "quote_config"], (_self, column, quote) => quoteSeedColumn(column, quote)),
  convert_type: entry(["agate_table", "col_idx"], (_self, table, index) =>
    convertType(table ?? null, Number(str(index ?? 0))),
  ),
  convert_datetimes_to_strs: entry(["table"], (_self, table) =>
    table instanceof AgateTable ? table.datetimesAsText() : (table ?? null),
  ),
  standardize_grants_dict: entry(["grants_table"], (_self, table) => grantsDict(table)),
  get_seed_file_path: entry(
    ["model"],
    (_self, model) => `${str(field(model, "root_path")).replace(/\/$/, "")}/${str(field(model, "original_file_path"))}`,
  ),
  get_binding_char: entry([], () => "?"),

  valid_incremental_strategies: entry([], () => [...strategies]),
  get_incremental_strategy_macro: entry(["model_context", "strategy"], strategyMacro, none),
  get_hard_deletes_behavior: entry(["config"], (_self, config) => hardDeletes(config), none),
  batch_id_for_model: entry(["model"], (_self, model) => batchId(model)),
  get_temp_relation_path: entry(["model", "batch_id?"], temporaryPath),
  get_pseudocolumns_for_relation: entry(["relation"], () => [], nothing),
  parse_index: entry(["raw_index"], (_self, raw) => parseIndex(raw ?? null)),
  render_raw_columns_constraints: entry(["raw_columns"], (_self, columns) => renderColumns(columns ?? null)),
  render_raw_model_constraints: entry(["raw_constraints"], (_self, constraints) =>
    renderModelConstraints(constraints ?? null),
  ),

  external_root: entry([], (self) => self.adapter.shared.target.externalRoot),
  external_write_options: entry(["write_location", "rendered_options"], (_self, location, options) =>
    externalWriteOptions(text(location), optionsOf(options)),
  ),
  external_read_location: entry(["write_location", "rendered_options"], (_self, location, options) =>
    externalReadLocation(text(location), optionsOf(options)),
  ),
  location_exists: entry(["location"], locationExists),
  store_relation: entry(["plugin_name", "relation", "column_list", "path", "format", "config"], (self, ...values) =>
    storeRelation(self, values),
  ),

  is_motherduck: entry([], () => false),
  is_ducklake: entry(["relation"], (self, relation) => isDucklake(self, relation)),
  use_ducklake_table_workarounds: entry(["relation"], () => false),
  disable_transactions: entry([], (self) => self.adapter.shared.target.disableTransactions),
  warn_once: entry(["msg"], (self, message) => (self.adapter.warnOnce(text(message)), null)),

  get_catalog_integration: entry(["name"], (_self, name) => {
    throw adapterError("unsupported", {
      message: `Catalog integration '${text(name)}' was not found.`,
      hint: "DuckDB targets have none.",
    });
  }),
  build_catalog_relation: entry(["config"], () => null),
};

const snapshotColumns = ["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"];
const optionsOf = (value: Given): PyDict => (value instanceof PyDict ? value : new PyDict());

function isDucklake(self: AdapterObject, relation: Given): boolean {
  if (!(relation instanceof Relation) || relation.database === null) return false;
  const { target } = self.adapter.shared;
  const names = target.attach
    .filter((a) => a.is_ducklake === true || /ducklake:/i.test(String(a.path ?? "")))
    .map((a) => String(a.alias ?? ""));
  if (target.isDucklake) names.push(target.database);
  return names.includes(relation.database);
}

/** Names of everything that `adapter` offers, for documentation and tests. */
export const adapterMethodNames = (): string[] => [...Object.keys(entries), "behavior", "config", "Relation"].sort();
