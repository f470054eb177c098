import { isLabsError } from "#errors/index.ts";
import type { PyObject } from "#jinja/index.ts";
import { Relation, type EventTimeFilter } from "../adapter/index.ts";
import { sampleWindow } from "./sample-window.ts";
import { loadSource } from "./plugin-source.ts";
import { deferRelation, relationFromNode } from "./relations.ts";
import { engineError } from "../errors.ts";
import { assertAccess, notFound, resolveFunction, resolveRef, resolveSource } from "../3-link/resolve.ts";
import { compareVersions } from "../manifest/model-versions.ts";
import type { GraphNode, RefArgs, SourceNode } from "../manifest/types.ts";
import type { NodeExecution } from "./execution.ts";
import { referenceFunction } from "./project-config.ts";
import { functionArguments, refArguments, sourceArguments } from "./reference-arguments.ts";

/** `ref` while running. Operations may refer to anything but ephemeral models. Source: dbt-core context/providers.py RuntimeRefResolver. */
export function runRef(execution: NodeExecution): PyObject {
  const { node, runtime, lookup } = execution;
  const owner = `${node.resource_type} ${node.name} (${node.original_file_path})`;
  const isOperation = node.resource_type === "operation" || node.resource_type === "macro";
  return referenceFunction("ref", runtime, (args, kwargs) => {
    const reference = refArguments(args, kwargs, owner);
    const resolved = resolveRef(lookup, runtime.read.root.name, node, reference);
    if (!("node" in resolved)) {
      throw notFound(lookup, node, "node", reference.name, {
        package: reference.package,
        version: reference.version,
        disabled: resolved.disabled,
      });
    }
    const target = resolved.node;
    assertAccess(node, target, runtime.projects);
    if (reference.version === null) tellNewerVersion(execution, target);
    if (!isOperation && !node.depends_on.nodes.includes(target.unique_id)) throw badContext(node, reference);
    if (target.resource_type === "model" && target.config.materialized === "ephemeral") {
      if (isOperation) {
        throw engineError("compilation", {
          message: `Operations can not ref() ephemeral nodes, but ${target.name} is ephemeral`,
          hint: "Materialize it as a view or table.",
        });
      }
      if (!node.extra_ctes.some((c) => c.id === target.unique_id))
        node.extra_ctes.push({ id: target.unique_id, sql: "" });
      return Relation.ephemeral(target.alias, limits(execution, target));
    }
    return (
      deferred(execution, target) ?? relationFromNode(target, runtime.read.root.quoting, limits(execution, target))
    );
  });
}

/** Says that a reference without a version will mean another one soon. Source: dbt-core contracts/graph/manifest.py RefableLookup. */
function tellNewerVersion({ node, runtime }: NodeExecution, target: GraphNode): void {
  const { name, package_name: owner, version, latest_version: latest } = target;
  if (version === undefined || version === null || latest === undefined || latest === null) return;
  const versions = Object.values(runtime.manifest.nodes).flatMap((n) =>
    n.resource_type === "model" && n.name === name && n.version !== undefined && n.version !== null ? [n.version] : [],
  );
  const newest = versions.reduce((best, v) => (compareVersions(v, best) > 0 ? v : best), version);
  if (compareVersions(newest, latest) <= 0) return;
  const call = (v: unknown): string => `{{ ref('${owner}', '${name}', v='${String(v)}') }}`;
  runtime.emit({
    type: "message",
    level: "info",
    name: "UnpinnedRefNewVersionAvailable",
    code: "I064",
    uniqueId: node.unique_id,
    text: `While compiling '${node.name}':
Found an unpinned reference to versioned model '${name}' in project '${owner}'.
Resolving to latest version: ${name}.v${version}
A prerelease version ${newest} is available. It has not yet been marked 'latest' by its maintainer.
When that happens, this reference will resolve to ${name}.v${newest} instead.

  Try out v${newest}: ${call(newest)}
  Pin to  v${version}: ${call(version)}
`,
  });
}

/** The relation of another environment, when `--defer` says to use it. */
function deferred(execution: NodeExecution, target: GraphNode): Relation | undefined {
  const { flags, read } = execution.runtime;
  const other = flags.defer ? deferRelation(target, read.root.quoting, limits(execution, target)) : undefined;
  if (!other) return undefined;
  const prefer = flags.favorState && !execution.selected.has(target.unique_id);
  return prefer || !hasRelation(execution, target) ? other : undefined;
}

function hasRelation(execution: NodeExecution, target: GraphNode): boolean {
  const { database, schema, alias: identifier } = target;
  return execution.adapter.cache.get({ database, schema, identifier }) !== undefined;
}

/** `--empty` and microbatch narrow what a reference reads. */
function limits(
  execution: NodeExecution,
  target: GraphNode | SourceNode,
): { limit?: number; eventTimeFilter?: EventTimeFilter } {
  const { runtime, node, batch } = execution;
  const result: { limit?: number; eventTimeFilter?: EventTimeFilter } = {};
  if (runtime.flags.empty) result.limit = 0;
  const field = target.config.event_time;
  if (typeof field !== "string" || (node.resource_type !== "model" && node.resource_type !== "snapshot")) return result;
  const isMicrobatch = node.config.materialized === "incremental" && node.config.incremental_strategy === "microbatch";
  const sample = runtime.flags.sample === undefined ? undefined : sampleWindow(runtime.flags.sample, runtime.startedAt);
  const own = isMicrobatch && batch ? batch : undefined;
  const start = own && sample ? later(own.start, sample.start) : (own ?? sample)?.start;
  const end = own && sample ? earlier(own.end, sample.end) : (own ?? sample)?.end;
  if (start && end) result.eventTimeFilter = { fieldName: field, start: eventTime(start), end: eventTime(end) };
  return result;
}

export function runSource(execution: NodeExecution): PyObject {
  const { node, runtime, lookup } = execution;
  const owner = `${node.resource_type} ${node.name} (${node.original_file_path})`;
  return referenceFunction("source", runtime, (args) => {
    const names = sourceArguments(args, owner);
    const resolved = resolveSource(lookup, runtime.read.root.name, node, names);
    if (!("node" in resolved)) throw notFound(lookup, node, "source", names.join("."), { disabled: resolved.disabled });
    const source = resolved.node;
    const relation = relationFromNode(source, {}, limits(execution, source));
    return loadSource(execution, source)?.then(() => relation, compilationError) ?? relation;
  });
}

/** What a plugin raises inside of a template is an error of compiling. Source: dbt_common/clients/jinja.py catch_jinja. */
function compilationError(error: unknown): never {
  if (isLabsError(error) && error.data) error.data.dbtType = "Compilation Error";
  throw error;
}

/** `function` while running: the relation of a user-defined function. Source: dbt-core context/providers.py RuntimeFunctionResolver. */
export function runFunction(execution: NodeExecution): PyObject {
  const { node, runtime, lookup } = execution;
  const owner = `${node.resource_type} ${node.name} (${node.original_file_path})`;
  return referenceFunction("function", runtime, (args) => {
    const names = functionArguments(args, owner);
    const resolved = resolveFunction(lookup, runtime.read.root.name, node, names);
    if (!("node" in resolved))
      throw notFound(lookup, node, "function", names.at(-1) ?? "", { disabled: resolved.disabled });
    return relationFromNode(resolved.node, {}).with({ type: "function" });
  });
}

/** Source: dbt-core exceptions.py RefBadContextError. */
function badContext(node: GraphNode, reference: RefArgs) {
  const positional = [reference.package, reference.name].filter((x) => x !== null).map((x) => `'${x}'`);
  if (reference.version !== null)
    positional.push(`v=${typeof reference.version === "string" ? `'${reference.version}'` : reference.version}`);
  const call = `ref(${positional.join(", ")})`;
  return engineError("compilation", {
    message: `dbt was unable to infer all dependencies for the model "${node.name}".\nThis typically happens when ref() is placed within a conditional block.\n\nTo fix this, add the following hint to the top of the model "${node.name}":\n\n-- depends_on: {{ ${call} }}`,
    hint: `Add \`-- depends_on: {{ ${call} }}\` to ${node.original_file_path}.`,
  });
}

const later = (a: Date, b: Date): Date => (a > b ? a : b);
const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

/** Python's text of an aware datetime: `2024-01-01 00:00:00+00:00`. */
const eventTime = (time: Date): string => {
  const [seconds, millis] = time.toISOString().slice(0, 23).replace("T", " ").split(".");
  return `${seconds}${millis === "000" ? "" : `.${millis}000`}+00:00`;
};
