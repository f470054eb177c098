import { isLabsError } from "#errors/index.ts";
import { PyDict, type PyObject, repr, str, type Value } from "#jinja/index.ts";
import { field, listOf } from "./arguments.ts";
import { contractMessage } from "./contract-error.ts";
import { adapterError } from "./errors.ts";
import { hostFunction } from "./object.ts";

export interface ExceptionOptions {
  /** The node whose templates raise: it is named in `data.node` of the error. */
  node?: { unique_id: string; name: string; resource_type: string; original_file_path: string };
  /** `exceptions.warn` and warnings about snapshots; may raise, when warnings are errors. */
  warn(message: string, event: { name: string; code: string }): void;
}

type Given = Value | undefined;
type Raise = (...values: Given[]) => never;

const text = (value: Given): string => (value === undefined ? "None" : str(value));
const named = (value: Given, key: string): string => str(field(value, key));

/** One line a function: parameters and what it raises. */
const raisers: Record<string, { parameters: string[]; raise: Raise }> = {
  raise_compiler_error: {
    parameters: ["msg", "node?"],
    raise: (message) => {
      throw adapterError("compilation", text(message));
    },
  },
  raise_database_error: {
    parameters: ["msg", "node?"],
    raise: (message) => {
      throw adapterError("database", text(message));
    },
  },
  raise_dependency_error: {
    parameters: ["msg"],
    raise: (message) => {
      throw adapterError("dependency", text(message));
    },
  },
  raise_fail_fast_error: {
    parameters: ["msg", "node?"],
    raise: (message) => {
      throw adapterError("failFast", text(message));
    },
  },
  raise_not_implemented: {
    parameters: ["msg"],
    raise: (message) => {
      throw adapterError("runtime", `ERROR: ${text(message)}`);
    },
  },
  raise_cache_inconsistent: {
    parameters: ["message"],
    raise: (message) => {
      throw adapterError("internal", `Cache inconsistency detected: ${text(message)}`);
    },
  },
  raise_contract_error: {
    parameters: ["yaml_columns", "sql_columns"],
    raise: (yaml, sql) => {
      throw adapterError("contract", contractMessage(listOf(yaml), listOf(sql)));
    },
  },
  column_type_missing: {
    parameters: ["column_names"],
    raise: (names) => {
      throw adapterError("compilation", {
        message:
          "Contracted models require data_type to be defined for each column. Please ensure that the column name and data_type are " +
          `defined within the YAML configuration for the ${repr(names ?? null)} column(s).`,
      });
    },
  },
  missing_config: {
    parameters: ["model", "name"],
    raise: (model, name) => {
      const problem = `Model '${named(model, "unique_id")}' does not define a required config parameter '${text(name)}'.`;
      throw adapterError("compilation", { message: problem, hint: `Add ${text(name)} to the model's config.` });
    },
  },
  missing_materialization: {
    parameters: ["model", "adapter_type"],
    raise: (model, adapter) => {
      const type = text(adapter);
      const searched = type === "default" ? "'default'" : `'default' and '${type}'`;
      const materialized = named(field(model, "config"), "materialized");
      throw adapterError(
        "compilation",
        `No materialization '${materialized}' was found for adapter ${type}! (searched types ${searched})`,
      );
    },
  },
  missing_relation: {
    parameters: ["relation", "model?"],
    raise: (relation) => {
      throw adapterError("compilation", `Relation ${text(relation)} not found!`);
    },
  },
  relation_wrong_type: {
    parameters: ["relation", "expected_type", "model?"],
    raise: (relation, expected) => {
      const name = text(relation);
      throw adapterError("compilation", {
        message:
          `Trying to create ${text(expected)} ${name}, but it currently exists as a ${named(relation, "type")}. Either drop ${name} manually, ` +
          "or run dbt with `--full-refresh` and dbt will drop it for you.",
      });
    },
  },
  raise_ambiguous_alias: {
    parameters: ["node_1", "node_2", "duped_name?"],
    raise: (one, two, name = null) => {
      const duplicate =
        name === null ? ["database", "schema", "alias"].map((key) => named(one, key)).join(".") : str(name);
      const place = (node: Given) => `\n- ${named(node, "unique_id")} (${named(node, "original_file_path")})`;
      throw adapterError("compilation", {
        message:
          `dbt found two resources with the database representation "${duplicate}".\ndbt cannot create two resources with identical ` +
          `database representations. To fix this,\nchange the configuration of one of these resources:${place(one)}${place(two)}`,
      });
    },
  },
  raise_ambiguous_catalog_match: {
    parameters: ["unique_id", "match_1", "match_2"],
    raise: (id, one, two) => {
      const name = (match: Given) =>
        `${named(field(match, "metadata"), "schema")}.${named(field(match, "metadata"), "name")}`;
      throw adapterError("compilation", {
        message:
          "dbt found two relations in your warehouse with similar database identifiers. dbt\nis unable to determine which of these " +
          `relations was created by the model "${text(id)}".\nIn order for dbt to correctly generate the catalog, one of the following ` +
          `relations must be deleted or renamed:\n\n - ${name(one)}\n - ${name(two)}`,
      });
    },
  },
  raise_dataclass_not_dict: {
    parameters: ["obj"],
    raise: (object) => {
      const what = `The object ("${text(object)}") was used as a dictionary. This capability has been removed from objects of this type.`;
      throw adapterError("compilation", what);
    },
  },
  raise_dep_not_found: {
    parameters: ["node", "node_description", "required_pkg"],
    raise: (_node, description, required) => {
      throw adapterError("compilation", {
        message: `Error while parsing ${text(description)}.\nThe required package "${text(required)}" was not found. Is the package installed?\nHint: You may need to run \`dbt deps\`.`,
      });
    },
  },
  raise_duplicate_patch_name: {
    parameters: ["patch_1", "existing_patch_path"],
    raise: (patch, existing) => {
      const [name, file] = [named(patch, "name"), named(patch, "original_file_path")];
      const fix =
        file === text(existing)
          ? `remove one of the resource entries for ${name} in this file:\n - ${file}\n`
          : `remove the resource entry for ${name} in one of these files:\n - ${file}\n${text(existing)}`;
      throw adapterError("compilation", {
        message:
          `dbt found two schema.yml entries for the same resource named ${name}. Resources and their associated columns may only be ` +
          `described a single time. To fix this, ${fix}`,
      });
    },
  },
  raise_duplicate_resource_name: {
    parameters: ["node_1", "node_2"],
    raise: (one, two) => {
      const place = (node: Given) => `- ${named(node, "unique_id")} (${named(node, "original_file_path")})`;
      const kind =
        field(one, "resource_type") === field(two, "resource_type") ? `${named(one, "resource_type")}s` : "resources";
      throw adapterError("compilation", {
        message: `dbt found two ${kind} with the name "${named(one, "name")}".\n\nTo fix this, change the name of one of these resources:\n${place(one)}\n${place(two)}`,
      });
    },
  },
  raise_invalid_property_yml_version: {
    parameters: ["path", "issue"],
    raise: (path, issue) => {
      throw adapterError("compilation", `The yml property file at ${text(path)} is invalid because ${text(issue)}.`);
    },
  },
};

/** `exceptions` in templates. */
export function makeExceptions(options: ExceptionOptions): PyObject {
  const members: Record<string, Value> = {};
  for (const [name, { parameters, raise }] of Object.entries(raisers)) {
    members[name] = hostFunction(name, parameters, (...values): Value => {
      try {
        return raise(...values);
      } catch (error) {
        if (isLabsError(error) && options.node && error.data) error.data.node = options.node.unique_id;
        throw error;
      }
    });
  }
  members.warn = hostFunction("warn", ["msg", "node?"], (message) => {
    options.warn(text(message), { name: "JinjaLogWarning", code: "I061" });
    return "";
  });
  members.warn_snapshot_timestamp_data_types = hostFunction(
    "warn_snapshot_timestamp_data_types",
    ["snapshot_time_data_type", "updated_at_data_type"],
    (snapshot, updated) => {
      const message =
        `Data type of snapshot table timestamp columns (${text(snapshot)}) doesn't match derived column 'updated_at' (${text(updated)}). ` +
        "Please update snapshot config 'updated_at'.";
      options.warn(message, { name: "SnapshotTimestampWarning", code: "Q043" });
      return null;
    },
  );
  return new PyDict(Object.entries(members));
}
