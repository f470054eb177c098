import type { Value } from "./value.ts";

/** The tree of a template. `at` is the offset in the template's text, for messages. */
export interface At {
  at: number;
}

export interface Arguments {
  args: Expr[];
  kwargs: { key: string; value: Expr }[];
  dynArgs: Expr | undefined;
  dynKwargs: Expr | undefined;
}

export type MathOp = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type Comparator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export type Const = At & { kind: "const"; value: Value };
export type Name = At & { kind: "name"; name: string };
export type NamespaceRef = At & { kind: "nsref"; name: string; attr: string };
export type TupleExpr = At & { kind: "tuple"; items: Expr[] };
export type Call = At & { kind: "call"; callee: Expr } & Arguments;
export type Filter = At & { kind: "filter"; target: Expr | undefined; name: string } & Arguments;
export type Test = At & { kind: "test"; target: Expr; name: string } & Arguments;
export type GetAttr = At & { kind: "getattr"; target: Expr; name: string };
export type GetItem = At & { kind: "getitem"; target: Expr; key: Expr };
export type SliceExpr = At & { kind: "slice"; start: Expr | undefined; stop: Expr | undefined; step: Expr | undefined };

export type Expr =
  | Const
  | Name
  | NamespaceRef
  | TupleExpr
  | Call
  | Filter
  | Test
  | GetAttr
  | GetItem
  | SliceExpr
  | (At & { kind: "list"; items: Expr[] })
  | (At & { kind: "dict"; items: { key: Expr; value: Expr }[] })
  | (At & { kind: "condition"; test: Expr; yes: Expr; no: Expr | undefined })
  | (At & { kind: "binary"; op: MathOp; left: Expr; right: Expr })
  | (At & { kind: "unary"; op: "-" | "+"; operand: Expr })
  | (At & { kind: "not"; operand: Expr })
  | (At & { kind: "and" | "or"; left: Expr; right: Expr })
  | (At & { kind: "concat"; parts: Expr[] })
  | (At & { kind: "compare"; first: Expr; ops: { op: Comparator; expr: Expr }[] });

export type Target = Name | NamespaceRef | TupleExpr;

/** A type annotation of a macro's argument: `list[str]`. */
export interface TypeNote {
  name: string;
  params: TypeNote[];
}

export interface Signature {
  params: (At & { name: string; type: TypeNote | undefined })[];
  /** For the last parameters. */
  defaults: Expr[];
}

export type Macro = At & { kind: "macro"; name: string; signature: Signature; body: Stmt[]; languages?: Expr };
export type For = At & {
  kind: "for";
  target: Target;
  iter: Expr;
  test: Expr | undefined;
  recursive: boolean;
  body: Stmt[];
  otherwise: Stmt[];
};
export type If = At & { kind: "if"; test: Expr; body: Stmt[]; elifs: If[]; otherwise: Stmt[] };
export type CallBlock = At & { kind: "callblock"; signature: Signature; call: Call; body: Stmt[] };
export type With = At & { kind: "with"; targets: Target[]; values: Expr[]; body: Stmt[] };
export type SetBlock = At & { kind: "setblock"; target: Target; filter: Filter | undefined; body: Stmt[] };
export type FilterBlock = At & { kind: "filterblock"; filter: Filter; body: Stmt[] };
export type Block = At & { kind: "block"; name: string; scoped: boolean; required: boolean; body: Stmt[] };
export type Output = At & { kind: "output"; parts: (string | Expr)[] };

export type Stmt =
  | Output
  | Macro
  | For
  | If
  | CallBlock
  | With
  | SetBlock
  | FilterBlock
  | Block
  | (At & { kind: "set"; target: Target; value: Expr })
  | (At & { kind: "do"; value: Expr })
  | (At & { kind: "scope"; option: Expr; body: Stmt[] })
  | (At & { kind: "break" | "continue" })
  | (At & {
      kind: "load";
      what: "include" | "import" | "from" | "extends";
      template: Expr;
      names: string[];
      ignoreMissing: boolean;
    });

export type Node = Stmt | Expr;

const fromArguments = (a: Arguments): Node[] => [
  ...a.args,
  ...a.kwargs.map((k) => k.value),
  ...(a.dynArgs ? [a.dynArgs] : []),
  ...(a.dynKwargs ? [a.dynKwargs] : []),
];
const present = (...nodes: (Node | undefined)[]): Node[] => nodes.filter((n) => n !== undefined);
const fromSignature = (s: Signature): Node[] => s.defaults;

/** The children of a node in source order, as Jinja's own walk visits them. */
export function children(node: Node): Node[] {
  switch (node.kind) {
    case "const":
    case "name":
    case "nsref":
    case "break":
    case "continue":
      return [];
    case "tuple":
    case "list":
      return node.items;
    case "dict":
      return node.items.flatMap((pair) => [pair.key, pair.value]);
    case "condition":
      return present(node.test, node.yes, node.no);
    case "binary":
    case "and":
    case "or":
      return [node.left, node.right];
    case "unary":
    case "not":
      return [node.operand];
    case "concat":
      return node.parts;
    case "compare":
      return [node.first, ...node.ops.map((o) => o.expr)];
    case "getattr":
      return [node.target];
    case "getitem":
      return [node.target, node.key];
    case "slice":
      return present(node.start, node.stop, node.step);
    case "call":
      return [node.callee, ...fromArguments(node)];
    case "filter":
    case "test":
      return [...present(node.target), ...fromArguments(node)];
    case "output":
      return node.parts.filter((p) => typeof p !== "string");
    case "macro":
      return [...fromSignature(node.signature), ...node.body];
    case "for":
      return [node.target, node.iter, ...node.body, ...node.otherwise, ...present(node.test)];
    case "if":
      return [node.test, ...node.body, ...node.elifs, ...node.otherwise];
    case "callblock":
      return [node.call, ...fromSignature(node.signature), ...node.body];
    case "with":
      return [...node.targets, ...node.values, ...node.body];
    case "setblock":
      return [node.target, ...present(node.filter), ...node.body];
    case "filterblock":
      return [...node.body, node.filter];
    case "block":
      return node.body;
    case "set":
      return [node.target, node.value];
    case "do":
      return [node.value];
    case "scope":
      return [node.option, ...node.body];
    case "load":
      return [node.template];
  }
}

/** Every node below `nodes`, parents first. */
export function* walk(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    yield* walk(children(node));
  }
}
