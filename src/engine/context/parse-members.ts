import { PyDict, PyObject, type Value } from "#jinja/index.ts";
import { customVariables } from "../1-read/index.ts";
import { Relation } from "../adapter/index.ts";
import type { GraphNode, OtherNode } from "../manifest/types.ts";
import { baseMembers, renderFunction, tryOrCompilerError, validationMember } from "./base-members.ts";
import { ParseConfig, RunConfig, type ConfigCalls } from "./config-object.ts";
import { toValue } from "./data.ts";
import { hostFunction, rawFunction } from "./functions.ts";
import type { MacroEntry } from "./macro-table.ts";
import { adapterObject, columnClass, exceptionsFor, relationClassOf, unusedSession } from "./adapter-object.ts";
import { referenceFunction } from "./project-config.ts";
import { functionArguments, refArguments, sourceArguments } from "./reference-arguments.ts";
import type { Runtime } from "./runtime.ts";
import { memberOf, NodeScope, withoutModel, type Members } from "./scope.ts";
import { modelValue } from "./model-value.ts";
import { targetValue } from "./target-value.ts";
import { VarFunction, varsFor } from "./vars.ts";

/** What a template refers to, collected while it is rendered for parsing. */
export interface Captured {
  refs: GraphNode["refs"];
  sources: string[][];
  metrics: string[][];
  functions?: string[][];
  macros: string[];
}

/**
 * The scope in which a node is rendered while the project is parsed: nothing touches the database, `ref` and `source` are
 * recorded and answer the node's own relation, `config()` collects. Source: dbt-core context/providers.py ParseProvider.
 */
export function parseScope(
  runtime: Runtime,
  node: GraphNode | OtherNode,
  calls: ConfigCalls | undefined,
  captured: Captured,
  relation: () => Relation,
  overrides: Members = {},
): NodeScope {
  const owner = `${node.resource_type} ${node.name} (${node.original_file_path})`;
  let depth = 0;
  const hooks = {
    enter: (entry: MacroEntry) => {
      if (depth === 0 && !captured.macros.includes(entry.node.unique_id)) captured.macros.push(entry.node.unique_id);
      depth++;
    },
    leave: () => {
      depth--;
    },
  };
  const members: Members = {
    ...baseMembers(runtime, {
      targetValue: () => targetValue(runtime.target),
      threadId: "MainThread",
      uniqueId: node.unique_id,
    }),
    execute: false,
    var: () =>
      new VarFunction({
        vars: () => varsFor(runtime, node.package_name),
        scope: () => scope,
        missing: "none",
        owner: node.name,
      }),
    ref: () =>
      referenceFunction("ref", runtime, (args, kwargs) => {
        captured.refs.push(refArguments(args, kwargs, owner));
        return relation();
      }),
    source: () =>
      referenceFunction("source", runtime, (args) => {
        captured.sources.push(sourceArguments(args, owner));
        return relation();
      }),
    metric: () =>
      rawFunction("metric", (args) => {
        captured.metrics.push(args.map(String));
        return new MetricReference(args.map(String));
      }),
    function: () =>
      rawFunction("function", (args) => {
        captured.functions?.push(functionArguments(args, owner));
        return (relation() as Relation).with({ type: "function" });
      }),
    config: () => new ParseConfig(calls, owner),
    this: () => (node.resource_type === "operation" ? null : relation()),
    model: () => modelValue(node as GraphNode),
    graph: () => new PyDict(),
    database: () => (node as GraphNode).database ?? runtime.target.database,
    schema: () => (node as GraphNode).schema ?? runtime.target.schema,
    adapter: () =>
      adapterObject(runtime, {
        phase: "parse",
        session: unusedSession(),
        scope,
        packageName: node.package_name,
        genericTest: (node as GraphNode).test_metadata !== undefined,
      }),
    api: () =>
      new PyDict([
        ["Relation", relationClassOf(runtime)],
        ["Column", columnClass],
      ]),
    column: () => columnClass,
    // A warning is said again each time.
    exceptions: () => {
      runtime.notes?.reached("effect");
      return exceptionsFor(runtime, node);
    },
    pre_hooks: () => [],
    post_hooks: () => [],
    sql: null,
    compiled_code: null,
    defer_relation: null,
    sql_now: "now()",
    dbt_metadata_envs: () => {
      runtime.notes?.reached("value");
      return metadataEnvs(runtime);
    },
    invocation_args_dict: () => {
      runtime.notes?.reached("value");
      return toValue(runtime.flags.invocationArgs);
    },
    selected_resources: () => [],
    load_result: () => hostFunction("load_result", ["name"], () => null),
    store_result: () => hostFunction("store_result", ["name", "response?", "agate_table?"], () => ""),
    store_raw_result: () =>
      hostFunction("store_raw_result", ["name", "message?", "code?", "rows_affected?", "agate_table?"], () => ""),
    load_agate_table: () => hostFunction("load_agate_table", [], () => null),
    write: () => hostFunction("write", ["payload"], () => ""),
    render: () => renderFunction(() => scope, node.original_file_path),
    submit_python_job: () => hostFunction("submit_python_job", ["parsed_model", "compiled_code"], () => null),
    try_or_compiler_error: () => tryOrCompilerError(),
    validation: () => validationMember(),
    ...overrides,
  };
  members.context = () => new ScopeDict(scope);
  members.builtins = () => new ScopeDict(scope, members);
  const scope = new NodeScope(runtime.macros, node.package_name, members, hooks);
  return scope;
}

/** The scope of generate_schema_name and its kin: nothing is captured, `config` reads nothing, there is no `this`. Source: providers.py GenerateNameProvider. */
export function nameScope(runtime: Runtime, entry: MacroEntry): NodeScope {
  const owner = {
    ...entry.node,
    fqn: [],
    depends_on: { macros: [], nodes: [] },
    config: { enabled: true },
  } as unknown as OtherNode;
  const relation = () =>
    Relation.create({ database: runtime.target.database, schema: runtime.target.schema, identifier: entry.node.name });
  const scope = parseScope(
    runtime,
    { ...owner, package_name: runtime.macros.root },
    undefined,
    { refs: [], sources: [], metrics: [], macros: [] },
    relation,
    { config: () => new RunConfig(undefined, owner.unique_id), ...withoutModel },
  );
  scope.set(
    "var",
    new VarFunction({
      vars: () => varsFor(runtime, runtime.macros.root),
      scope: () => scope,
      missing: "error",
      owner: entry.node.name,
    }),
  );
  return scope;
}

/** `DBT_ENV_CUSTOM_ENV_X` variables by the name X. */
export function metadataEnvs(runtime: Runtime): PyDict {
  return new PyDict(Object.entries(customVariables(runtime.env)));
}

class MetricReference extends PyObject {
  readonly pyType = "MetricReference";
  override get pyModule(): string {
    return "dbt.context.providers";
  }
  readonly #name: string;
  constructor(args: string[]) {
    super();
    this.#name = args[args.length - 1] ?? "";
  }
  override str(): string {
    return this.#name;
  }
}

/** `context` and `builtins`: the scope as a mapping. `builtins` skips macros, so that an override can reach the original. */
export class ScopeDict extends PyObject {
  readonly pyType = "dict";
  readonly #scope: NodeScope;
  readonly #members: Members | undefined;
  constructor(scope: NodeScope, members?: Members) {
    super();
    this.#scope = scope;
    this.#members = members;
  }
  override get isMapping(): boolean {
    return true;
  }
  override getItem(key: Value): Value | undefined {
    if (typeof key !== "string") return undefined;
    if (!this.#members) return this.#scope.get(key);
    return memberOf(this.#members, key);
  }
  override getAttr(name: string): Value | undefined {
    if (name === "get") {
      return hostFunction("get", ["key", "default?"], (key, fallback) => this.getItem(key ?? null) ?? fallback ?? null);
    }
    // Names added this way are seen by every macro called from here on: packages keep their state in them.
    if (name === "update") {
      return rawFunction("update", (args, kwargs) => {
        const [from] = args;
        if (from instanceof PyDict)
          for (const [key, value] of from.entries()) if (typeof key === "string") this.#scope.set(key, value);
        for (const [key, value] of kwargs) this.#scope.set(key, value);
        return null;
      });
    }
    return this.getItem(name);
  }
  override contains(value: Value): boolean {
    return this.getItem(value) !== undefined;
  }
}
