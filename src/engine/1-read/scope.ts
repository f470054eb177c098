import {
  jsonDumps,
  PyFunction,
  PyObject,
  str,
  fromPlain,
  hasJinja,
  parseTemplate,
  type Scope,
  type Value,
} from "#jinja/index.ts";
import { targetValue } from "../context/target-value.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { hideSecrets, privatePrefix, secretPrefix, secretsIn } from "./named-variables.ts";
import type { Target } from "./types.ts";
import { dbtVersion } from "./version.ts";

const open = "$$$DBT_SECRET_START$$$";
const close = "$$$DBT_SECRET_END$$$";

export interface ScopeOptions {
  env: NodeJS.ProcessEnv;
  /** What `var()` sees: the command line's, and those of vars.yml. */
  vars: PlainRecord;
  /** Without it `target.x` is the empty text, as for commands that need no profile. */
  target?: Target;
  /** profiles.yml and packages.yml: `DBT_ENV_SECRET_*` may be read. */
  secrets?: boolean;
  /** `deps` and `clean`: a missing variable is None instead of an error. */
  lenientVars?: boolean;
}

/** `target` when there is no profile: every key is the empty text. */
class EmptyTarget extends PyObject {
  readonly pyType = "dict";
  override getAttr(): Value {
    return "";
  }
  override getItem(): Value {
    return "";
  }
  override repr(): string {
    return "{}";
  }
}

/** What the Jinja of dbt_project.yml, profiles.yml, packages.yml and selectors.yml sees. Source: dbt-core context/base.py, secret.py, target.py. */
export function configScope(options: ScopeOptions): Scope {
  const scope: Scope = { get: (name) => members.get(name) };
  const members = new Map<string, Value>([
    ["dbt_version", dbtVersion],
    ["env_var", envVar(options)],
    ["var", variable(options, scope)],
    ["target", options.target ? targetValue(options.target) : new EmptyTarget()],
  ]);
  return scope;
}

function envVar({ env, secrets }: ScopeOptions): Value {
  return new PyFunction("env_var", (args, kwargs) => {
    const name = str(args[0] ?? kwargs.get("var") ?? null);
    const fallback = args[1] ?? kwargs.get("default") ?? null;
    const secret = name.startsWith(secretPrefix);
    if (secret && !secrets) {
      throw readError("environment", {
        message: `Secret env vars are allowed only in profiles.yml or packages.yml. Found '${name}' referenced elsewhere.`,
        hint: "Move the secret to profiles.yml, or give the variable another name.",
      });
    }
    const value = name.startsWith(privatePrefix) || !Object.hasOwn(env, name) ? undefined : env[name];
    if (value !== undefined) return secret ? open + name + close : value;
    if (fallback !== null) return fallback;
    throw readError("environment", {
      message: `Env var required but not provided: '${name}'`,
      hint: `Set ${name} in the environment, or give env_var() a default as its second argument.`,
    });
  });
}

function variable({ vars, lenientVars, env }: ScopeOptions, scope: Scope): Value {
  return new PyFunction("var", (args, kwargs) => {
    const name = str(args[0] ?? kwargs.get("var_name") ?? null);
    if (Object.hasOwn(vars, name)) {
      const value = vars[name];
      if (typeof value !== "string" || !hasJinja(value)) return fromPlain(value);
      return parseTemplate(value, { file: `var ${name}` }).render(scope);
    }
    if (args.length > 1) return args[1] ?? null;
    if (kwargs.has("default")) return kwargs.get("default") ?? null;
    if (lenientVars) return null;
    const supplied = scrubSecrets(jsonDumps(fromPlain(vars), { sortKeys: true, indent: 4 }), env);
    throw readError("render", {
      message: `Required var '${name}' not found in config:\nVars supplied to <Configuration> = ${supplied}`,
      hint: `Pass it with --vars '${name}: value', or give var() a default. Vars of dbt_project.yml are not known here.`,
    });
  });
}

/** Puts the values of secrets where their placeholders stand. */
export function revealSecrets(text: string, env: NodeJS.ProcessEnv): string {
  let result = text;
  for (let at = result.indexOf(open); at !== -1; at = result.indexOf(open, at)) {
    const end = result.indexOf(close, at);
    if (end === -1) break;
    const value = env[result.slice(at + open.length, end)] ?? "";
    result = result.slice(0, at) + value + result.slice(end + close.length);
    at += value.length;
  }
  return result;
}

/** Text without the values of `DBT_ENV_SECRET_*` variables, for messages and logs. */
export const scrubSecrets = (text: string, env: NodeJS.ProcessEnv): string => hideSecrets(text, secretsIn(env));
