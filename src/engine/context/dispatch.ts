import type { Place } from "#errors/index.ts";
import type { PyObject } from "#jinja/index.ts";
import { engineError } from "../errors.ts";
import type { Runtime } from "./runtime.ts";
import type { NodeScope } from "./scope.ts";

/**
 * `adapter.dispatch(name, namespace)` for templates of one package. Answers the macro to call.
 * `flat`: for a generic test, which sees the macros of all packages.
 * Errors: dbt's texts when nothing is found, listing every name that was tried.
 */
export function dispatchFunction(runtime: Runtime, scope: NodeScope, packageName: string, flat = false) {
  return (name: string, namespace: string | null): PyObject => {
    if (name.includes(".")) {
      const [first, ...rest] = name.split(".");
      throw engineError("compilation", {
        message: `In adapter.dispatch, got a macro name of "${name}", but "." is not a valid macro name component. Did you mean \`adapter.dispatch("${rest.join(".")}", macro_namespace="${first}")\`?`,
      });
    }
    const order = runtime.read.root.dispatch.find((d) => d.macro_namespace === namespace)?.search_order;
    const missing = order?.find((p) => runtime.macros.package(p) === undefined && p !== "dbt");
    const { found, attempts } = runtime.macros.dispatch(
      name,
      namespace,
      order?.filter((p) => p !== missing),
      packageName,
      flat,
    );
    if (found) return scope.bind(found);
    throw nothingDispatched(name, namespace, attempts);
  };
}

/** The error of a dispatch that finds no macro. */
export const nothingDispatched = (name: string, namespace: string | null, attempts: string[], place?: Place) =>
  engineError("compilation", {
    message: `In dispatch: No macro named '${name}' found within namespace: '${namespace ?? "None"}'\n    Searched for: ${attempts.map((a) => `'${a}'`).join(", ")}`,
    ...(place ? { place } : {}),
    hint: `Install the package that has ${name}, or write the macro default__${name}.`,
  });
