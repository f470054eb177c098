import {
  bindMacro,
  PyDict,
  PyObject,
  rawAttribute,
  type Kwargs,
  type MaybePromise,
  type Scope,
  type Value,
} from "#jinja/index.ts";
import { globalPackage, MacroTable, type MacroEntry } from "./macro-table.ts";

/** Called around every macro; the engine keeps the macro stack and records dependencies with it. */
export interface MacroHooks {
  enter(entry: MacroEntry): void;
  leave(): void;
  /** Around what the adapter calls by itself: macros in there are no dependencies of the node. */
  enterAdapter?(): void;
}

export type Members = Record<string, Value | (() => Value | undefined)>;

/** What a macro that runs for itself, not for a node, does not have. Source: dbt-core context/providers.py MacroContext. */
export const withoutModel: Members = {
  this: () => undefined,
  compiled_code: () => undefined,
  defer_relation: () => undefined,
  pre_hooks: null,
  post_hooks: null,
};

/** A member by name; what every object of JavaScript has (`constructor`) is none. */
export function memberOf(members: Members, name: string): Value | undefined {
  if (!Object.hasOwn(members, name)) return undefined;
  const member = members[name];
  return typeof member === "function" ? member() : member;
}

/** A member that is computed when a template first asks for it. */
export const lazily = (compute: () => Value): (() => Value) => compute;

/**
 * What a template of one node sees: macros first (a project may replace any context member, `ref` included), then the
 * members of dbt's context. Every name is resolved once.
 */
export class NodeScope implements Scope {
  readonly #macros: MacroTable;
  readonly #packageName: string;
  readonly #members: Members;
  readonly #hooks: MacroHooks | undefined;
  readonly #resolved = new Map<string, Value>();
  readonly #bound = new Map<MacroEntry, PyObject>();

  constructor(macros: MacroTable, packageName: string, members: Members, hooks?: MacroHooks) {
    this.#macros = macros;
    this.#packageName = packageName;
    this.#members = members;
    this.#hooks = hooks;
  }

  get(name: string): Value | undefined {
    const known = this.#resolved.get(name);
    if (known !== undefined) return known;
    const value = this.#resolve(name);
    if (value !== undefined) this.#resolved.set(name, value);
    return value;
  }

  /** Sets a name for this scope alone: test arguments, `sql` of a materialization. */
  set(name: string, value: Value): void {
    this.#resolved.set(name, value);
  }

  /** A macro as a callable in this scope. */
  bind(entry: MacroEntry): PyObject {
    let bound = this.#bound.get(entry);
    if (!bound) this.#bound.set(entry, (bound = bindMacro(entry.definition, this, this.#hooksFor(entry))));
    return bound;
  }

  /** Calls a macro with this scope as its globals. */
  call(entry: MacroEntry, args: Value[], kwargs: Kwargs): MaybePromise<Value> {
    return this.bind(entry).call(args, kwargs);
  }

  /** Calls a macro for the adapter. */
  callForAdapter(entry: MacroEntry, args: Value[], kwargs: Kwargs): MaybePromise<Value> {
    const hooks = this.#hooks;
    if (!hooks?.enterAdapter) return this.call(entry, args, kwargs);
    hooks.enterAdapter();
    let result: MaybePromise<Value>;
    try {
      result = this.call(entry, args, kwargs);
    } catch (error) {
      hooks.leave();
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => hooks.leave());
    hooks.leave();
    return result;
  }

  #hooksFor(entry: MacroEntry) {
    const hooks = this.#hooks;
    return hooks ? { enter: () => hooks.enter(entry), leave: () => hooks.leave() } : undefined;
  }

  #resolve(name: string): Value | undefined {
    const local =
      this.#macros.package(this.#packageName)?.get(name) ?? this.#macros.package(this.#macros.root)?.get(name);
    if (local) return this.bind(local);
    if (this.#macros.isNamespace(name)) return new MacroNamespace(name, this.#macros, this);
    const internal = this.#macros.internal(name);
    if (internal) return this.bind(internal);
    return memberOf(this.#members, name);
  }
}

/** A scope without macros, as dbt renders properties, descriptions and references of exposures in. */
export const memberScope = (members: Members): NodeScope => new NodeScope(new MacroTable(""), "", members);

/** What a namespace answers as the mapping that it is. Source: dbt-core context/macros.py MacroNamespace. */
const mappingMethods = new Set(["get", "items", "keys", "values", "copy"]);

/** `dbt_utils` in `dbt_utils.star(...)`. */
class MacroNamespace extends PyObject {
  readonly pyType = "MacroNamespace";
  override get pyModule(): string {
    return "dbt.context.macros";
  }
  readonly #name: string;
  readonly #macros: MacroTable;
  readonly #scope: NodeScope;

  constructor(name: string, macros: MacroTable, scope: NodeScope) {
    super();
    this.#name = name;
    this.#macros = macros;
    this.#scope = scope;
  }

  override get isMapping(): boolean {
    return true;
  }
  override getAttr(name: string): Value | undefined {
    return mappingMethods.has(name) ? rawAttribute(this.#asDict(), name) : this.#macro(name);
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.#macro(key) : undefined;
  }
  override contains(value: Value): boolean {
    return typeof value === "string" && this.#macro(value) !== undefined;
  }
  override iterate(): Iterable<Value> {
    return this.#names;
  }
  override length(): number {
    return this.#names.length;
  }
  get #names(): string[] {
    return [...new Set(this.#macros.namesIn(this.#name))];
  }
  #macro(name: string): Value | undefined {
    const entry = this.#macros.inNamespace(this.#name, name);
    return entry && this.#scope.bind(entry);
  }
  #asDict(): PyDict {
    return new PyDict(this.#names.map((name) => [name, this.#macro(name) as Value]));
  }
  override repr(): string {
    return `<namespace ${this.#name === globalPackage ? "dbt" : this.#name}>`;
  }
}
