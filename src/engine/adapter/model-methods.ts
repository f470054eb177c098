import { PyDict, PyObject, repr, str, truthy, type Value } from "#jinja/index.ts";
import { relationArgument } from "./adapter.ts";
import { type AdapterView, entry, type Entry, type Given, none, text } from "./adapter-entry.ts";
import { field } from "./arguments.ts";
import { renderColumns, renderModelConstraints } from "./constraints.ts";
import { convertType } from "./convert-type.ts";
import { adapterError } from "./errors.ts";
import { externalReadLocation, externalWriteOptions } from "./external.ts";
import { parseIndex } from "./index-config.ts";
import { Parts } from "./policy.ts";
import { AgateTable } from "./table.ts";

/** Methods of `adapter` that materializations build their SQL with. */
export const modelMethods: Record<string, Entry> = {
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
  store_relation: entry(["plugin_name", "relation", "column_list", "path", "format", "config"], (self, ...values) =>
    storeRelation(self, values),
  ),
  get_catalog_integration: entry(["name"], (_self, name) => {
    throw adapterError("unsupported", {
      message: `Catalog integration '${text(name)}' was not found.`,
      hint: "DuckDB targets have none.",
    });
  }),
  build_catalog_relation: entry(["config"], () => null),
};

/** The macro that an incremental strategy stands for, out of the model's context. Errors: DBA-004. */
function strategyMacro(self: AdapterView, context: Given, strategy: Given): Value {
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
  // A node's `config` answers through get(), a plain dict by its keys.
  const get = config instanceof PyObject && !(config instanceof PyDict) ? config.getAttr("get") : undefined;
  const read = (key: string): Value => {
    const value = get instanceof PyObject ? get.call([key], new Map()) : field(config, key);
    return value instanceof Promise ? null : value;
  };
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

function temporaryPath(self: AdapterView, model: Given, batch: Given): Value {
  const name = self.adapter.temporaryName(str(field(model, "identifier")));
  const suffix = batch !== undefined && truthy(batch) ? `__${str(batch)}` : "";
  return new Parts("Path", { schema: "dbt_temp", database: field(model, "database"), identifier: name + suffix });
}

async function storeRelation(self: AdapterView, [plugin, relation, , path, format, config]: Given[]): Promise<Value> {
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

const optionsOf = (value: Given): PyDict => (value instanceof PyDict ? value : new PyDict());
