import {
  hasJinja,
  parseTemplate,
  PyObject,
  type Kwargs,
  type MaybePromise,
  type Scope,
  type Value,
} from "#jinja/index.ts";
import { jsonDumps } from "#jinja/index.ts";
import { hideSecrets, secretsIn } from "../1-read/index.ts";
import { engineError } from "../errors.ts";
import { typeError } from "./functions.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { isRecord, toValue } from "./data.ts";
import type { Runtime } from "./runtime.ts";

/**
 * The variables that a node of a package sees: the package's own, then the root project's, then the command line; the last wins.
 * Inside each project's `vars` the keys under the package's name win over the global ones.
 * Source: dbt-core context/providers.py ModelConfiguredVar, config/project.py VarProvider.
 */
export function varsFor(runtime: Runtime, packageName: string): PlainRecord {
  const merged: PlainRecord = {};
  const own = runtime.projects.get(packageName);
  for (const project of own && own !== runtime.read.root ? [own, runtime.read.root] : [runtime.read.root]) {
    const scoped = project.vars[packageName];
    Object.assign(merged, project.vars, isRecord(scoped) ? scoped : {});
  }
  return Object.assign(merged, runtime.read.cliVars);
}

/** `var` in a template: callable, with `has_var`. Strings are rendered when read. */
export class VarFunction extends PyObject {
  readonly pyType = "RuntimeVar";
  override get pyModule(): string {
    return "dbt.context.providers";
  }
  readonly #vars: () => PlainRecord;
  readonly #scope: () => Scope;
  readonly #missing: "none" | "error";
  readonly #owner: string;

  constructor(options: { vars: () => PlainRecord; scope: () => Scope; missing: "none" | "error"; owner: string }) {
    super();
    this.#vars = options.vars;
    this.#scope = options.scope;
    this.#missing = options.missing;
    this.#owner = options.owner;
  }

  override get callable(): boolean {
    return true;
  }

  override call(args: Value[], kwargs: Kwargs): MaybePromise<Value> {
    const name = args[0] ?? kwargs.get("var_name");
    if (name === undefined) throw typeError("Var.__call__() missing 1 required positional argument: 'var_name'");
    const vars = this.#vars();
    if (typeof name === "string" && Object.hasOwn(vars, name)) return this.#render(vars[name]);
    const fallback = args.length > 1 ? args[1] : kwargs.get("default");
    if (fallback !== undefined && fallback !== null) return fallback;
    if (args.length > 1 || kwargs.has("default") || this.#missing === "none") return fallback ?? null;
    const supplied = hideSecrets(jsonDumps(toValue(vars), { sortKeys: true, indent: 4 }), secretsIn(vars));
    throw engineError("compilation", {
      message: `Required var '${String(name)}' not found in config:\nVars supplied to ${this.#owner} = ${supplied}`,
      hint: `Set it under vars: in dbt_project.yml, pass --vars '${String(name)}: value', or give var() a default.`,
    });
  }

  override getAttr(name: string): Value | undefined {
    if (name !== "has_var") return undefined;
    const vars = this.#vars;
    return new HasVar((variable) => Object.hasOwn(vars(), variable));
  }

  #render(value: unknown): MaybePromise<Value> {
    if (typeof value !== "string" || !hasJinja(value)) return toValue(value);
    return parseTemplate(value, { file: `var of ${this.#owner}` }).render(this.#scope());
  }
}

class HasVar extends PyObject {
  readonly pyType = "method";
  readonly #has: (name: string) => boolean;
  constructor(has: (name: string) => boolean) {
    super();
    this.#has = has;
  }
  override get callable(): boolean {
    return true;
  }
  override call(args: Value[]): Value {
    return typeof args[0] === "string" && this.#has(args[0]);
  }
}
