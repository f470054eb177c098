import type { CallBlock, Expr, Filter, For, If, Macro, Output, SetBlock, Stmt, Target } from "./ast.ts";
import { walk } from "./ast.ts";
import {
  compileCall,
  compileExpression,
  compileFilter,
  constantValue,
  frameAt,
  readName,
  readSlot,
  whenReady as then,
  type Eval,
  type Frame,
} from "./compile-expression.ts";
import { errors, pyError, typeError, valueError } from "./errors.ts";
import { Namespace } from "./globals.ts";
import { LoopContext } from "./loop.ts";
import { MacroValue, type MacroShape } from "./macro-value.ts";
import { escape } from "./markup.ts";
import { iterate, isIterable, str, toArray, truthy, typeName } from "./operations.ts";
import { Env, locate, NativeOut, TextOut, unresolved, type Out, type Run } from "./runtime.ts";
import { PyFunction } from "./function.ts";
import { Symbols, undeclared, usesLoop, type Slot } from "./symbols.ts";
import { PyObject, type MaybePromise, type Value } from "./value.ts";

/** How a statement ended: normally, or with a jump that the loop around it takes. */
export type Signal = 0 | 1 | 2;
const next: Signal = 0;
const breaks: Signal = 1;
const continues: Signal = 2;

/** A compiled statement. */
export type Exec = (env: Env, out: Out) => MaybePromise<Signal>;

/** What is shared while one template is compiled. */
export interface Context extends Frame {
  native: boolean;
  toplevel: boolean;
  blocks: Map<string, BlockCode>;
  exports: boolean;
  inLoop?: boolean;
}
export interface BlockCode {
  symbols: Symbols;
  body: Exec;
}

const after = (result: MaybePromise<unknown>, signal: Signal = next): MaybePromise<Signal> =>
  result instanceof Promise ? result.then(() => signal) : signal;

/** Runs one after the other until one jumps. */
function sequence(list: readonly Exec[]): Exec {
  if (list.length === 0) return () => next;
  if (list.length === 1) return list[0] as Exec;
  const from = (i: number, env: Env, out: Out): MaybePromise<Signal> => {
    for (let at = i; at < list.length; at++) {
      const result = (list[at] as Exec)(env, out);
      if (result instanceof Promise) return result.then((signal) => (signal ? signal : from(at + 1, env, out)));
      if (result) return result;
    }
    return next;
  };
  return (env, out) => from(0, env, out);
}

export function compileBody(body: readonly Stmt[], context: Context): Exec {
  return sequence(body.map((stmt) => compileStatement(stmt, context)));
}

function inner(context: Context, symbols: Symbols): Context {
  return { ...context, symbols, soft: false, toplevel: false };
}

function compileStatement(stmt: Stmt, context: Context): Exec {
  switch (stmt.kind) {
    case "output":
      return compileOutput(stmt, context);
    case "set": {
      const value = compileExpression(stmt.value, context);
      const assign = compileTarget(stmt.target, context);
      const { at } = stmt;
      return (env) =>
        after(
          then(value(env), (v) => {
            env.run.at = at;
            assign(env, v);
            return null;
          }),
        );
    }
    case "do": {
      const value = compileExpression(stmt.value, context);
      return (env) => after(value(env));
    }
    case "if":
      return compileIf(stmt, context);
    case "for":
      return compileFor(stmt, context);
    case "break":
    case "continue": {
      if (!context.inLoop) {
        const error = pyError("TemplateSyntaxError", `'${stmt.kind}' outside loop`);
        (error as { place: unknown }).place = context.source.place(stmt.at);
        throw error;
      }
      const signal = stmt.kind === "break" ? breaks : continues;
      return () => signal;
    }
    case "macro":
      return compileMacroStatement(stmt, context);
    case "callblock":
      return compileCallBlock(stmt, context);
    case "setblock":
      return compileSetBlock(stmt, context);
    case "filterblock": {
      const capture = captureBody(stmt.body, new Symbols(context.symbols).body(stmt.body), context);
      return outputCaptured(capture, stmt.filter, context);
    }
    case "with": {
      const symbols = new Symbols(context.symbols);
      for (const target of stmt.targets) symbols.target(target, true);
      symbols.body(stmt.body);
      const within = inner(context, symbols);
      const values = stmt.values.map((v) => compileExpression(v, context));
      const targets = stmt.targets.map((t) => compileTarget(t, within));
      const body = compileBody(stmt.body, within);
      const enter = enterFrame(symbols);
      return (env, out) => {
        const frame = enter(env);
        const assign = (i: number): MaybePromise<Signal> => {
          if (i === values.length) return body(frame, out);
          const result = then((values[i] as Eval)(env), (v) => {
            (targets[i] as Assign)(frame, v);
            return null;
          });
          return result instanceof Promise ? result.then(() => assign(i + 1)) : assign(i + 1);
        };
        return assign(0);
      };
    }
    case "scope": {
      const symbols = new Symbols(context.symbols).body(stmt.body);
      const escaping = stmt.option.kind === "const" ? truthy(stmt.option.value) : false;
      const body = compileBody(stmt.body, { ...inner(context, symbols), autoescape: escaping });
      const enter = enterFrame(symbols);
      return (env, out) => body(enter(env), out);
    }
    case "block":
      return compileBlock(stmt, context);
    case "load": {
      const { at, what } = stmt;
      return (env) => {
        env.run.at = at;
        const hint = `\`${what}\` cannot load files here; call macros by their names instead.`;
        const message = "no loader for this environment specified";
        throw errors.TemplateNotFound({ message, hint, data: { python: "TypeError" } });
      };
    }
  }
}

function writeExpression(expr: Expr, context: Context): Exec {
  const value = compileExpression(expr, context);
  const { at } = expr;
  const write = context.autoescape
    ? (out: Out, v: Value): void => out.write(escape(v).text)
    : (out: Out, v: Value): void => out.value(v);
  return (env, out) => {
    const v = value(env);
    if (v instanceof Promise) {
      return v.then((resolved) => {
        env.run.at = at;
        write(out, resolved);
        return next;
      });
    }
    write(out, v);
    return next;
  };
}

/**
 * Output, with neighbouring constants as one text. In native rendering this matters: `{{ 1 }}` is text, `{{ n }}` is
 * a number.
 */
function compileOutput(stmt: Output, context: Context): Exec {
  const parts: Exec[] = [];
  let text: string | undefined;
  const flush = () => {
    if (text === undefined) return;
    const constant = text;
    parts.push((_env, out) => {
      out.write(constant);
      return next;
    });
    text = undefined;
  };
  for (const part of stmt.parts) {
    const constant =
      typeof part === "string" ? part : context.autoescape ? undefined : constantValue(part, context, context.native);
    if (constant !== undefined) text = (text ?? "") + str(constant);
    else {
      flush();
      parts.push(writeExpression(part as Expr, context));
    }
  }
  flush();
  return sequence(parts);
}

type Assign = (env: Env, value: Value) => void;

function compileTarget(target: Target | Expr, context: Context): Assign {
  if (target.kind === "name") {
    const slot = context.symbols.find(target.name) as Slot;
    const { index } = slot;
    const levels = context.symbols.level - slot.level;
    if (context.toplevel && context.exports) {
      const { name } = target;
      return (env, value) => {
        frameAt(env, levels).vars[index] = value;
        env.run.exports?.set(name, value);
      };
    }
    if (levels === 0) {
      return (env, value) => {
        env.vars[index] = value;
      };
    }
    return (env, value) => {
      frameAt(env, levels).vars[index] = value;
    };
  }
  if (target.kind === "nsref") {
    const read = readName(target.name, context, target.at);
    const { attr } = target;
    return (env, value) => {
      const ns = read(env);
      if (!(ns instanceof Namespace))
        throw pyError("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
      ns.set(attr, value);
    };
  }
  const targets = (target as Extract<Expr, { kind: "tuple" }>).items.map((item) => compileTarget(item, context));
  return (env, value) => {
    const items = unpack(value, targets.length);
    for (let i = 0; i < targets.length; i++) (targets[i] as Assign)(env, items[i] as Value);
  };
}

function unpack(value: Value, wanted: number): Value[] {
  if (!isIterable(value)) throw typeError(`cannot unpack non-iterable ${typeName(value)} object`);
  const items = toArray(value);
  if (items.length < wanted) throw valueError(`not enough values to unpack (expected ${wanted}, got ${items.length})`);
  if (items.length > wanted) throw valueError(`too many values to unpack (expected ${wanted})`);
  return items;
}

/** Makes a frame's variables, as they are before its first statement. */
export function enterFrame(symbols: Symbols): (parent: Env | undefined, run?: Run) => Env {
  let reset: ((env: Env) => void) | undefined;
  return (parent, run) => {
    reset ??= resetFrame(symbols);
    const env = new Env(symbols.size, parent, run ?? (parent as Env).run);
    reset(env);
    return env;
  };
}

/** Sets a frame's variables to what they are when it is entered; loops do it before each round. */
export function resetFrame(symbols: Symbols): (env: Env) => void {
  const steps = symbols.entries().map(([slot, load]): ((env: Env) => void) => {
    const { index } = slot;
    if (load.how === "alias") {
      const outer = load.slot;
      const levels = symbols.level - outer.level;
      return (env) => {
        env.vars[index] = readSlot(env, levels, outer);
      };
    }
    const initial = load.how === "resolve" ? unresolved : undefined;
    return (env) => {
      env.vars[index] = initial;
    };
  });
  return (env) => {
    for (let i = 0; i < steps.length; i++) (steps[i] as (env: Env) => void)(env);
  };
}

function compileIf(stmt: If, outer: Context): Exec {
  const context = { ...outer, soft: true };
  const branches = [stmt, ...stmt.elifs].map((branch) => ({
    test: compileExpression(branch.test, context),
    body: compileBody(branch.body, context),
  }));
  const otherwise = compileBody(stmt.otherwise, context);
  const from = (i: number, env: Env, out: Out): MaybePromise<Signal> => {
    for (let at = i; at < branches.length; at++) {
      const { test, body } = branches[at] as (typeof branches)[number];
      const value = test(env);
      if (value instanceof Promise) {
        return value.then((v) => (truthy(v) ? body(env, out) : from(at + 1, env, out)));
      }
      if (truthy(value)) return body(env, out);
    }
    return otherwise(env, out);
  };
  return (env, out) => from(0, env, out);
}

function compileFor(stmt: For, outer: Context): Exec {
  const extended = usesLoop(stmt, outer.source.text);
  const symbols = new Symbols(outer.symbols);
  const loopSlot = extended ? symbols.parameter("loop") : undefined;
  symbols.target(stmt.target, true);
  symbols.body(stmt.body);
  const context = { ...inner(outer, symbols), inLoop: true };
  const assign = compileTarget(stmt.target, context);
  const body = compileBody(stmt.body, context);
  for (const node of outer.source.text.includes("loop") ? walk([stmt]) : []) {
    if ((node.kind === "set" || node.kind === "for") && hasName(node.target, "loop")) {
      const error = pyError("TemplateAssertionError", "Can't assign to special loop variable in for-loop target");
      (error as { place: unknown }).place = outer.source.place(node.at);
      throw error;
    }
  }
  const reset = resetFrame(symbols);
  const elseSymbols = new Symbols(outer.symbols).body(stmt.otherwise);
  const otherwise = stmt.otherwise.length > 0 ? compileBody(stmt.otherwise, inner(outer, elseSymbols)) : undefined;
  const enterElse = enterFrame(elseSymbols);
  const filter = stmt.test && compileLoopTest(stmt, stmt.test, outer);
  const { at } = stmt;

  /** One pass over `items`; `depth` counts recursive calls. */
  const loop = (outerEnv: Env, out: Out, items: Value, depth: number): MaybePromise<Signal> => {
    const { run } = outerEnv;
    run.at = stmt.iter.at;
    const frame = new Env(symbols.size, outerEnv, run);
    let nextItem: () => Value | undefined;
    if (loopSlot) {
      const context = new LoopContext(
        run,
        items,
        depth,
        stmt.recursive ? (more, d) => recurse(outerEnv, more, d) : undefined,
      );
      frame.vars[loopSlot.index] = context;
      nextItem = () => context.advance();
    } else {
      const iterator = iterate(items)[Symbol.iterator]();
      nextItem = () => {
        const result = iterator.next();
        return result.done ? undefined : result.value;
      };
    }
    let rounds = 0;
    const go = (): MaybePromise<Signal> => {
      for (;;) {
        run.at = at;
        const item = nextItem();
        if (item === undefined) break;
        rounds++;
        run.at = stmt.target.at;
        assign(frame, item);
        reset(frame);
        const signal = body(frame, out);
        if (signal instanceof Promise) return signal.then((s) => (s === breaks ? next : go()));
        if (signal === breaks) return next;
      }
      return rounds === 0 && otherwise ? otherwise(enterElse(outerEnv), out) : next;
    };
    return go();
  };
  const filtered = (env: Env, items: Value): MaybePromise<Value> => (filter ? filter(env, items) : items);
  const recurse = (env: Env, items: Value, depth: number): MaybePromise<Value> => {
    const buffer = newBuffer(outer.native);
    const done = then(filtered(env, items), (list) => after(loop(env, buffer, list, depth)));
    return done instanceof Promise ? done.then(() => bufferText(buffer)) : bufferText(buffer);
  };
  const items = compileExpression(stmt.iter, outer);
  if (stmt.recursive) {
    return (env, out) =>
      after(
        then(items(env), (list) =>
          then(recurse(env, list, 0), (text) => {
            out.value(text);
            return null;
          }),
        ),
      );
  }
  return (env, out) => {
    const list = items(env);
    if (list instanceof Promise || filter) {
      const ready = then(list, (v) => filtered(env, v));
      return ready instanceof Promise ? ready.then((v) => loop(env, out, v, 0)) : loop(env, out, ready, 0);
    }
    return loop(env, out, list, 0);
  };
}

function hasName(target: Target | Expr, name: string): boolean {
  if (target.kind === "name") return target.name === name;
  return target.kind === "tuple" && target.items.some((item) => hasName(item, name));
}

/** `for x in xs if test`: the items that pass. */
function compileLoopTest(stmt: For, test: Expr, outer: Context): (env: Env, items: Value) => MaybePromise<Value> {
  const symbols = new Symbols(outer.symbols);
  symbols.target(stmt.target, true);
  symbols.visit(test);
  const context = inner(outer, symbols);
  const assign = compileTarget(stmt.target, context);
  const condition = compileExpression(test, context);
  const enter = enterFrame(symbols);
  return (env, items) => {
    const frame = enter(env);
    const kept: Value[] = [];
    const all = toArray(items);
    const from = (i: number): MaybePromise<Value> => {
      for (let at = i; at < all.length; at++) {
        const item = all[at] as Value;
        assign(frame, item);
        const passes = condition(frame);
        if (passes instanceof Promise) {
          return passes.then((v) => {
            if (truthy(v)) kept.push(item);
            return from(at + 1);
          });
        }
        if (truthy(passes)) kept.push(item);
      }
      return kept;
    };
    return from(0);
  };
}

type Buffer = TextOut | NativeOut;
const newBuffer = (native: boolean): Buffer => (native ? new NativeOut() : new TextOut());
const bufferText = (buffer: Buffer): string => (buffer instanceof TextOut ? buffer.text : buffer.joined());

/** The text that a body writes. */
type Capture = (env: Env) => MaybePromise<string>;

function captureBody(body: readonly Stmt[], symbols: Symbols, context: Context): Capture {
  const run = compileBody(body, inner(context, symbols));
  const enter = enterFrame(symbols);
  return (env) => {
    const buffer = newBuffer(context.native);
    const done = run(enter(env), buffer);
    return done instanceof Promise ? done.then(() => bufferText(buffer)) : bufferText(buffer);
  };
}

function outputCaptured(capture: Capture, filter: Filter, context: Context): Exec {
  const value = compileFilter(filter, context, capture);
  return (env, out) =>
    after(
      then(value(env), (v) => {
        out.raw(v);
        return null;
      }),
    );
}

function compileSetBlock(stmt: SetBlock, context: Context): Exec {
  const symbols = new Symbols(context.symbols).body(stmt.body);
  // Names that only the filter's arguments read are looked up like names of the body.
  if (stmt.filter) for (const node of walk([stmt.filter])) if (node.kind === "name") symbols.visit(node);
  const run = compileBody(stmt.body, inner(context, symbols));
  const enter = enterFrame(symbols);
  const capture: Capture = (frame) => {
    const buffer = newBuffer(context.native);
    const done = run(frame, buffer);
    return done instanceof Promise ? done.then(() => bufferText(buffer)) : bufferText(buffer);
  };
  const value: Eval = stmt.filter ? compileFilter(stmt.filter, inner(context, symbols), capture) : capture;
  const assign = compileTarget(stmt.target, context);
  return (env) => {
    return after(
      then(value(enter(env)), (v) => {
        assign(env, v);
        return null;
      }),
    );
  };
}

interface MacroCode {
  shape: MacroShape;
  make: (env: Env) => MacroValue;
}

/** The body of a macro or call block as a function of its arguments. */
function compileMacro(
  stmt: Pick<Macro | CallBlock, "signature" | "body" | "at">,
  name: string | null,
  outer: Context,
): MacroCode {
  const symbols = new Symbols(outer.symbols);
  const { params, defaults } = stmt.signature;
  const names = params.map((p) => p.name);
  // Defaults and parameters are known to the frame before its body.
  for (const p of params) symbols.parameter(p.name);
  for (const d of defaults) symbols.visit(d);
  symbols.body(stmt.body);
  const special = undeclared(stmt.body, ["caller", "kwargs", "varargs"]);
  const explicitCaller = names.indexOf("caller");
  if (special.has("caller") && explicitCaller >= 0 && explicitCaller < names.length - defaults.length) {
    const error = pyError(
      "TemplateAssertionError",
      'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
    );
    (error as { place: unknown }).place = outer.source.place(stmt.at);
    throw error;
  }
  const slots = params.map((p) => symbols.find(p.name) as Slot);
  const caller = special.has("caller");
  if (caller && explicitCaller < 0) slots.push(symbols.parameter("caller"));
  if (special.has("kwargs") && !names.includes("kwargs")) slots.push(symbols.parameter("kwargs"));
  if (special.has("varargs") && !names.includes("varargs")) slots.push(symbols.parameter("varargs"));
  const context = { ...inner(outer, symbols), inLoop: false };
  const fallbacks = defaults.map((d) => compileExpression(d, context));
  const body = compileBody(stmt.body, context);
  const enter = enterFrame(symbols);
  const shape: MacroShape = {
    name,
    params: names,
    caller: caller && explicitCaller < 0,
    explicitCaller: caller && explicitCaller >= 0,
    kwargs: special.has("kwargs") && !names.includes("kwargs"),
    varargs: special.has("varargs") && !names.includes("varargs"),
  };
  const firstDefault = params.length - defaults.length;

  const fill = (env: Env, i: number): MaybePromise<void> => {
    for (let p = i; p < params.length; p++) {
      const { index } = slots[p] as Slot;
      if (env.vars[index] !== undefined) continue;
      const param = names[p] as string;
      if (p < firstDefault) {
        env.vars[index] = env.run.undefined({ hint: `parameter '${param}' was not provided`, name: param });
        continue;
      }
      const value = (fallbacks[p - firstDefault] as Eval)(env);
      if (value instanceof Promise) {
        return value.then((v) => {
          env.vars[index] = v;
          return fill(env, p + 1);
        });
      }
      env.vars[index] = value;
    }
  };
  const invoke = (parent: Env, args: (Value | undefined)[]): MaybePromise<Value> => {
    const run = parent.run.nested();
    run.at = stmt.at;
    const env = enter(parent, run);
    for (let i = 0; i < slots.length; i++) env.vars[(slots[i] as Slot).index] = args[i];
    const buffer = newBuffer(outer.native);
    const fail = (error: unknown): never => {
      throw locate(error, run);
    };
    try {
      const filled = fill(env, 0);
      const done = filled instanceof Promise ? filled.then(() => body(env, buffer)) : body(env, buffer);
      return done instanceof Promise ? done.then(() => bufferText(buffer)).catch(fail) : bufferText(buffer);
    } catch (error) {
      return fail(error);
    }
  };
  const make = (env: Env): MacroValue =>
    new MacroValue(
      shape,
      (args) => invoke(env, args),
      () => env.run.undefined({ hint: "No caller defined", name: "caller" }),
    );
  return { shape, make };
}

function compileMacroStatement(stmt: Macro, context: Context): Exec {
  const { make } = compileMacro(stmt, stmt.name, context);
  const assign = compileTarget({ kind: "name", name: stmt.name, at: stmt.at }, context);
  return (env) => {
    assign(env, make(env));
    return next;
  };
}

function compileCallBlock(stmt: CallBlock, context: Context): Exec {
  const { make } = compileMacro(stmt, null, context);
  const call = compileCall(stmt.call, context, (env) => ["caller", make(env)]);
  return (env, out) => {
    const value = call(env);
    if (value instanceof Promise) {
      return value.then((v) => {
        out.raw(v);
        return next;
      });
    }
    out.raw(value);
    return next;
  };
}

function compileBlock(stmt: Extract<Stmt, { kind: "block" }>, context: Context): Exec {
  if (context.blocks.has(stmt.name)) {
    const error = pyError("TemplateAssertionError", `block '${stmt.name}' defined twice`);
    (error as { place: unknown }).place = context.source.place(stmt.at);
    throw error;
  }
  const symbols = new Symbols().body(stmt.body);
  const code: BlockCode = { symbols, body: () => next };
  context.blocks.set(stmt.name, code);
  code.body = compileBody(stmt.body, { ...inner(context, symbols) });
  const visible = stmt.scoped ? context.symbols.visible() : undefined;
  const { level } = context.symbols;
  return (env, out) => {
    const locals = new Map<string, Value>(env.run.exports);
    for (const [name, slot] of visible ?? []) {
      const value = readSlot(env, level - slot.level, slot);
      if (value !== undefined) locals.set(name, value);
    }
    return runBlock(code, env.run, locals, out);
  };
}

/** Runs a named block: it sees what the top level has set, and the context. */
export function runBlock(code: BlockCode, outer: Run, locals: Map<string, Value>, out: Out): MaybePromise<Signal> {
  const run = outer.nested();
  const { scope } = outer;
  (run as { scope: typeof scope }).scope = { get: (name) => (locals.has(name) ? locals.get(name) : scope.get(name)) };
  const env = enterFrame(code.symbols)(undefined, run);
  return code.body(env, out);
}

/** `self`: the blocks of the template as functions. */
export class SelfReference extends PyObject {
  readonly pyType = "TemplateReference";
  private readonly blocks: Map<string, BlockCode>;
  private readonly run: Run;
  constructor(blocks: Map<string, BlockCode>, run: Run) {
    super();
    this.blocks = blocks;
    this.run = run;
  }
  override getItem(key: Value): Value | undefined {
    const code = typeof key === "string" ? this.blocks.get(key) : undefined;
    if (!code) return undefined;
    return new PyFunction(key as string, () => {
      const out = new TextOut();
      const done = runBlock(code, this.run, new Map(this.run.exports), out);
      return done instanceof Promise ? done.then(() => out.text) : out.text;
    });
  }
  override repr(): string {
    return "<TemplateReference None>";
  }
}
