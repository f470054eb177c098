import { findMacroCalls } from "#jinja/index.ts";
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
export function linkMacroDependencies(runtime: Runtime): void {
  for (const entry of runtime.macros.all()) {
    const { node } = entry;
    if (node.depends_on.macros.length > 0) continue;
    const found: string[] = [];
    for (const call of entry.calls ?? findMacroCalls(entry.definition.template)) {
      const [first = "", second] = call.split(".");
      if (second === undefined && notMacros.has(first)) continue;
      const target =
        second === undefined
          ? runtime.macros.lookup(first, node.package_name)
          : runtime.macros.inNamespace(first, second);
      const id = target?.node.unique_id;
      if (id !== undefined && id !== node.unique_id && !found.includes(id)) found.push(id);
    }
    node.depends_on.macros = found;
  }
}
