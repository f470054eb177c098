import { fromPlain, noKwargs, PyDict, PyObject, str, toPlain, typeName, type Value } from "#jinja/index.ts";
import { Relation } from "../adapter/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { runScope, type Overrides, type RunScope } from "../context/run-members.ts";
import { engineError } from "../errors.ts";
import { latestVersionPointer } from "./latest-version-pointer.ts";
import type { MacroEntry } from "../context/macro-table.ts";
import { warn } from "../context/runtime.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";

/** What the statement `main` of a materialization answered. */
export interface MainResult {
  response: Value;
  table: Value;
  /** `OK`, `INSERT 99`. */
  message: string;
  adapterResponse: PlainRecord;
}

/** The materialization of a node. Errors: dbt's texts when there is none or it does not take the node's language. */
export function materializationOf(execution: NodeExecution): MacroEntry {
  const { node, runtime } = execution;
  const name = str(fromPlain(node.config.materialized));
  const legacy = runtime.read.root.flags.require_explicit_package_overrides_for_builtin_materializations === false;
  const entry = runtime.macros.materialization(name, legacy);
  if (entry && legacy && entry !== runtime.macros.materialization(name)) {
    warn(
      runtime,
      `Installed package '${entry.node.package_name}' is overriding the built-in materialization '${name}'. Overrides of built-in materializations from installed packages will be deprecated in future versions of dbt. For more information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors`,
      { name: "PackageMaterializationOverrideDeprecation", code: "D016" },
    );
  }
  if (!entry) {
    throw engineError("compilation", {
      message: `No materialization '${name}' was found for adapter duckdb! (searched types 'default' and 'duckdb')`,
      place: { file: node.original_file_path },
      hint: "Use table, view, incremental, ephemeral or external, or install the package that defines it.",
    });
  }
  const languages = entry.node.supported_languages;
  if (languages && languages.length > 0 && !languages.includes(node.language)) {
    throw engineError("runtime", {
      message: `Materialization "${entry.node.name}" only supports languages [${languages.map((l) => `'${l}'`).join(", ")}]; got "${node.language}"`,
      place: { file: node.original_file_path },
      hint: "Give the model another materialization, or write it in another language.",
    });
  }
  return entry;
}

/** Runs a materialization macro and gives its scope, for what it left in it. */
export async function runMaterialization(
  execution: NodeExecution,
  entry: MacroEntry,
  overrides?: Overrides,
  /** Names that win over macros, too. */
  names: Record<string, Value> = {},
): Promise<{ value: Value; run: RunScope }> {
  const run = runScope(execution, overrides);
  for (const [name, value] of Object.entries(names)) run.scope.set(name, value);
  const value = await run.scope.call(entry, [], noKwargs);
  return { value, run };
}

/** Materializes a model, seed or snapshot: runs its macro, keeps the cache true. Source: dbt-core task/run.py ModelRunner. */
export async function materialize(execution: NodeExecution): Promise<MainResult> {
  const { node } = execution;
  const entry = materializationOf(execution);
  const { value, run } = await runMaterialization(execution, entry);
  const relations = relationsOf(value, node);
  const pointer = await latestVersionPointer(execution, relations[0]);
  const view = pointer && execution.runtime.macros.materialization("view");
  if (pointer && view)
    relations.push(...relationsOf((await runMaterialization({ ...execution, node: pointer }, view)).value, pointer));
  for (const relation of relations) execution.adapter.cache.add(relation.with({ dbtCreated: true }));
  return mainResult(run, node);
}

export function mainResult(run: RunScope, node: GraphNode): MainResult {
  const main = run.results.main();
  if (!main)
    throw engineError("runtime", {
      message: "main is not being called during running model",
      place: { file: node.original_file_path },
      hint: "The materialization must run `statement('main')`.",
    });
  return { ...main, ...adapterResponseOf(main.response) };
}

/** What the database answered, as a result shows it. */
export function adapterResponseOf(response: Value): { message: string; adapterResponse: PlainRecord } {
  const plain = response instanceof PyObject ? toPlain(response) : { _message: str(response) };
  const adapterResponse = typeof plain === "object" && plain !== null ? (plain as PlainRecord) : {};
  return { message: str(response), adapterResponse };
}

/** The relations that a materialization returned. Source: dbt-core task/run.py _validate_materialization_relations_dict. */
export function relationsOf(value: Value, node: GraphNode): Relation[] {
  const fail = (message: string) =>
    engineError("compilation", {
      message,
      place: { file: node.original_file_path },
      hint: "Return {'relations': [this]} from the materialization.",
    });
  if (typeof value === "string") {
    throw fail(
      `The materialization ("${String(node.config.materialized)}") did not explicitly return a list of relations to add to the cache.`,
    );
  }
  if (!(value instanceof PyDict))
    throw fail(`Invalid return value from materialization, expected a dict with key "relations", got: ${str(value)}`);
  const relations = value.get("relations");
  if (relations === undefined)
    throw fail(`Invalid return value from materialization, "relations" not found, got keys: ${str([...value.keys()])}`);
  if (!Array.isArray(relations))
    throw fail(`Invalid return value from materialization, "relations" not a list, got: ${str(relations)}`);
  return relations.map((relation) => {
    if (relation instanceof Relation) return relation;
    throw fail(
      `Invalid return value from materialization, "relations" contains non-Relation: ${str(relation)} (${typeName(relation)})`,
    );
  });
}
