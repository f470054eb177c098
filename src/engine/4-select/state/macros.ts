import { engineError } from "../../errors.ts";
import { lacksMacro } from "../../manifest/missing-macro.ts";
import type { GraphNode, Manifest } from "../../manifest/types.ts";
import type { AnyNode } from "../population.ts";

/** A generic test whose macro is gone cannot be compared. Source: dbt-core graph/selector_methods.py recursively_check_macros_modified. */
function refuseMissingTest(node: AnyNode): void {
  if (!lacksMacro(node)) return;
  throw engineError("compilation", {
    message: `Node '${node.name}' (in ${node.original_file_path}) depends on a macro or test that does not exist. This can happen when a macro or generic test is removed but is still referenced. Check for typos and/or install package dependencies with 'dbt deps'.`,
    place: { file: node.original_file_path },
    hint: `Define the test ${String((node as GraphNode).test_metadata?.name)}, or take it out of ${node.original_file_path}.`,
  });
}

/** Tells of a node whether any macro that it reaches, directly or through other macros, is new, gone or changed. */
export function nodesWithModifiedMacros(now: Manifest, then: Manifest): (node: AnyNode) => boolean {
  const touched = new Set<string>();
  for (const [id, macro] of Object.entries(now.macros)) {
    if (then.macros[id]?.macro_sql !== macro.macro_sql) touched.add(id);
  }
  for (const id of Object.keys(then.macros)) if (!(id in now.macros)) touched.add(id);
  if (touched.size === 0) return () => false;

  const callers = new Map<string, string[]>();
  for (const [id, macro] of Object.entries(now.macros)) {
    for (const called of macro.depends_on?.macros ?? []) {
      const known = callers.get(called);
      if (known) known.push(id);
      else callers.set(called, [id]);
    }
  }
  for (const id of touched) for (const caller of callers.get(id) ?? []) touched.add(caller);
  return (node) => {
    refuseMissingTest(node);
    const depends = "depends_on" in node ? (node.depends_on as { macros?: string[] } | undefined) : undefined;
    return (depends?.macros ?? []).some((id) => touched.has(id));
  };
}
