import type { PyObject, Value } from "#jinja/index.ts";
import {
  Adapter,
  AdapterObject,
  AdapterSession,
  ColumnClass,
  makeExceptions,
  RelationCache,
  RelationClass,
  type AdapterShared,
} from "../adapter/index.ts";
import { engineError } from "../errors.ts";
import { dispatchFunction } from "./dispatch.ts";
import { projectConfig } from "./project-config.ts";
import { warn, type Runtime } from "./runtime.ts";
import type { NodeScope } from "./scope.ts";

/** What the adapters of all threads of a run share. */
export function adapterShared(runtime: Runtime): AdapterShared {
  return {
    cache: new RelationCache(),
    target: runtime.target,
    projectName: runtime.read.root.name,
    quoting: runtime.read.root.quoting,
    flags: runtime.read.root.flags,
    once: { messages: new Set(), temporary: new Map() },
    warn: ({ message, name, code }) => warn(runtime, message, { name, code }),
  };
}

const parseShared = new WeakMap<Runtime, AdapterShared>();

/** A session for parse time: whoever reaches the database then has forgotten `{% if execute %}`. */
export function unusedSession(): AdapterSession {
  return new AdapterSession({
    connect: () => {
      throw engineError("compilation", {
        message: "The database cannot be reached while the project is parsed.",
        hint: "Guard the call with {% if execute %}.",
      });
    },
  });
}

/** `adapter` for the templates of one scope. */
export function adapterObject(
  runtime: Runtime,
  options: {
    phase: "parse" | "run";
    session: AdapterSession;
    scope: NodeScope;
    packageName: string;
    shared?: AdapterShared;
    /** For a generic test, whose dispatch sees the macros of all packages. */
    genericTest?: boolean;
  },
): PyObject {
  const { scope, packageName, session, phase } = options;
  let shared = options.shared ?? parseShared.get(runtime);
  if (!shared) parseShared.set(runtime, (shared = adapterShared(runtime)));
  const adapter = new Adapter({
    shared,
    session,
    executeMacro: (name, kwargs) => callMacro(runtime, scope, packageName, name, kwargs),
  });
  return new AdapterObject({
    adapter,
    phase,
    dispatch: dispatchFunction(runtime, scope, packageName, options.genericTest === true),
    config: projectConfig(runtime),
  });
}

/** Runs a macro by name as the adapter does: the project's own before the built-in one. */
export function callMacro(
  runtime: Runtime,
  scope: NodeScope,
  packageName: string,
  name: string,
  kwargs: Record<string, Value>,
) {
  const entry = runtime.macros.lookup(name, packageName) ?? runtime.macros.find(name);
  if (!entry)
    throw engineError("runtime", { message: `dbt could not find a macro with the name "${name}" in any package` });
  return scope.callForAdapter(entry, [], new Map(Object.entries(kwargs)));
}

/** `api.Column` */
export const columnClass = new ColumnClass();

/** `api.Relation` with the project's quoting. */
export const relationClassOf = (runtime: Runtime): RelationClass => new RelationClass(runtime.read.root.quoting);

/** `exceptions` for a node's templates. */
export function exceptionsFor(
  runtime: Runtime,
  node: { unique_id: string; name: string; resource_type: string; original_file_path: string },
): PyObject {
  return makeExceptions({ node, warn: (text) => warn(runtime, text, { name: "JinjaLogWarning", code: "I061" }) });
}
