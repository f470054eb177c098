import type { Stmt } from "./ast.ts";
import {
  compileBody,
  enterFrame,
  SelfReference,
  type BlockCode,
  type Context,
  type Exec,
} from "./compile-statement.ts";
import { isOverflow, pyError } from "./errors.ts";
import { globals } from "./globals.ts";
import { nativeConcat } from "./native.ts";
import { Parser } from "./parse.ts";
import {
  Env,
  locate,
  MacroReturn,
  NativeOut,
  Run,
  TextOut,
  type Out,
  type Scope,
  type UndefinedMode,
} from "./runtime.ts";
import { Source, type SourceOptions } from "./source.ts";
import { Symbols, undeclared, type Slot } from "./symbols.ts";
import type { MaybePromise, Value } from "./value.ts";

export interface RenderOptions {
  /** `chaining` is dbt's way while it parses: attributes and calls of undefined are undefined again. */
  undefined?: UndefinedMode;
}

export interface TemplateOptions extends SourceOptions {
  /** Put in front of the names of macros that the text defines; dbt uses `dbt_macro__`. */
  macroPrefix?: string;
}

interface Code {
  body: Exec;
  enter: (parent: Env | undefined, run?: Run) => Env;
  symbols: Symbols;
  blocks: Map<string, BlockCode>;
  self: Slot | undefined;
}

/** Adds Jinja's own names (range, dict, namespace, ...) behind those of the host. */
function withGlobals(scope: Scope): Scope {
  return {
    get(name) {
      const value = scope.get(name);
      return value === undefined ? globals.get(name) : value;
    },
  };
}
const scopes = new WeakMap<Scope, Scope>();
export function scopeOf(scope: Scope): Scope {
  let full = scopes.get(scope);
  if (!full) scopes.set(scope, (full = withGlobals(scope)));
  return full;
}

/** A parsed template. It is compiled when it is first rendered, once for text and once for native values. */
export class Template {
  readonly source: Source;
  readonly body: readonly Stmt[];
  private text: Code | undefined;
  private native: Code | undefined;

  constructor(source: Source, body: readonly Stmt[]) {
    this.source = source;
    this.body = body;
  }

  private compile(native: boolean): Code {
    const symbols = new Symbols();
    const self = undeclared(this.body, ["self"]).size > 0 ? symbols.parameter("self") : undefined;
    symbols.body(this.body);
    const blocks = new Map<string, BlockCode>();
    const exports = this.source.text.includes("block");
    const context: Context = {
      source: this.source,
      symbols,
      soft: false,
      autoescape: false,
      native,
      toplevel: true,
      blocks,
      exports,
    };
    return { body: compileBody(this.body, context), enter: enterFrame(symbols), symbols, blocks, self };
  }
  code(native: boolean): Code {
    if (native) return (this.native ??= this.compile(true));
    return (this.text ??= this.compile(false));
  }

  /** Runs the top level; answers its variables, from which macros are taken. */
  private execute(code: Code, run: Run, out: Out): { env: Env; done: MaybePromise<unknown> } {
    const env = code.enter(undefined, run);
    if (code.blocks.size > 0) run.exports = new Map();
    if (code.self) env.vars[code.self.index] = new SelfReference(code.blocks, run);
    return { env, done: code.body(env, out) };
  }
  private start<T>(
    scope: Scope,
    options: RenderOptions | undefined,
    native: boolean,
    out: Out,
    finish: () => T,
  ): MaybePromise<T> {
    const run = new Run(this.source, scopeOf(scope), options?.undefined ?? "strict", native);
    const fail = (error: unknown): never => {
      if (error instanceof MacroReturn) {
        throw locate(pyError("MacroReturnOutsideMacro", "return() was called outside of a macro"), run);
      }
      throw locate(error, run, true);
    };
    try {
      const { done } = this.execute(this.code(native), run, out);
      return done instanceof Promise ? done.then(finish).catch(fail) : finish();
    } catch (error) {
      return fail(error);
    }
  }

  /** The text that the template renders to. A Promise only if something in it had to wait. */
  render(scope: Scope, options?: RenderOptions): MaybePromise<string> {
    const out = new TextOut();
    return this.start(scope, options, false, out, () => out.text);
  }

  /** The value of a template in YAML: a single expression gives its object, everything else text. */
  renderNative(scope: Scope, options?: RenderOptions): MaybePromise<Value> {
    const out = new NativeOut();
    return this.start(scope, options, true, out, () => nativeConcat(out.parts));
  }

  /** The top level's value of `name` after running it: how a macro is taken out of its file. */
  take(name: string, scope: Scope, options?: RenderOptions): MaybePromise<Value | undefined> {
    const run = new Run(this.source, scopeOf(scope), options?.undefined ?? "strict", false);
    const code = this.code(false);
    const { env, done } = this.execute(code, run, new TextOut());
    const read = (): Value | undefined => {
      const slot = code.symbols.find(name);
      const value = slot && env.vars[slot.index];
      return typeof value === "symbol" ? undefined : value;
    };
    return done instanceof Promise ? done.then(read) : read();
  }
}

/** Parses a template; syntax errors carry their place in the file. */
export function parseTemplate(text: string, options: TemplateOptions): Template {
  const source = new Source(text, options);
  const parser = new Parser(source, options.macroPrefix === undefined ? {} : { macroPrefix: options.macroPrefix });
  try {
    return new Template(source, parser.template());
  } catch (error) {
    // The parser calls itself, and so does what compiles the tree.
    if (isOverflow(error)) parser.fail("the template is nested too deep to be read");
    throw error;
  }
}

const marks = /\{[{%#]/;

/** False for text that rendering would not change, except for a trailing newline. */
export const hasJinja = (text: string): boolean => marks.test(text);

/** What a text without Jinja is rendered to: line breaks of one kind, and the last one, if it ends the text, is dropped. */
export function renderPlain(text: string): string {
  const unix = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return unix.endsWith("\n") ? unix.slice(0, -1) : unix;
}
