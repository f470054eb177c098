import type { Arguments, Call, Expr } from "./ast.ts";
import { walk } from "./ast.ts";
import { PyDict } from "./dict.ts";
import { unary } from "./arithmetic.ts";
import { nodeText } from "./node-text.ts";
import { repr, str } from "./operations.ts";
import { PyTuple } from "./sequences.ts";
import { parseTemplate, Template } from "./template.ts";
import type { Value } from "./value.ts";
import { pyError } from "./errors.ts";

const parsed = (template: Template | string): Template =>
  typeof template === "string" ? parseTemplate(template, { file: "template" }) : template;

/** The value of an expression made of literals only; undefined when it is not. */
export function literalValue(expr: Expr): Value | undefined {
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "list":
    case "tuple": {
      const items = expr.items.map(literalValue);
      if (items.includes(undefined)) return undefined;
      return expr.kind === "list" ? (items as Value[]) : new PyTuple(items as Value[]);
    }
    case "dict": {
      const dict = new PyDict();
      for (const pair of expr.items) {
        const key = literalValue(pair.key);
        const value = literalValue(pair.value);
        if (key === undefined || value === undefined) return undefined;
        dict.set(key, value);
      }
      return dict;
    }
    case "unary": {
      const value = literalValue(expr.operand);
      return typeof value === "number" ? unary(expr.op, value) : undefined;
    }
    default:
      return undefined;
  }
}

/** A call whose arguments are all known without rendering, or `dynamic`. */
export interface StaticCall {
  name: string;
  /** Offset in the template's text. */
  at: number;
  args: Value[];
  kwargs: Map<string, Value>;
  dynamic: boolean;
  /** The keyword arguments as source text, for `unrendered_config`. */
  unrendered: Map<string, string>;
}

function literalArguments(given: Arguments): { args: Value[]; kwargs: Map<string, Value>; dynamic: boolean } {
  const args: Value[] = [];
  const kwargs = new Map<string, Value>();
  let dynamic = given.dynArgs !== undefined || given.dynKwargs !== undefined;
  for (const arg of given.args) {
    const value = literalValue(arg);
    if (value === undefined) dynamic = true;
    else args.push(value);
  }
  for (const { key, value: expr } of given.kwargs) {
    const value = literalValue(expr);
    if (value === undefined) dynamic = true;
    else kwargs.set(key, value);
  }
  return { args, kwargs, dynamic };
}

function calls(template: Template): Call[] {
  const found: Call[] = [];
  for (const node of walk(template.body)) if (node.kind === "call") found.push(node);
  return found;
}

/** The calls of the functions `names` (plain names, not attributes), in source order. */
export function staticCalls(template: Template | string, names: readonly string[]): StaticCall[] {
  const found: StaticCall[] = [];
  for (const call of calls(parsed(template))) {
    if (call.callee.kind !== "name" || !names.includes(call.callee.name)) continue;
    const unrendered = new Map(call.kwargs.map(({ key, value }) => [key, unrenderedValue(value)]));
    found.push({ name: call.callee.name, at: call.at, ...literalArguments(call), unrendered });
  }
  return found;
}

/** Those calls of the functions `names` that are printed as they are, outside of any block: `{{ doc('x') }}`, in source order. */
export function printedCalls(template: Template | string, names: readonly string[]): StaticCall[] {
  const printed = new Set<number>();
  for (const statement of parsed(template).body) {
    if (statement.kind !== "output") continue;
    for (const part of statement.parts) if (typeof part !== "string" && part.kind === "call") printed.add(part.at);
  }
  return staticCalls(template, names).filter(({ at }) => printed.has(at));
}

/** Whether the template reads the name anywhere (`this`, `execute`, ...). */
export function mentions(template: Template | string, name: string): boolean {
  for (const node of walk(parsed(template).body)) if (node.kind === "name" && node.name === name) return true;
  return false;
}

/**
 * The macros that a text may call: `name`, `package.name`, and what `adapter.dispatch` is asked for (as `name`
 * and, with a namespace, `namespace.name`). ref, source and config are left out; the host filters its own names.
 */
export function findMacroCalls(template: Template | string): string[] {
  const found = new Set<string>();
  for (const call of calls(parsed(template))) {
    const { callee } = call;
    if (callee.kind === "name" || callee.kind === "filter" || callee.kind === "test") {
      if (callee.name !== "source" && callee.name !== "ref" && callee.name !== "config") found.add(callee.name);
    } else if (callee.kind === "getattr" && callee.target.kind === "name") {
      const owner = callee.target.name;
      if (owner !== "adapter") found.add(`${owner}.${callee.name}`);
      else if (callee.name === "dispatch") for (const name of dispatched(call)) found.add(name);
    }
  }
  return Array.from(found);
}

/** An `adapter.dispatch(name, namespace)` whose arguments are literals. */
export interface StaticDispatch {
  name: string;
  namespace: string | null;
  /** Offset in the template's text. */
  at: number;
}

/** Every `adapter.dispatch` of a text that can be read without rendering, in source order. */
export function staticDispatches(template: Template | string): StaticDispatch[] {
  const found: StaticDispatch[] = [];
  for (const call of calls(parsed(template))) {
    const { callee } = call;
    if (callee.kind !== "getattr" || callee.name !== "dispatch") continue;
    if (callee.target.kind !== "name" || callee.target.name !== "adapter") continue;
    const { name, namespace } = dispatchArguments(call);
    if (name) found.push({ name, namespace: namespace ?? null, at: call.at });
  }
  return found;
}

/** What one `adapter.dispatch(...)` may call. */
function dispatched(call: Call): string[] {
  const { names, name, namespace } = dispatchArguments(call);
  return name && namespace ? [...names, `${namespace}.${name}`] : names;
}

/** The literal arguments of one `adapter.dispatch(...)`; `names` are all that it was given as a name. */
function dispatchArguments(call: Call): { names: string[]; name?: string | undefined; namespace?: string | undefined } {
  const names: string[] = [];
  const literal = (expr: Expr | undefined): string | undefined =>
    expr?.kind === "const" ? str(expr.value) : undefined;
  let name = literal(call.args[0]);
  let namespace = literal(call.args[1]);
  if (name) names.push(name);
  for (const { key, value } of call.kwargs) {
    const text = literal(value);
    if (key === "macro_name") {
      if (text === undefined)
        throw pyError("TypeError", "The macro_name parameter to adapter.dispatch was not a string");
      name = text;
      names.push(text);
    } else if (key === "macro_namespace") {
      if (text === undefined) {
        throw pyError(
          "TypeError",
          `The macro_namespace parameter to adapter.dispatch is a ${value.kind}, not a string`,
        );
      }
      namespace = text;
    }
  }
  return { names, name, namespace: namespace === "None" ? undefined : namespace };
}

function unrenderedValue(expr: Expr): string {
  return expr.kind === "const" && typeof expr.value === "string" ? expr.value : sourceOf(expr);
}

/** An expression written out again, the way dbt records unrendered config: kinds that it has no words for as Jinja2 prints them. */
export function sourceOf(expr: Expr): string {
  const list = (items: readonly Expr[]) => items.map(sourceOf).join(", ");
  switch (expr.kind) {
    case "const":
      return repr(expr.value);
    case "name":
      return expr.name;
    case "list":
      return `[${list(expr.items)}]`;
    case "tuple":
      return expr.items.length === 1 ? `(${list(expr.items)},)` : `(${list(expr.items)})`;
    case "dict":
      return `{${expr.items.map((p) => `${sourceOf(p.key)}: ${sourceOf(p.value)}`).join(", ")}}`;
    case "getattr":
      return `${sourceOf(expr.target)}.${expr.name}`;
    case "getitem":
      return `${sourceOf(expr.target)}[${sourceOf(expr.key)}]`;
    case "concat":
      return expr.parts.map(sourceOf).join(" ~ ");
    case "compare":
      return [sourceOf(expr.first), ...expr.ops.map(({ op, expr: right }) => `${op} ${sourceOf(right)}`)].join(" ");
    case "not":
      return `not ${sourceOf(expr.operand)}`;
    case "unary":
      return expr.op === "-" ? `-${sourceOf(expr.operand)}` : nodeText(expr);
    case "and":
    case "or":
      return `${sourceOf(expr.left)} ${expr.kind} ${sourceOf(expr.right)}`;
    case "call": {
      const parts = [
        ...expr.args.map(sourceOf),
        ...expr.kwargs.map((k) => `${k.key}=${sourceOf(k.value)}`),
        ...(expr.dynArgs ? [`*${sourceOf(expr.dynArgs)}`] : []),
        ...(expr.dynKwargs ? [`**${sourceOf(expr.dynKwargs)}`] : []),
      ];
      return `${sourceOf(expr.callee)}(${parts.join(", ")})`;
    }
    default:
      return nodeText(expr);
  }
}
