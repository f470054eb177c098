import type { Arguments, Expr } from "./ast.ts";
import { repr } from "./operations.ts";

const math: Record<string, string> = {
  "+": "Add",
  "-": "Sub",
  "*": "Mul",
  "/": "Div",
  "//": "FloorDiv",
  "%": "Mod",
  "**": "Pow",
};
const comparators: Record<string, string> = {
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "lteq",
  ">": "gt",
  ">=": "gteq",
  "not in": "notin",
};

const list = (items: readonly string[]): string => `[${items.join(", ")}]`;
const optional = (expr: Expr | undefined): string => (expr === undefined ? "None" : nodeText(expr));

function argumentsText({ args, kwargs, dynArgs, dynKwargs }: Arguments): string {
  const named = kwargs.map((k) => `Keyword(key=${repr(k.key)}, value=${nodeText(k.value)})`);
  return `args=${list(args.map(nodeText))}, kwargs=${list(named)}, dyn_args=${optional(dynArgs)}, dyn_kwargs=${optional(dynKwargs)}`;
}

/** An expression as Jinja2 prints its own syntax tree: `CondExpr(test=Name(name='x', ctx='load'), …)`. Source: jinja2 nodes.py. */
export function nodeText(expr: Expr): string {
  switch (expr.kind) {
    case "const":
      return `Const(value=${repr(expr.value)})`;
    case "name":
      return `Name(name=${repr(expr.name)}, ctx='load')`;
    case "nsref":
      return `NSRef(name=${repr(expr.name)}, attr=${repr(expr.attr)})`;
    case "tuple":
      return `Tuple(items=${list(expr.items.map(nodeText))}, ctx='load')`;
    case "list":
      return `List(items=${list(expr.items.map(nodeText))})`;
    case "dict":
      return `Dict(items=${list(expr.items.map((p) => `Pair(key=${nodeText(p.key)}, value=${nodeText(p.value)})`))})`;
    case "call":
      return `Call(node=${nodeText(expr.callee)}, ${argumentsText(expr)})`;
    case "filter":
    case "test": {
      const kind = expr.kind === "filter" ? "Filter" : "Test";
      return `${kind}(node=${optional(expr.target)}, name=${repr(expr.name)}, ${argumentsText(expr)})`;
    }
    case "getattr":
      return `Getattr(node=${nodeText(expr.target)}, attr=${repr(expr.name)}, ctx='load')`;
    case "getitem":
      return `Getitem(node=${nodeText(expr.target)}, arg=${nodeText(expr.key)}, ctx='load')`;
    case "slice":
      return `Slice(start=${optional(expr.start)}, stop=${optional(expr.stop)}, step=${optional(expr.step)})`;
    case "condition":
      return `CondExpr(test=${nodeText(expr.test)}, expr1=${nodeText(expr.yes)}, expr2=${optional(expr.no)})`;
    case "binary":
      return `${math[expr.op]}(left=${nodeText(expr.left)}, right=${nodeText(expr.right)})`;
    case "unary":
      return `${expr.op === "-" ? "Neg" : "Pos"}(node=${nodeText(expr.operand)})`;
    case "not":
      return `Not(node=${nodeText(expr.operand)})`;
    case "and":
    case "or":
      return `${expr.kind === "and" ? "And" : "Or"}(left=${nodeText(expr.left)}, right=${nodeText(expr.right)})`;
    case "concat":
      return `Concat(nodes=${list(expr.parts.map(nodeText))})`;
    case "compare": {
      const ops = expr.ops.map((o) => `Operand(op=${repr(comparators[o.op] ?? o.op)}, expr=${nodeText(o.expr)})`);
      return `Compare(expr=${nodeText(expr.first)}, ops=${list(ops)})`;
    }
  }
}
