import type { LabsError } from "#errors/index.ts";
import { findMacroCalls, staticDispatches } from "#jinja/index.ts";
import { nothingDispatched } from "../context/dispatch.ts";
import { internalPackages, type MacroEntry } from "../context/macro-table.ts";
import type { MacroNode } from "../manifest/types.ts";
import type { Runtime } from "../context/runtime.ts";

/** Names of dbt's context that look like macro calls but are none. */
const notMacros = new Set([
  "ref",
  "source",
  "config",
  "var",
  "env_var",
  "return",
  "log",
  "print",
  "adapter",
  "exceptions",
  "run_started_at",
]);

/**
 * Fills `depends_on.macros` of every macro from the calls that can be read off its text.
 * Needed for artifacts and for state comparison only, so it is called when those are made.
 * Source: dbt-core parser/manifest.py macro_depends_on.
 */
export function linkMacroDependencies(runtime: MacroWorld): void {
  const own = new Set<string>();
  for (const name of runtime.macros.namespaces())
    for (const macro of runtime.macros.package(name)?.keys() ?? []) own.add(macro);
  const usual = runtime.read.root.dispatch.length === 0;
  for (const entry of runtime.macros.all()) {
    const { node, known } = entry;
    if (node.depends_on.macros.length > 0) continue;
    // Most built-in macros mean in every project what they mean without one.
    const same = known !== undefined && usual && !known.mentions.some((name) => own.has(name));
    node.depends_on.macros = same ? [...known.dependsOn] : dependenciesOf(runtime, entry);
  }
}

/** The part of an invocation that decides what a macro's calls lead to. */
export interface MacroWorld {
  macros: Runtime["macros"];
  read: { root: Pick<Runtime["read"]["root"], "dispatch"> };
}

/** Unique ids of the macros that a macro calls, in the order of its calls. */
export function dependenciesOf(runtime: MacroWorld, entry: MacroEntry): string[] {
  const { node } = entry;
  const found: string[] = [];
  const add = (target: MacroEntry | undefined): void => {
    const id = target?.node.unique_id;
    if (id !== undefined && !found.includes(id)) found.push(id);
  };
  const dispatched = dispatches(runtime, node);
  for (const call of entry.known?.calls ?? findMacroCalls(entry.definition.template)) {
    const [first = "", second] = call.split(".");
    if (second === undefined && !notMacros.has(first) && first !== node.name) {
      add(runtime.macros.byName(first, node.package_name));
    } else if (second !== undefined && !dispatched.has(call)) add(runtime.macros.byName(second, first));
    const target = dispatched.get(call);
    if (target) add(target);
  }
  return found;
}

/**
 * Dispatches of the projects' own macros that lead nowhere, called or not: dbt refuses to parse a project that has one.
 * Source: dbt-core clients/jinja_static.py statically_parse_adapter_dispatch, parser/manifest.py resolve_macro_depends_on.
 */
export function emptyDispatches(runtime: MacroWorld): LabsError[] {
  const errors: LabsError[] = [];
  for (const { node, definition, known } of runtime.macros.all()) {
    if (known !== undefined || internalPackages.includes(node.package_name)) continue;
    if (!node.macro_sql.includes("dispatch")) continue;
    for (const { name, namespace, at } of staticDispatches(definition.template)) {
      const order = runtime.read.root.dispatch.find((d) => d.macro_namespace === namespace)?.search_order;
      const { found, attempts } = runtime.macros.dispatch(name, namespace, order, node.package_name, true);
      if (!found) errors.push(nothingDispatched(name, namespace, attempts, definition.template.source.place(at)));
    }
  }
  return errors;
}

/** Every name whose definition in a project may change what {@link dependenciesOf} answers. */
export function mentionsOf(entry: MacroEntry): string[] {
  const names = (entry.known?.calls ?? findMacroCalls(entry.definition.template)).flatMap((call) => call.split("."));
  for (const [, , name = ""] of entry.node.macro_sql.matchAll(dispatchCall)) {
    names.push(`duckdb__${name}`, `default__${name}`);
  }
  return [...new Set(names)];
}

const dispatchCall =
  /\badapter\s*\.\s*dispatch\(\s*(?:macro_name\s*=\s*)?(["'])(\w+)\1(?:\s*,\s*(?:macro_namespace\s*=\s*)?(["'])(\w+)\3)?/g;

/** What each `adapter.dispatch(...)` of a macro leads to, by the last name under which the calls list it. */
function dispatches(runtime: MacroWorld, node: MacroNode): Map<string, MacroEntry> {
  const result = new Map<string, MacroEntry>();
  for (const [, , name = "", , namespace = null] of node.macro_sql.matchAll(dispatchCall)) {
    const order = runtime.read.root.dispatch.find((d) => d.macro_namespace === namespace)?.search_order;
    const { found } = runtime.macros.dispatch(name, namespace, order, node.package_name);
    if (found) result.set(namespace === null ? name : `${namespace}.${name}`, found);
  }
  return result;
}
