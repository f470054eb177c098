import type { Expr, Macro, Stmt, TypeNote } from "./ast.ts";
import { walk } from "./ast.ts";
import { PyFunction } from "./function.ts";
import { pyError } from "./errors.ts";
import { MacroReturn, type Scope } from "./runtime.ts";
import { undeclared } from "./symbols.ts";
import { parseTemplate, Template, type TemplateOptions } from "./template.ts";
import { PyObject, type Kwargs, type MaybePromise, type Value } from "./value.ts";

export const macroPrefix = "dbt_macro__";

export interface MacroParam {
  name: string;
  /** Whether the parameter has a default. */
  default: boolean;
  /** The annotation `list[str]` as written, without blanks. */
  type: string | undefined;
}

/** A macro, test or materialization of a file. Its body is parsed when it is first needed. */
export interface MacroDefinition {
  /** `my_macro`, `test_unique`, `materialization_table_default` */
  readonly name: string;
  readonly kind: "macro" | "test" | "materialization" | "docs";
  /** The block's whole text. */
  readonly source: string;
  readonly params: readonly MacroParam[];
  /** Whether the body mentions varargs, kwargs, caller. */
  readonly usesVarargs: boolean;
  readonly usesKwargs: boolean;
  readonly usesCaller: boolean;
  /** Of materializations: literal languages, by default `['sql']`. */
  readonly supportedLanguages: readonly string[] | undefined;
  readonly template: Template;
}

const typeText = (note: TypeNote): string =>
  note.params.length > 0 ? `${note.name}[${note.params.map(typeText).join(", ")}]` : note.name;

const shortName = (name: string): string => name.replace(/^dbt_(?:macro|docs)__/, "");

function kindOf(stmt: Macro): MacroDefinition["kind"] {
  if (stmt.languages) return "materialization";
  if (stmt.name.startsWith("dbt_docs__")) return "docs";
  return stmt.name.startsWith(`${macroPrefix}test_`) ? "test" : "macro";
}

function languagesOf(expr: Expr | undefined): string[] | undefined {
  if (!expr) return undefined;
  if (expr.kind !== "list" && expr.kind !== "tuple") return [];
  return expr.items.flatMap((item) => (item.kind === "const" && typeof item.value === "string" ? [item.value] : []));
}

function define(stmt: Macro, source: string, template: Template): MacroDefinition {
  const { params, defaults } = stmt.signature;
  const used = undeclared(stmt.body, ["varargs", "kwargs", "caller"]);
  return {
    name: shortName(stmt.name),
    kind: kindOf(stmt),
    source,
    template,
    params: params.map((p, i) => ({
      name: p.name,
      default: i >= params.length - defaults.length,
      type: p.type && typeText(p.type),
    })),
    usesVarargs: used.has("varargs"),
    usesKwargs: used.has("kwargs"),
    usesCaller: used.has("caller"),
    supportedLanguages: languagesOf(stmt.languages),
  };
}

/** The macros at any depth of the top level, as dbt finds them in one block's text. */
function macrosOf(body: readonly Stmt[]): Macro[] {
  const found: Macro[] = [];
  for (const node of walk(body)) if (node.kind === "macro") found.push(node);
  return found;
}

/** The macros that a text defines: macro, test, materialization and docs blocks. */
export function parseMacros(source: string, options: Omit<TemplateOptions, "macroPrefix">): MacroDefinition[] {
  const template = parseTemplate(source, { ...options, macroPrefix });
  return macrosOf(template.body).map((stmt) => define(stmt, source, template));
}

/**
 * A macro whose text is parsed when it is first called or asked about. `name` is its name without prefix;
 * syntax errors appear at that moment.
 */
export function lazyMacro(source: string, options: LazyOptions): MacroDefinition {
  return new LazyMacro(source, options);
}

type LazyOptions = Omit<TemplateOptions, "macroPrefix"> & { name: string };

/** A class, for a start makes five hundred. */
class LazyMacro implements MacroDefinition {
  readonly source: string;
  readonly #options: LazyOptions;
  #parsed: MacroDefinition | undefined;

  constructor(source: string, options: LazyOptions) {
    this.source = source;
    this.#options = options;
  }

  #get(): MacroDefinition {
    if (this.#parsed) return this.#parsed;
    const { name, file } = this.#options;
    const all = parseMacros(this.source, this.#options);
    const parsed = all.find((m) => m.name === name) ?? all[0];
    if (!parsed) throw pyError("BlockError", `no macro '${name}' is defined in ${file}`);
    return (this.#parsed = parsed);
  }

  get name() {
    return this.#options.name;
  }
  get kind() {
    return this.#get().kind;
  }
  get params() {
    return this.#get().params;
  }
  get usesVarargs() {
    return this.#get().usesVarargs;
  }
  get usesKwargs() {
    return this.#get().usesKwargs;
  }
  get usesCaller() {
    return this.#get().usesCaller;
  }
  get supportedLanguages() {
    return this.#get().supportedLanguages;
  }
  get template() {
    return this.#get().template;
  }
}

/** What the host wants to know of calls: to keep dbt's stack of macros. */
export interface MacroHooks {
  enter?(macro: MacroDefinition): void;
  leave?(macro: MacroDefinition): void;
}

/** A macro with the scope in which its names are looked up: what templates call. `return(x)` ends here. */
export class BoundMacro extends PyFunction {
  override get pyType(): string {
    return "MacroGenerator";
  }
  override get pyModule(): string {
    return "dbt.clients.jinja";
  }
  readonly macro: MacroDefinition;
  private readonly scope: Scope;
  private readonly hooks: MacroHooks | undefined;
  private callee: Value | undefined;

  constructor(macro: MacroDefinition, scope: Scope, hooks?: MacroHooks) {
    super(macro.name, () => null);
    this.macro = macro;
    this.scope = scope;
    this.hooks = hooks;
  }
  override getAttr(name: string): Value | undefined {
    return name === "name" ? this.name : undefined;
  }
  override repr(): string {
    return `<MacroGenerator ${this.name}>`;
  }

  private resolve(): MaybePromise<Value> {
    if (this.callee !== undefined) return this.callee;
    const name = (this.macro.kind === "docs" ? "dbt_docs__" : macroPrefix) + this.name;
    const keep = (value: Value | undefined): Value => {
      if (value === undefined)
        throw pyError("BlockError", `macro '${this.name}' is not defined at the top of its file`);
      this.callee = value;
      return value;
    };
    const value = this.macro.template.take(name, this.scope);
    return value instanceof Promise ? value.then(keep) : keep(value);
  }

  override call(args: Value[], kwargs: Kwargs): MaybePromise<Value> {
    const leave = () => this.hooks?.leave?.(this.macro);
    const caught = (error: unknown): Value => {
      leave();
      if (error instanceof MacroReturn) return error.value;
      throw error;
    };
    this.hooks?.enter?.(this.macro);
    try {
      const callee = this.resolve();
      const result =
        callee instanceof Promise
          ? callee.then((c) => (c as PyObject).call(args, kwargs))
          : (callee as PyObject).call(args, kwargs);
      if (result instanceof Promise) {
        return result.then((value) => {
          leave();
          return value;
        }, caught);
      }
      leave();
      return result;
    } catch (error) {
      return caught(error);
    }
  }
}

export function bindMacro(macro: MacroDefinition, scope: Scope, hooks?: MacroHooks): BoundMacro {
  return new BoundMacro(macro, scope, hooks);
}

/** The function `return(x)`: ends the macro that the host called. */
export function makeReturn(): PyFunction {
  return new PyFunction("return", (args, kwargs) => {
    throw new MacroReturn(args[0] ?? kwargs.get("data") ?? null);
  });
}
