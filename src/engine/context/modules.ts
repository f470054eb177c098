import { modules, PyDict, PyFunction, PyObject, type Value } from "#jinja/index.ts";
import { warn, type Runtime } from "./runtime.ts";

/**
 * `modules` of a template. One of them knows what time it is, and each call of another warns: while the project is
 * parsed, neither may be kept. Source: dbt-core context/base.py get_context_modules.
 */
export function modulesOf(runtime: Runtime, differing: (value: () => Value) => () => Value): PyDict {
  const own = new PyDict();
  for (const key of modules.iterate()) {
    const value = (): Value => modules.get(key) ?? null;
    if (key === "itertools") own.setLazy(key, () => deprecated(runtime, value() as PyDict));
    else own.setLazy(key, key === "datetime" && runtime.notes ? differing(value) : value);
  }
  return own;
}

/** The same functions, each of which says at every call that it will go. */
function deprecated(runtime: Runtime, functions: PyDict): PyDict {
  const own = new PyDict();
  for (const key of functions.iterate()) {
    const inner = functions.get(key) as PyObject;
    own.set(
      key,
      new PyFunction(String(key), (args, kwargs) => {
        runtime.notes?.reached("effect");
        warn(runtime, "Usage of itertools modules is deprecated. Please use the built-in functions instead.", {
          name: "ModulesItertoolsUsageDeprecation",
          code: "D034",
        });
        return inner.call(args, kwargs);
      }),
    );
  }
  return own;
}
