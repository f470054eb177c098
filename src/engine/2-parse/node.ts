import { blankNode } from "../manifest/blank.ts";
import {
  hasJinja,
  noKwargs,
  parseTemplate,
  PyObject,
  staticCalls,
  str,
  type Template,
  type Value,
} from "#jinja/index.ts";
import { isLabsError, LabsError } from "#errors/index.ts";
import { isReadStatically } from "./static-model.ts";
import type { Relation } from "../adapter/index.ts";
import { relationFromNode } from "../context/relations.ts";
import { cloneData, isRecord, toValue } from "../context/data.ts";
import { nameScope, parseScope, type Captured } from "../context/parse-members.ts";
import { warn } from "../context/runtime.ts";
import type { NodeScope } from "../context/scope.ts";
import { engineError } from "../errors.ts";
import { exactJson } from "../manifest/exact.ts";
import { noteLinesAbove } from "../manifest/source-lines.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import type { Project, SourceFile } from "../1-read/types.ts";
import { ConfigCallList, deepMerge, resolveConfig, unrenderedConfig, type ConfigKind } from "./config.ts";
import { checkConfig } from "./config-types.ts";
import { contentsChecksum, now, type ParseState } from "./state.ts";

export interface NewNode {
  kind: Exclude<ConfigKind, "source" | "exposure" | "metric" | "semantic_model" | "saved_query" | "unit_test">;
  name: string;
  project: Project;
  file: SourceFile;
  /** `path` of the manifest; by default the file's path in its resource folder. */
  path?: string;
  rawCode: string;
  /** Offset of `rawCode` in the file's text, for error places. */
  offset?: number;
  fqn?: string[];
  uniqueId?: string;
  language?: GraphNode["language"];
  /** Default: that of the file. */
  checksum?: GraphNode["checksum"];
  /** Nothing is rendered: then only `updateConfig` needs to resolve the config. */
  static?: boolean;
}

/** `[package, folders…, name]` of a file. */
export function fqnOf(project: Project, relativePath: string, name: string): string[] {
  const folders = relativePath.split("/").slice(0, -1);
  return [project.name, ...folders, name];
}

/** A node with everything that is known before its template was rendered. */
export function newNode(state: ParseState, spec: NewNode): GraphNode {
  const { target } = state.runtime;
  const resource = spec.kind;
  const path = spec.path ?? spec.file.relativePath;
  const fqn = spec.fqn ?? fqnOf(spec.project, path, spec.name);
  return {
    database: target.database,
    schema: target.schema,
    name: spec.name,
    resource_type: resource,
    package_name: spec.project.name,
    path,
    original_file_path: spec.file.path,
    unique_id: spec.uniqueId ?? `${resource}.${spec.project.name}.${spec.name}`,
    fqn,
    alias: spec.name,
    checksum: spec.checksum ?? contentsChecksum(spec.file.contents),
    config: spec.static
      ? ({} as GraphNode["config"])
      : resolveConfig({ kind: spec.kind, fqn, project: spec.project, root: state.runtime.read.root }),
    ...blankNode(spec.rawCode, spec.language ?? "sql", now()),
  };
}

/** dbt's line over an error inside a node: `Compilation Error in model x (models/x.sql)`. */
export function inNode(
  error: unknown,
  node: { resource_type: string; name: string; original_file_path: string; unique_id: string },
): LabsError {
  if (!isLabsError(error)) throw error;
  if (error.data?.node !== undefined) return error;
  return withData(
    error,
    { node: `${node.resource_type} ${node.name} (${node.original_file_path})`, uniqueId: node.unique_id },
    { file: node.original_file_path },
  );
}

function withData(error: LabsError, data: Record<string, unknown>, place: { file: string }): LabsError {
  const definition = { code: error.code, title: error.title, exit: error.exit, retryable: error.retryable, doc: "" };
  const copy = new LabsError(definition, {
    message: error.message,
    place: error.place ?? place,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.cause,
    data: { dbtType: "Compilation Error", ...error.data, ...data },
  });
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}

/** Renders a node for parsing: collects refs, sources, config calls and macros. */
export function renderNode(
  state: ParseState,
  node: GraphNode,
  options: {
    file: SourceFile;
    offset?: number;
    prepare?: (scope: NodeScope) => void;
    source?: string;
    /** Config that is known before the template's own calls. */
    config?: PlainRecord;
  },
): NodeScope {
  const calls = new ConfigCallList();
  if (options.config) calls.add(cloneData(options.config));
  const captured: Captured = {
    refs: node.refs,
    sources: node.sources,
    metrics: node.metrics,
    functions: (node.functions ??= []),
    macros: node.depends_on.macros,
  };
  let relation: Relation | undefined;
  const scope = parseScope(
    state.runtime,
    node,
    calls,
    captured,
    () => (relation ??= relationFromNode(node, state.runtime.read.root.quoting)),
  );
  state.captured.set(node.unique_id, captured);
  const { notes } = state.runtime;
  if (notes) {
    notes.rendering = node.unique_id;
    notes.referencesOnly = node.test_metadata !== undefined;
  }
  let own: Template | undefined;
  try {
    options.prepare?.(scope);
    const source = options.source ?? node.raw_code;
    const { leadingLines = 0, contents } = options.file;
    const offset = options.offset ?? 0;
    if (options.source === undefined)
      noteLinesAbove(node, leadingLines + contents.slice(0, offset).split("\n").length - 1);
    // A function is a template in every language.
    if ((node.language === "sql" || node.resource_type === "function") && hasJinja(source)) {
      own = parseTemplate(source, {
        file: node.original_file_path,
        offset: leadingLines + offset,
        fileSource: "\n".repeat(leadingLines) + contents,
      });
      if (options.source === undefined) state.templates.set(node.unique_id, own);
      const result = own.render(scope, { undefined: "chaining" });
      if (result instanceof Promise) throw asyncAtParse(node, result);
    }
  } catch (error) {
    throw inNode(error, node);
  } finally {
    if (notes) {
      notes.rendering = undefined;
      notes.referencesOnly = false;
    }
  }
  if (notes?.volatile.has(node.unique_id)) {
    const text = exactJson([captured, calls.merged]);
    // Generic tests are rendered from their properties, not from a file of their own.
    if (text === undefined || options.source !== undefined || node.test_metadata) notes.unkept = true;
    else
      notes.volatile.set(node.unique_id, {
        package: node.package_name,
        path: node.original_file_path,
        captured: text,
      });
  }
  node.config_call_dict = calls.merged;
  state.calls.set(node.unique_id, calls.merged);
  const template = own ?? state.templates.get(node.unique_id);
  const written = template && Object.keys(calls.merged).length > 0 ? staticCalls(template, ["config"])[0] : undefined;
  if (template && written && written.unrendered.size > 0 && !recordsRendered(state, node, template))
    state.unrenderedCalls.set(node.unique_id, Object.fromEntries(written.unrendered));
  // Without rendering dbt gets the sources as a set, and the refs as a list.
  const once = [...new Map(node.sources.map((s) => [s.join("."), s])).values()];
  if (template && once.length < node.sources.length && recordsRendered(state, node, template))
    node.sources.splice(0, node.sources.length, ...once);
  return scope;
}

/** Models that dbt reads without rendering keep their config's values. A project's own `ref`, `source` or `config` forbids that. */
function recordsRendered(state: ParseState, node: GraphNode, template: Template): boolean {
  if (node.resource_type !== "model") return false;
  const { macros, read } = state.runtime;
  const own = [node.package_name, read.root.name].flatMap((name) => macros.package(name) ?? []);
  if (own.some((m) => ["ref", "source", "config"].some((name) => m.has(name)))) return false;
  return isReadStatically(template, node.raw_code);
}

/** Nothing waits while parsing: the adapter answers from stubs. A macro that still awaits is a defect worth a clear word. */
function asyncAtParse(node: GraphNode, result: Promise<unknown>): LabsError {
  result.catch(() => {});
  return engineError("compilation", {
    message: `${node.unique_id} waited for the database while the project was parsed.`,
    hint: "Guard the call with {% if execute %}.",
  });
}

/**
 * Resolves the node's config and what follows from it: tags, meta, group, docs, contract, database, schema, alias, relation.
 * Runs again when a properties file patches the node. Source: dbt-core parser/base.py update_parsed_node_config.
 */
export function updateConfig(
  state: ParseState,
  node: GraphNode,
  options: { project: Project; patch?: PlainRecord; unrenderedPatch?: PlainRecord; scope?: NodeScope },
): void {
  const kind = node.resource_type as NewNode["kind"];
  // A Python model is a table whatever the project says; only its own file or its properties can change that.
  const patch =
    node.resource_type === "model" && node.language === "python"
      ? { materialized: "table", ...options.patch }
      : options.patch;
  const request = {
    kind,
    fqn: node.fqn,
    project: options.project,
    root: state.runtime.read.root,
    ...(patch ? { patch } : {}),
    ...(state.calls.has(node.unique_id) ? { calls: state.calls.get(node.unique_id) ?? {} } : {}),
  };
  let config: GraphNode["config"];
  try {
    config = resolveConfig(request);
  } catch (error) {
    throw inNode(error, node);
  }
  for (const tag of (config.tags ?? []) as string[]) if (!node.tags.includes(tag)) node.tags.push(tag);
  if (isRecord(config.meta) && Object.keys(config.meta).length > 0) node.meta = config.meta;
  if (config.group) node.group = String(config.group);
  if (node.resource_type === "model" && config.access) setAccess(node, config.access);
  if (isRecord(config.docs))
    node.docs = { show: config.docs.show !== false, node_color: (config.docs.node_color as string | null) ?? null };
  if (isRecord(config.contract)) {
    node.contract = {
      enforced: config.contract.enforced === true,
      alias_types: config.contract.alias_types !== false,
      checksum: node.contract.checksum,
    };
  }
  // Projects may ask for the older record, which took config() calls and properties as rendered.
  const unrendered = state.runtime.read.root.flags.state_modified_compare_more_unrendered_values !== false;
  const written = unrendered ? state.unrenderedCalls.get(node.unique_id) : undefined;
  node.unrendered_config = unrenderedConfig({
    ...request,
    ...(written ? { calls: written } : {}),
    ...(unrendered && options.unrenderedPatch ? { patch: deepMerge(patch ?? {}, options.unrenderedPatch) } : {}),
  });
  node.config = config;
  checkConfig(node);
  updateRelationNames(state, node, config);
  if (node.resource_type !== "test") captureHooks(state, node, options.scope);
}

export function setAccess(node: GraphNode, access: unknown): void {
  if (access !== "private" && access !== "protected" && access !== "public") {
    throw engineError("parsing", {
      message: `Node ${node.unique_id} has an invalid value (${String(access)}) for the access field`,
      place: { file: node.original_file_path },
      hint: "Use private, protected or public.",
    });
  }
  node.access = access;
}

/** Database, schema and alias through the project's macros. Source: dbt-core parser/base.py RelationUpdate. */
export function updateRelationNames(state: ParseState, node: GraphNode, config: PlainRecord): void {
  const model = lazyOnce(() => toValue(node));
  node.database = generateName(state, "database", node, config.database, model) ?? node.database;
  const schema = generateName(state, "schema", node, config.schema, model);
  if (schema === null) {
    warn(state.runtime, `generate_schema_name answered no schema for ${node.unique_id}.`, {
      name: "GenerateSchemaNameNullValueDeprecation",
      code: "D044",
    });
  }
  // An old behaviour of dbt that its artifacts' schema does not allow for.
  (node as { schema: string | null }).schema = schema;
  node.alias =
    generateName(
      state,
      "alias",
      node,
      config.alias,
      lazyOnce(() => toValue(node)),
    ) ?? node.name;
  if (node.resource_type === "snapshot") {
    if (config.target_database) node.database = String(config.target_database);
    if (config.target_schema) node.schema = String(config.target_schema);
  }
  const stored = node.resource_type === "test" && state.runtime.flags.storeFailures === true;
  node.relation_name =
    stored || isRelational(node) ? str(relationFromNode(node, state.runtime.read.root.quoting)) : null;
}

const lazyOnce = (compute: () => Value): (() => Value) => {
  let value: Value | undefined;
  return () => (value ??= compute());
};

/** Whether dbt gives the node a relation: models that are not ephemeral, seeds, snapshots, and tests that store failures. */
export function isRelational(node: GraphNode): boolean {
  if (node.resource_type === "model") return node.config.materialized !== "ephemeral";
  if (node.resource_type === "test") return storesFailures(node);
  return ["seed", "snapshot", "function"].includes(node.resource_type);
}

/** Source: dbt-core contracts/graph/nodes.py TestNode.should_store_failures: what the config says, without the command line. */
export function storesFailures(node: GraphNode): boolean {
  return node.config.store_failures === true;
}

function generateName(
  state: ParseState,
  component: "schema" | "alias" | "database",
  node: GraphNode,
  custom: unknown,
  model: () => Value,
): string | null {
  const { runtime } = state;
  const entry = runtime.macros.generateName(component, node.package_name);
  if (!entry)
    throw engineError("runtime", {
      message: `No macro with name generate_${component}_name found`,
      dbtType: "Internal Error",
    });
  if (entry.node.package_name === "dbt" && leadsToBuiltIn(state, entry.node.name))
    return builtInName(component, runtime, node, custom);
  const scope = scopeFor(state, entry);
  let value: unknown;
  try {
    value = scope.call(entry, [toValue(custom ?? null), model()], noKwargs);
  } catch (error) {
    throw inNode(error, node);
  }
  if (value === null) return null;
  return (value instanceof PyObject || typeof value === "string" ? str(value) : String(value)).trim();
}

/** Whether a built-in macro that dispatches to itself ends in dbt's own: projects may define `default__` of it as well. */
function leadsToBuiltIn(state: ParseState, name: string): boolean {
  let known = ledTo.get(state);
  if (!known) ledTo.set(state, (known = new Map()));
  let builtIn = known.get(name);
  if (builtIn === undefined) {
    const { read, macros } = state.runtime;
    const order = read.root.dispatch.find((d) => d.macro_namespace === "dbt")?.search_order;
    builtIn = macros.dispatch(name, "dbt", order, read.root.name).found?.node.package_name === "dbt";
    known.set(name, builtIn);
  }
  return builtIn;
}

/** Asked three times a node, and the same for all. */
const ledTo = new WeakMap<ParseState, Map<string, boolean>>();

/** dbt's own three macros without a template, for the nodes of every project that does not override them. */
function builtInName(
  component: "schema" | "alias" | "database",
  runtime: ParseState["runtime"],
  node: GraphNode,
  custom: unknown,
): string {
  const given = custom === null || custom === undefined ? undefined : String(custom).trim();
  switch (component) {
    case "database":
      return given ?? runtime.target.database;
    case "schema":
      return given === undefined ? runtime.target.schema : `${runtime.target.schema}_${given}`;
    case "alias":
      if (given) return given;
      return node.version ? `${node.name}_v${String(node.version).replaceAll(".", "_")}` : node.name;
  }
}

const nameScopes = new WeakMap<ParseState, Map<unknown, NodeScope>>();

function scopeFor(state: ParseState, entry: Parameters<typeof nameScope>[1]): NodeScope {
  let scopes = nameScopes.get(state);
  if (!scopes) nameScopes.set(state, (scopes = new Map()));
  let scope = scopes.get(entry);
  if (!scope) scopes.set(entry, (scope = nameScope(state.runtime, entry)));
  return scope;
}

/** Hooks may refer to other nodes: render them to collect the references. */
function captureHooks(state: ParseState, node: GraphNode, scope: NodeScope | undefined): void {
  const hooks = [
    ...((node.config["pre-hook"] as PlainRecord[] | undefined) ?? []),
    ...((node.config["post-hook"] as PlainRecord[] | undefined) ?? []),
  ];
  const texts = hooks.map((h) => String(h.sql)).filter(hasJinja);
  if (texts.length === 0) return;
  const captured = state.captured.get(node.unique_id) ?? {
    refs: node.refs,
    sources: node.sources,
    metrics: node.metrics,
    macros: node.depends_on.macros,
  };
  const hookScope =
    scope ??
    parseScope(state.runtime, node, undefined, captured, () => relationFromNode(node, state.runtime.read.root.quoting));
  const { notes } = state.runtime;
  if (notes) notes.referencesOnly = true;
  for (const text of texts) {
    try {
      const result = parseTemplate(text, { file: node.original_file_path }).render(hookScope, {
        undefined: "chaining",
      });
      if (result instanceof Promise) result.catch(() => {});
    } catch (error) {
      throw inNode(error, node);
    }
  }
  if (notes) notes.referencesOnly = false;
  if (node.resource_type === "seed" && captured.refs.length + captured.sources.length + captured.metrics.length > 0) {
    throw seedWithReferences(node);
  }
}

/** Source: dbt-core contracts/graph/nodes.py SeedNode._disallow_implicit_dependencies. */
function seedWithReferences(node: GraphNode) {
  const hooks = (["pre-hook", "post-hook"] as const).flatMap((key) =>
    ((node.config[key] as PlainRecord[] | undefined) ?? []).map(
      ({ sql }) => `- ${key.replace("-", "_")}: "${String(sql)}"`,
    ),
  );
  return engineError("parsing", {
    message: `Seeds cannot depend on other nodes. dbt detected a seed with a pre- or post-hook\nthat calls 'ref', 'source', or 'metric', either directly or indirectly via other macros.\n\nError raised for '${node.unique_id}', which has these hooks defined: \n${hooks.join("\n")}`,
    place: { file: node.original_file_path },
    hint: "Do that work in a model.",
  });
}
