import { fromPlain, PyDict, type Value } from "#jinja/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { baseMembers, renderFunction, tryOrCompilerError, validationMember } from "./base-members.ts";
import { RunConfig } from "./config-object.ts";
import { toValue } from "./data.ts";
import { adapterObject, columnClass, exceptionsFor, relationClassOf } from "./adapter-object.ts";
import { modelValue } from "./model-value.ts";
import { deferRelation, relationFromNode } from "./relations.ts";
import type { NodeExecution } from "./execution.ts";
import { hostFunction } from "./functions.ts";
import type { MacroEntry } from "./macro-table.ts";
import { metadataEnvs, ScopeDict } from "./parse-members.ts";
import { submitPythonJob } from "./python-job.ts";
import { StatementResults } from "./results.ts";
import { runFunction, runRef, runSource } from "./run-references.ts";
import type { Runtime } from "./runtime.ts";
import { NodeScope, type Members } from "./scope.ts";
import { loadSeedTable } from "./seed-table.ts";
import { targetValue } from "./target-value.ts";
import { VarFunction, varsFor } from "./vars.ts";
import { targetFilePath } from "./node-paths.ts";

export interface RunScope {
  scope: NodeScope;
  results: StatementResults;
}

/** Members that a caller replaces: unit tests give their own `ref`, hooks their own `this`. */
export type Overrides = Members;

/**
 * The scope in which a node is compiled and run. Source: dbt-core context/providers.py RuntimeProvider, ModelContext.
 */
export function runScope(execution: NodeExecution, overrides: Overrides = {}): RunScope {
  const { runtime, node, threadId } = execution;
  const results = new StatementResults();
  const stack: string[] = [];
  const ofTest = ["test", "unit_test", "function"].includes(node.resource_type);
  const hooks = {
    enter: (entry: MacroEntry) => {
      const id = entry.node.unique_id;
      // Macros that show only while running are dependencies too. The materialization of a test or function is no caller to dbt, a model's is.
      const depth = stack.length - (ofTest && stack[0]?.includes(".materialization_") ? 1 : 0);
      // Sources depend on nothing.
      const known = node.depends_on?.macros;
      if (depth === 0 && known && !id.includes(".materialization_") && !known.includes(id)) known.push(id);
      stack.push(id);
    },
    enterAdapter: () => {
      stack.push("adapter");
    },
    leave: () => {
      stack.pop();
    },
  };
  const hooksOf = (key: string): Value => toValue((node.config as PlainRecord)[key] ?? []);
  const members: Members = {
    ...baseMembers(runtime, { targetValue: () => targetValue(runtime.target), threadId, uniqueId: node.unique_id }),
    ...results.members(),
    execute: true,
    var: () =>
      new VarFunction({
        vars: () => varsFor(runtime, node.package_name),
        scope: () => scope,
        missing: "error",
        owner: node.name,
      }),
    ref: () => runRef(execution),
    source: () => runSource(execution),
    function: () => runFunction(execution),
    metric: () => hostFunction("metric", ["name", "package?"], (name) => name ?? null),
    config: () => new RunConfig(node.resource_type === "macro" ? undefined : node.config, node.unique_id),
    this: () =>
      node.resource_type === "operation" || node.resource_type === "macro"
        ? null
        : relationFromNode(node, runtime.read.root.quoting),
    model: () => modelValue(node),
    graph: () => graphValue(runtime),
    database: () => node.database ?? runtime.target.database,
    schema: () => node.schema ?? runtime.target.schema,
    adapter: () =>
      adapterObject(runtime, {
        phase: "run",
        session: execution.session,
        scope,
        packageName: node.package_name,
        shared: execution.adapter,
        genericTest: node.test_metadata !== undefined,
      }),
    api: () =>
      new PyDict([
        ["Relation", relationClassOf(runtime)],
        ["Column", columnClass],
      ]),
    column: () => columnClass,
    exceptions: () => exceptionsFor(runtime, node),
    pre_hooks: () => (node.resource_type === "test" ? [] : hooksOf("pre-hook")),
    post_hooks: () => (node.resource_type === "test" ? [] : hooksOf("post-hook")),
    sql: () => (node.language === "sql" && node.extra_ctes_injected ? node.compiled_code : null),
    compiled_code: () => (node.extra_ctes_injected ? node.compiled_code : null),
    defer_relation: () => deferRelation(execution.node, execution.runtime.read.root.quoting) ?? null,
    sql_now: "now()",
    dbt_metadata_envs: () => metadataEnvs(runtime),
    invocation_args_dict: () => toValue(runtime.flags.invocationArgs),
    selected_resources: () => [...execution.selected],
    load_agate_table: () => hostFunction("load_agate_table", [], () => loadSeedTable(execution)),
    write: () =>
      hostFunction("write", ["payload"], (payload) => {
        const path = targetFilePath(runtime, node, "run", execution.batch?.id);
        node.build_path = path;
        execution.writeFile(path, String(payload ?? ""));
        return "";
      }),
    render: () => renderFunction(() => scope, node.original_file_path),
    submit_python_job: () =>
      hostFunction("submit_python_job", ["parsed_model", "compiled_code"], (_model, code) =>
        submitPythonJob(execution, String(code)),
      ),
    try_or_compiler_error: () => tryOrCompilerError(),
    validation: () => validationMember(),
    context_macro_stack: () =>
      new PyDict([
        ["call_stack", stack],
        ["depth", stack.length],
      ]),
    ...overrides,
  };
  members.context = () => new ScopeDict(scope);
  members.builtins = () => new ScopeDict(scope, members);
  const scope = new NodeScope(runtime.macros, node.package_name, members, hooks);
  return { scope, results };
}

const graphs = new WeakMap<Runtime, PyDict>();

/** `graph`: every node as a dict, made when it is asked for. Source: dbt-core contracts/graph/manifest.py build_flat_graph. */
function graphValue(runtime: Runtime): PyDict {
  let graph = graphs.get(runtime);
  if (graph) return graph;
  const { manifest } = runtime;
  graph = new PyDict();
  for (const section of [
    "exposures",
    "groups",
    "metrics",
    "nodes",
    "sources",
    "semantic_models",
    "saved_queries",
    "unit_tests",
    "functions",
  ] as const) {
    const dict = new PyDict();
    for (const [id, node] of Object.entries(manifest[section])) dict.setLazy(id, () => fromPlain(node));
    graph.set(section, dict);
  }
  graphs.set(runtime, graph);
  return graph;
}
