import { createHash } from "node:crypto";
import {
  equals,
  fromPlain,
  hasJinja,
  jsonDumps,
  jsonLoads,
  makeReturn,
  parseTemplate,
  PyDict,
  PyObject,
  PySet,
  PyTuple,
  str,
  toPlain,
  truthy,
  type Scope,
  type Value,
} from "#jinja/index.ts";
import { isLabsError } from "#errors/index.ts";
import { parseYaml, privatePrefix, secretPrefix, yamlText } from "../1-read/index.ts";
import { engineError } from "../errors.ts";
import { utcDateTime } from "./data.ts";
import { hostFunction, rawFunction } from "./functions.ts";
import { modulesOf } from "./modules.ts";
import { dbtVersion, type Runtime } from "./runtime.ts";
import type { Members } from "./scope.ts";

/** `env_var` outside profiles.yml: secrets are refused there. Source: dbt-core context/providers.py env_var. */
export function envVarFunction(runtime: Runtime, overrides: Record<string, unknown> = {}): PyObject {
  return hostFunction("env_var", ["var", "default?"], (name, fallback) => {
    const key = str(name ?? null);
    if (Object.hasOwn(overrides, key)) return fromPlain(overrides[key]);
    if (key.startsWith(secretPrefix)) {
      throw engineError("parsing", {
        message: `Secret env vars are allowed only in profiles.yml or packages.yml. Found '${key}' referenced elsewhere.`,
        hint: "Move the secret to profiles.yml, or rename the variable.",
      });
    }
    const value = key.startsWith(privatePrefix) || !Object.hasOwn(runtime.env, key) ? undefined : runtime.env[key];
    runtime.notes?.env.set(key, value ?? null);
    if (value !== undefined) return value;
    // As it was given: a default of false stays false.
    if (fallback !== undefined && fallback !== null) return fallback;
    throw engineError("parsing", {
      message: `Env var required but not provided: '${key}'`,
      hint: `Set ${key} in the environment, or give env_var() a default.`,
    });
  });
}

/** The invocation's settings as `flags.FULL_REFRESH`. */
class FlagsObject extends PyObject {
  readonly pyType = "Namespace";
  override get pyModule(): string {
    return "argparse";
  }
  readonly #flags: Record<string, unknown>;
  readonly #values = new Map<string, Value>();
  constructor(flags: Record<string, unknown>) {
    super();
    this.#flags = flags;
  }
  override getAttr(name: string): Value | undefined {
    const key = name.toUpperCase();
    let value = this.#values.get(key);
    if (value === undefined && Object.hasOwn(this.#flags, key)) {
      value = fromPlain(this.#flags[key] ?? null);
      this.#values.set(key, value);
    }
    return value;
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.getAttr(key) : undefined;
  }
}

/** Flags of an invocation by their names in capitals, as plain data: every scope makes values of those it asks for. */
const flagsOf = new WeakMap<Runtime, Record<string, unknown>>();

function flagsObject(runtime: Runtime): PyObject {
  let values = flagsOf.get(runtime);
  if (!values) flagsOf.set(runtime, (values = flagValues(runtime)));
  return new FlagsObject(values);
}

function flagValues({ flags }: Runtime): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(flags.invocationArgs)) values[key.toUpperCase()] = value;
  return Object.assign(values, {
    FULL_REFRESH: flags.fullRefresh,
    STORE_FAILURES: flags.storeFailures ?? false,
    WHICH: flags.command.replace("source freshness", "freshness").replace("docs generate", "generate"),
    EMPTY: flags.empty,
    FAIL_FAST: flags.failFast,
    WARN_ERROR: flags.warnError,
    DEBUG: flags.debug,
    QUIET: flags.quiet,
    USE_COLORS: values.USE_COLORS ?? true,
    PRINT: values.PRINT ?? true,
    INTROSPECT: flags.introspect,
  });
}

function iterableOrUndefined(value: Value | undefined): Value[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [...value];
  if (value instanceof PyObject) {
    const items = value.iterate();
    return items ? [...items] : undefined;
  }
  return undefined;
}

function zipOf(args: Value[]): Value[] | undefined {
  const lists = args.map(iterableOrUndefined);
  if (lists.some((l) => l === undefined)) return undefined;
  const length = lists.length === 0 ? 0 : Math.min(...lists.map((l) => l?.length ?? 0));
  return Array.from({ length }, (_, i) => new PyTuple(lists.map((l) => l?.[i] ?? null)));
}

function diffOfTwoDicts(a: PyDict, b: PyDict): Value {
  const lowered = new Map<string, Set<string>>();
  for (const [key, values] of b.entries()) {
    lowered.set(str(key).toLowerCase(), new Set((iterableOrUndefined(values) ?? []).map((v) => str(v).toLowerCase())));
  }
  const result = new PyDict();
  for (const [key, values] of a.entries()) {
    const other = lowered.get(str(key).toLowerCase());
    if (!other) result.set(key, values);
    else {
      const left = (iterableOrUndefined(values) ?? []).filter((v) => !other.has(str(v).toLowerCase()));
      if (left.length > 0) result.set(key, left);
    }
  }
  return result;
}

/** Runs `body` and answers `fallback` where Python's helper would swallow the exception. */
function orDefault(body: () => Value, fallback: Value | undefined): Value {
  try {
    return body();
  } catch {
    return fallback ?? null;
  }
}

/** The members that every context of dbt has. Source: dbt-core context/base.py, context/target.py, context/configured.py. */
export function baseMembers(
  runtime: Runtime,
  options: { targetValue: () => Value; threadId: string; uniqueId?: string },
): Members {
  const message = (text: string, level: "info" | "debug", extra: { name: string; code: string; bare?: boolean }) => {
    runtime.emit({
      type: "message",
      level,
      text,
      ...extra,
      ...(options.uniqueId ? { uniqueId: options.uniqueId } : {}),
    });
    return "";
  };
  /** A member whose value is another one in the next invocation. */
  const differing = (value: () => Value) => (): Value => {
    runtime.notes?.reached("value");
    return value();
  };
  return {
    dbt_version: dbtVersion,
    env_var: () => envVarFunction(runtime),
    return: () => makeReturn(),
    fromjson: () =>
      hostFunction("fromjson", ["string", "default?"], (text, fallback) =>
        orDefault(() => jsonLoads(str(text ?? null)), fallback),
      ),
    tojson: () =>
      hostFunction("tojson", ["value", "default?", "sort_keys?"], (value, fallback, sortKeys) =>
        orDefault(() => jsonDumps(value ?? null, { sortKeys: truthy(sortKeys ?? false) }), fallback),
      ),
    fromyaml: () =>
      hostFunction("fromyaml", ["value", "default?"], (text, fallback) =>
        orDefault(() => fromPlain(parseYaml(str(text ?? null), "fromyaml").data), fallback),
      ),
    toyaml: () =>
      hostFunction("toyaml", ["value", "default?", "sort_keys?"], (value, fallback, sortKeys) =>
        orDefault(() => yamlText(toPlain(value ?? null), truthy(sortKeys ?? false)), fallback),
      ),
    set: () =>
      hostFunction("set", ["value", "default?"], (value, fallback) => {
        const items = iterableOrUndefined(value);
        return items ? orDefault(() => new PySet(items), fallback) : (fallback ?? null);
      }),
    set_strict: () =>
      hostFunction("set_strict", ["value"], (value) => {
        const items = iterableOrUndefined(value);
        if (!items)
          throw engineError("compilation", { message: `set_strict expects an iterable, got ${str(value ?? null)}` });
        return new PySet(items);
      }),
    adapter_macro: () =>
      rawFunction("adapter_macro", ([name]) => {
        throw engineError("compilation", {
          message: `The "adapter_macro" macro has been deprecated. Instead, use the \`adapter.dispatch\` method to find a macro and call the result. adapter_macro was called for: ${str(name ?? null)}`,
          hint: "Write adapter.dispatch('name', 'package')(arguments).",
        });
      }),
    zip: () => rawFunction("zip", (args, kwargs) => zipOf(args) ?? kwargs.get("default") ?? null),
    zip_strict: () =>
      rawFunction("zip_strict", (args) => {
        const zipped = zipOf(args);
        if (!zipped) throw engineError("compilation", { message: "zip_strict expects iterables" });
        return zipped;
      }),
    log: () =>
      hostFunction("log", ["msg", "info?"], (msg, info) => {
        runtime.notes?.reached("effect");
        return truthy(info ?? false)
          ? message(str(msg ?? null), "info", { name: "JinjaLogInfo", code: "I062" })
          : message(str(msg ?? null), "debug", { name: "JinjaLogDebug", code: "I063" });
      }),
    print: () =>
      hostFunction("print", ["msg"], (msg) => {
        runtime.notes?.reached("effect");
        return message(str(msg ?? null), "info", { name: "PrintEvent", code: "Z052", bare: true });
      }),
    run_started_at: differing(() => utcDateTime(runtime.startedAt)),
    invocation_id: differing(() => runtime.invocationId),
    thread_id: options.threadId,
    modules: () => modulesOf(runtime, differing),
    flags: differing(() => flagsObject(runtime)),
    diff_of_two_dicts: () =>
      hostFunction("diff_of_two_dicts", ["dict_a", "dict_b"], (a, b) =>
        a instanceof PyDict && b instanceof PyDict ? diffOfTwoDicts(a, b) : null,
      ),
    local_md5: () =>
      hostFunction("local_md5", ["value"], (value) =>
        createHash("md5")
          .update(str(value ?? null))
          .digest("hex"),
      ),
    target: options.targetValue,
    env: options.targetValue,
    project_name: runtime.read.root.name,
  };
}

/** `render(string)` of a context. */
export function renderFunction(scope: () => Scope, file: string): PyObject {
  return hostFunction("render", ["string"], (text) => {
    const source = str(text ?? null);
    return hasJinja(source) ? parseTemplate(source, { file }).render(scope()) : source;
  });
}

/** `try_or_compiler_error(message, func, *args, **kwargs)`. */
export function tryOrCompilerError(): PyObject {
  return rawFunction("try_or_compiler_error", (args, kwargs) => {
    const [message, func, ...rest] = args;
    const failed = (cause: unknown): never => {
      throw engineError("compilation", { message: str(message ?? null), ...(isLabsError(cause) ? { cause } : {}) });
    };
    try {
      const result = func instanceof PyObject ? func.call(rest, kwargs) : null;
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  });
}

/** `validation.any[...]`: a factory of checks for config.require. */
export function validationMember(): Value {
  const any = new ValidationAny();
  return new PyDict([["any", any]]);
}

class ValidationAny extends PyObject {
  readonly pyType = "function";
  override get callable(): boolean {
    return true;
  }
  override call(args: Value[]): Value {
    return hostFunction("inner", ["value"], (value) => {
      if (args.some((arg) => equals(arg, value ?? null))) return null;
      throw engineError("parsing", {
        message: `Expected value "${str(value ?? null)}" to be one of ${args.map(str).join(",")}`,
        dbtType: "Validation Error",
      });
    });
  }
}
