import { binary, unary } from "./arithmetic.ts";
import type { Arguments, Call, Comparator, Expr, Filter, Test } from "./ast.ts";
import { children } from "./ast.ts";
import { attributeOf, builtinMethod, itemOf, sliceOf } from "./attributes.ts";
import { PyDict } from "./dict.ts";
import { pyError, typeError } from "./errors.ts";
import { contextFilters } from "./filters/index.ts";
import { filterNamed, testNamed } from "./registry.ts";
import { escape, PyMarkup } from "./markup.ts";
import { compare, contains, equals, isIterable, iterate, repr, str, textOf, truthy, typeName } from "./operations.ts";
import { PySlice, PyTuple } from "./sequences.ts";
import type { Source } from "./source.ts";
import type { Slot, Symbols } from "./symbols.ts";
import "./tests.ts";
import { Env, Run, unresolved } from "./runtime.ts";
import { noKwargs, PyObject, type CompareOp, type Kwargs, type MaybePromise, type Value } from "./value.ts";

/** A compiled expression. Only calls make Promises; everything above one passes it on. */
export type Eval = (env: Env) => MaybePromise<Value>;

/** What is known while code is made: the names, and whether an unknown filter may wait until it is used. */
export interface Frame {
  source: Source;
  symbols: Symbols;
  /** Inside of if: unknown filters and tests are errors only when they are reached. */
  soft: boolean;
  autoescape: boolean;
  /** While constants are folded: names and calls make the expression variable. */
  folding?: boolean;
}

const notConstant = new Error("not constant");
const variable: Eval = () => {
  throw notConstant;
};

const then = (value: MaybePromise<Value>, next: (value: Value) => MaybePromise<Value>): MaybePromise<Value> =>
  value instanceof Promise ? value.then(next) : next(value);
// a module that exports `then` is taken for a Promise by `import()`
export { then as whenReady };

/** Whether evaluating may have to wait: only calls can. */
function mayWait(expr: Expr): boolean {
  if (expr.kind === "const" || expr.kind === "name") return false;
  if (expr.kind === "call") return true;
  let answer = waits.get(expr);
  if (answer === undefined) waits.set(expr, (answer = children(expr).some((child) => mayWait(child as Expr))));
  return answer;
}
const waits = new WeakMap<Expr, boolean>();

export function compileExpression(expr: Expr, frame: Frame): Eval {
  switch (expr.kind) {
    case "const": {
      const { value } = expr;
      return () => value;
    }
    case "name":
    case "nsref":
      return frame.folding ? variable : readName(expr.name, frame, expr.at);
    case "tuple":
      return compileItems(expr.items, frame, (items) => new PyTuple(items));
    case "list":
      return compileItems(expr.items, frame, (items) => items);
    case "dict":
      return compileDict(expr.items, frame, expr.at);
    case "condition":
      return compileCondition(expr, frame);
    case "binary": {
      const { op, at } = expr;
      return two(expr.left, expr.right, frame, (env, a, b) => {
        env.run.at = at;
        return binary(op, a, b);
      });
    }
    case "unary": {
      const { op, at } = expr;
      return one(expr.operand, frame, (env, value) => {
        env.run.at = at;
        return unary(op, value);
      });
    }
    case "not":
      return one(expr.operand, frame, (_env, value) => !truthy(value));
    case "and":
    case "or": {
      const left = compileExpression(expr.left, frame);
      const right = compileExpression(expr.right, frame);
      const stop = expr.kind === "or";
      return (env) => then(left(env), (value) => (truthy(value) === stop ? value : right(env)));
    }
    case "concat":
      return compileConcat(expr.parts, frame);
    case "compare":
      return compileCompare(expr, frame);
    case "getattr": {
      const { name, at } = expr;
      return one(expr.target, frame, (env, obj) => {
        env.run.at = at;
        return attributeOf(env.run, obj, name);
      });
    }
    case "getitem": {
      const { at } = expr;
      if (expr.key.kind === "slice" && !frame.folding) {
        return two(expr.target, expr.key, frame, (env, obj, key) => {
          env.run.at = at;
          return sliceOf(obj, key as PySlice);
        });
      }
      return two(expr.target, expr.key, frame, (env, obj, key) => {
        env.run.at = at;
        return itemOf(env.run, obj, key);
      });
    }
    case "slice": {
      const parts = [expr.start, expr.stop, expr.step].map(
        (p): Expr => p ?? { kind: "const", value: null, at: expr.at },
      );
      return compileItems(parts, frame, ([a, b, c]) => new PySlice(a as Value, b as Value, c as Value));
    }
    case "call":
      return frame.folding ? variable : compileCall(expr, frame);
    case "filter":
      return compileFilter(expr, frame);
    case "test":
      return compileTest(expr, frame);
  }
}

function one(operand: Expr, frame: Frame, run: (env: Env, value: Value) => MaybePromise<Value>): Eval {
  const get = compileExpression(operand, frame);
  if (!mayWait(operand)) return (env) => run(env, get(env) as Value);
  return (env) => {
    const value = get(env);
    return value instanceof Promise ? value.then((v) => run(env, v)) : run(env, value);
  };
}

function two(left: Expr, right: Expr, frame: Frame, run: (env: Env, a: Value, b: Value) => Value): Eval {
  const a = compileExpression(left, frame);
  const b = compileExpression(right, frame);
  if (!mayWait(left) && !mayWait(right)) return (env) => run(env, a(env) as Value, b(env) as Value);
  return (env) => then(a(env), (x) => then(b(env), (y) => run(env, x, y)));
}

/** Evaluates in order; the result is a Promise only if one of them is. */
export function evaluateAll(evals: readonly Eval[], env: Env, done: Value[] = []): MaybePromise<Value[]> {
  for (let i = done.length; i < evals.length; i++) {
    const value = (evals[i] as Eval)(env);
    if (value instanceof Promise) {
      return value.then((v) => {
        done.push(v);
        return evaluateAll(evals, env, done);
      });
    }
    done.push(value);
  }
  return done;
}

function compileItems(items: readonly Expr[], frame: Frame, make: (items: Value[]) => Value): Eval {
  const evals = items.map((item) => compileExpression(item, frame));
  return (env) => {
    const values = evaluateAll(evals, env);
    return values instanceof Promise ? values.then(make) : make(values);
  };
}

function compileDict(pairs: readonly { key: Expr; value: Expr }[], frame: Frame, at: number): Eval {
  const flat = pairs.flatMap((pair) => [compileExpression(pair.key, frame), compileExpression(pair.value, frame)]);
  const make = (env: Env, values: Value[]): Value => {
    env.run.at = at;
    const dict = new PyDict();
    for (let i = 0; i < values.length; i += 2) dict.set(values[i] as Value, values[i + 1] as Value);
    return dict;
  };
  return (env) => {
    const values = evaluateAll(flat, env);
    return values instanceof Promise ? values.then((v) => make(env, v)) : make(env, values);
  };
}

function compileCondition(expr: Extract<Expr, { kind: "condition" }>, outer: Frame): Eval {
  const frame = { ...outer, soft: true };
  const test = compileExpression(expr.test, frame);
  const yes = compileExpression(expr.yes, frame);
  const no = expr.no && compileExpression(expr.no, frame);
  const { at } = expr;
  const missing = (env: Env): Value => {
    if (frame.folding) throw notConstant;
    const { line } = env.run.source.place(at);
    const hint = `the inline if-expression on line ${line} evaluated to false and no else section was defined.`;
    return env.run.undefined({ hint });
  };
  return (env) => then(test(env), (value) => (truthy(value) ? yes(env) : no ? no(env) : missing(env)));
}

function compileConcat(parts: readonly Expr[], frame: Frame): Eval {
  const join = frame.autoescape
    ? (values: Value[]): Value =>
        values.some((v) => v instanceof PyMarkup)
          ? new PyMarkup(values.map((v) => escape(v).text).join(""))
          : values.map(str).join("")
    : (values: Value[]): Value => values.map(str).join("");
  return compileItems(parts, frame, join);
}

export function applyComparator(op: Comparator, a: Value, b: Value): boolean {
  switch (op) {
    case "==":
      return equals(a, b);
    case "!=":
      return !equals(a, b);
    case "in":
      return contains(b, a);
    case "not in":
      return !contains(b, a);
    default:
      return compare(op as CompareOp, a, b);
  }
}

function compileCompare(expr: Extract<Expr, { kind: "compare" }>, frame: Frame): Eval {
  const { at, ops, first } = expr;
  const single = ops[0];
  if (ops.length === 1 && single) {
    const { op } = single;
    return two(first, single.expr, frame, (env, a, b) => {
      env.run.at = at;
      return applyComparator(op, a, b);
    });
  }
  const start = compileExpression(first, frame);
  const rest = ops.map(({ op, expr: right }) => ({ op, right: compileExpression(right, frame) }));
  const step = (env: Env, left: Value, i: number): MaybePromise<Value> => {
    const { op, right } = rest[i] as (typeof rest)[number];
    return then(right(env), (value) => {
      env.run.at = at;
      const holds = applyComparator(op, left, value);
      return holds && i + 1 < rest.length ? step(env, value, i + 1) : holds;
    });
  };
  return (env) => then(start(env), (value) => step(env, value, 0));
}

/** The frame's variables at `levels` up. */
export function frameAt(env: Env, levels: number): Env {
  let at = env;
  for (let i = 0; i < levels; i++) at = at.parent as Env;
  return at;
}

/** Reads a variable; undefined when nothing has set it. */
export function readSlot(env: Env, levels: number, slot: Slot): Value | undefined {
  const owner = frameAt(env, levels);
  const value = owner.vars[slot.index];
  if (value !== unresolved) return value;
  const found = owner.run.scope.get(slot.name);
  owner.vars[slot.index] = found;
  return found;
}

export function readName(name: string, frame: Frame, at: number): Eval {
  const slot = frame.symbols.find(name);
  if (!slot) throw new Error(`name ${name} was not analysed`);
  const levels = frame.symbols.level - slot.level;
  const { index } = slot;
  return (env) => {
    let owner = env;
    for (let i = 0; i < levels; i++) owner = owner.parent as Env;
    const value = owner.vars[index];
    if (value !== undefined && value !== unresolved) return value;
    env.run.at = at;
    const found = readSlot(env, levels, slot);
    return found === undefined ? env.run.undefined({ name }) : found;
  };
}

interface CompiledArguments {
  /** Whether there are only positional arguments. */
  simple: boolean;
  evaluate(env: Env): MaybePromise<{ args: Value[]; kwargs: Kwargs }>;
  positional: readonly Eval[];
}

export function compileArguments(given: Arguments, frame: Frame): CompiledArguments {
  const positional = given.args.map((arg) => compileExpression(arg, frame));
  const names = given.kwargs.map((k) => k.key);
  const all = [...positional, ...given.kwargs.map((k) => compileExpression(k.value, frame))];
  if (given.dynArgs) all.push(compileExpression(given.dynArgs, frame));
  if (given.dynKwargs) all.push(compileExpression(given.dynKwargs, frame));
  const simple = names.length === 0 && !given.dynArgs && !given.dynKwargs;
  const collect = (values: Value[]): { args: Value[]; kwargs: Kwargs } => {
    if (simple) return { args: values, kwargs: noKwargs };
    const args = values.slice(0, positional.length);
    const kwargs = new Map<string, Value>();
    names.forEach((name, i) => kwargs.set(name, values[positional.length + i] as Value));
    let next = positional.length + names.length;
    if (given.dynArgs) {
      const spread = values[next++] as Value;
      if (!isIterable(spread)) throw typeError(`Value after * must be an iterable, not ${typeName(spread)}`);
      for (const value of iterate(spread)) args.push(value);
    }
    if (given.dynKwargs) spreadKeywords(values[next] as Value, kwargs);
    return { args, kwargs };
  };
  return {
    simple,
    positional,
    evaluate: (env) => {
      const values = evaluateAll(all, env);
      return values instanceof Promise ? values.then(collect) : collect(values);
    },
  };
}

function spreadKeywords(mapping: Value, kwargs: Map<string, Value>): void {
  if (!(mapping instanceof PyObject) || !mapping.isMapping) {
    throw typeError(`argument after ** must be a mapping, not ${typeName(mapping)}`);
  }
  for (const key of iterate(mapping)) {
    const name = textOf(key);
    if (name === undefined) throw typeError("keywords must be strings");
    if (kwargs.has(name)) throw typeError(`got multiple values for keyword argument '${name}'`);
    kwargs.set(name, mapping.getItem(key) ?? null);
  }
}

/** Calls a value, with the sandbox's rules. */
export function callValue(run: Run, at: number, callee: Value, args: Value[], kwargs: Kwargs): MaybePromise<Value> {
  run.at = at;
  if (!(callee instanceof PyObject) || !callee.callable)
    throw typeError(`'${typeName(callee)}' object is not callable`);
  return callee.call(args, kwargs) ?? null;
}

/** A call; `extra` adds the `caller` of a call block. */
export function compileCall(expr: Call, frame: Frame, extra?: (env: Env) => [string, Value]): Eval {
  const given = compileArguments(expr, frame);
  const { at } = expr;
  const withArguments = (
    env: Env,
    invoke: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>,
  ): MaybePromise<Value> => {
    if (given.simple && !extra) {
      const values = evaluateAll(given.positional, env);
      return values instanceof Promise ? values.then((args) => invoke(args, noKwargs)) : invoke(values, noKwargs);
    }
    const found = given.evaluate(env);
    const go = ({ args, kwargs }: { args: Value[]; kwargs: Kwargs }): MaybePromise<Value> =>
      invoke(args, extra ? new Map([...kwargs, extra(env)]) : kwargs);
    return found instanceof Promise ? found.then(go) : go(found);
  };
  if (expr.callee.kind === "getattr" && !expr.callee.name.startsWith("_")) {
    const { name, at: nameAt } = expr.callee;
    const target = compileExpression(expr.callee.target, frame);
    return (env) =>
      then(target(env), (self) => {
        const { run } = env;
        if (typeof self !== "object" || Array.isArray(self) || self instanceof PyDict) {
          const method = builtinMethod(self, name);
          if (method) {
            return withArguments(env, (args, kwargs) => {
              run.at = at;
              return method(self as never, args, kwargs);
            });
          }
        }
        run.at = nameAt;
        const callee = attributeOf(run, self, name);
        return withArguments(env, (args, kwargs) => callValue(run, at, callee, args, kwargs));
      });
  }
  const callee = compileExpression(expr.callee, frame);
  return (env) =>
    then(callee(env), (f) => withArguments(env, (args, kwargs) => callValue(env.run, at, f, args, kwargs)));
}

function failCompile(frame: Frame, at: number, what: string, name: string): never {
  const error = pyError("TemplateAssertionError", `No ${what} named ${repr(name)}.`);
  (error as { place: unknown }).place = frame.source.place(at);
  throw error;
}

const missingFunction = (what: string, name: string) =>
  pyError("TemplateRuntimeError", `No ${what} named ${repr(name)} found.`);

/** A filter; without a target (`{% filter x %}`, `{% set a | x %}`) it is applied to `input`. */
export function compileFilter(expr: Filter, frame: Frame, input?: Eval): Eval {
  const { name, at } = expr;
  if (frame.folding && contextFilters.has(name)) return variable;
  const filter = filterNamed(name);
  if (!filter && frame.folding) return variable;
  if (!filter && !frame.soft) failCompile(frame, at, "filter", name);
  const target: Eval = expr.target
    ? expr.target.kind === "filter"
      ? compileFilter(expr.target, frame, input)
      : compileExpression(expr.target, frame)
    : (input as Eval);
  const given = compileArguments(expr, frame);
  const apply = (env: Env, value: Value, args: Value[], kwargs: Kwargs): MaybePromise<Value> => {
    env.run.at = at;
    if (!filter) throw missingFunction("filter", name);
    return filter(value, args, kwargs, env.run);
  };
  const direct = given.simple && given.positional.length === 0;
  return (env) =>
    then(target(env), (value) => {
      if (direct) return apply(env, value, [], noKwargs);
      const found = given.evaluate(env);
      return found instanceof Promise
        ? found.then(({ args, kwargs }) => apply(env, value, args, kwargs))
        : apply(env, value, found.args, found.kwargs);
    });
}

function compileTest(expr: Test, frame: Frame): Eval {
  const { name, at } = expr;
  const test = testNamed(name);
  if (!test && frame.folding) return variable;
  if (!test && !frame.soft) failCompile(frame, at, "test", name);
  const given = compileArguments(expr, frame);
  const apply = (env: Env, value: Value, args: Value[], kwargs: Kwargs): Value => {
    env.run.at = at;
    if (!test) throw missingFunction("test", name);
    return test(value, args, kwargs, env.run);
  };
  const direct = given.simple && given.positional.length === 0;
  return one(expr.target, frame, (env, value) => {
    if (direct) return apply(env, value, [], noKwargs);
    const found = given.evaluate(env);
    return found instanceof Promise
      ? found.then(({ args, kwargs }) => apply(env, value, args, kwargs))
      : apply(env, value, found.args, found.kwargs);
  });
}

/** The value of an expression that depends on nothing, as Jinja folds it; undefined otherwise. */
export function constantValue(expr: Expr, frame: Frame, native: boolean): Value | undefined {
  if (startsVariable(expr)) return undefined;
  const run = new Run(frame.source, { get: () => undefined }, "strict", native);
  try {
    const value = compileExpression(expr, { ...frame, folding: true })(new Env(0, undefined, run));
    return value instanceof Promise || (native && !isSafe(value)) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Whether what is evaluated first is a name or a call: then nothing can be folded, which is most of the time. */
function startsVariable(expr: Expr): boolean {
  switch (expr.kind) {
    case "name":
    case "nsref":
    case "call":
      return true;
    case "getattr":
    case "getitem":
    case "test":
      return startsVariable(expr.target);
    case "filter":
      return expr.target !== undefined && startsVariable(expr.target);
    case "binary":
    case "and":
    case "or":
      return startsVariable(expr.left);
    case "unary":
    case "not":
      return startsVariable(expr.operand);
    case "compare":
      return startsVariable(expr.first);
    case "condition":
      return startsVariable(expr.test);
    case "concat":
      return startsVariable(expr.parts[0] as Expr);
    default:
      return false;
  }
}

function isSafe(value: Value): boolean {
  if (Array.isArray(value)) return value.every(isSafe);
  if (!(value instanceof PyObject)) return true;
  if (value instanceof PyDict) return [...value.entries()].every(([k, v]) => isSafe(k) && isSafe(v));
  if (value.pyType === "tuple" || value.pyType === "set") return [...iterate(value)].every(isSafe);
  return value.pyType === "float" || value.pyType === "range" || value.pyType === "Markup";
}
