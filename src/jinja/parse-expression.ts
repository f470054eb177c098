import type { Arguments, Comparator, Expr, Filter, MathOp, Target } from "./ast.ts";
import { pyError } from "./errors.ts";
import { describe, describeType, tokenize, type Token } from "./lexer.ts";
import { PyFloat } from "./numbers.ts";
import type { Source } from "./source.ts";

const comparators: Record<string, Comparator> = { eq: "==", ne: "!=", lt: "<", lteq: "<=", gt: ">", gteq: ">=" };
const testArgument = new Set(["name", "string", "integer", "float", "lparen", "lbracket", "lbrace"]);
const constants: Record<string, boolean | null> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

/** The stream of tokens and the grammar of expressions. Statements are in `parse.ts`. */
export class ExpressionParser {
  readonly source: Source;
  protected readonly tokens: Token[];
  protected index = 0;

  constructor(source: Source) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  protected get current(): Token {
    return this.tokens[this.index] as Token;
  }
  protected look(): Token {
    return this.tokens[Math.min(this.index + 1, this.tokens.length - 1)] as Token;
  }
  protected next(): Token {
    const token = this.current;
    if (token.type !== "eof") this.index++;
    return token;
  }
  /** `type`, or `name:value` for one keyword. */
  protected test(type: string, token = this.current): boolean {
    return type.startsWith("name:") ? token.type === "name" && token.value === type.slice(5) : token.type === type;
  }
  protected skipIf(type: string): boolean {
    if (!this.test(type)) return false;
    this.next();
    return true;
  }
  protected expect(type: string): Token {
    if (this.test(type)) return this.next();
    const wanted = describeType(type);
    if (this.current.type === "eof") return this.fail(`unexpected end of template, expected '${wanted}'.`);
    return this.fail(`expected token '${wanted}', got '${describe(this.current)}'`);
  }
  fail(
    message: string,
    at = this.current.position,
    type: "TemplateSyntaxError" | "TemplateAssertionError" = "TemplateSyntaxError",
  ): never {
    const error = pyError(type, message);
    (error as { place: unknown }).place = this.source.place(at);
    throw error;
  }

  expression(withCondition = true): Expr {
    return withCondition ? this.condition() : this.or();
  }
  private condition(): Expr {
    const at = this.current.position;
    let yes = this.or();
    while (this.skipIf("name:if")) {
      const test = this.or();
      const no = this.skipIf("name:else") ? this.condition() : undefined;
      yes = { kind: "condition", test, yes, no, at };
    }
    return yes;
  }
  private or(): Expr {
    let left = this.and();
    while (this.test("name:or")) {
      const at = this.next().position;
      left = { kind: "or", left, right: this.and(), at };
    }
    return left;
  }
  private and(): Expr {
    let left = this.not();
    while (this.test("name:and")) {
      const at = this.next().position;
      left = { kind: "and", left, right: this.not(), at };
    }
    return left;
  }
  private not(): Expr {
    if (!this.test("name:not")) return this.comparison();
    const at = this.next().position;
    return { kind: "not", operand: this.not(), at };
  }
  private comparison(): Expr {
    const at = this.current.position;
    const first = this.sum();
    const ops: { op: Comparator; expr: Expr }[] = [];
    for (;;) {
      const op = comparators[this.current.type];
      if (op) {
        this.next();
        ops.push({ op, expr: this.sum() });
      } else if (this.skipIf("name:in")) ops.push({ op: "in", expr: this.sum() });
      else if (this.test("name:not") && this.test("name:in", this.look())) {
        this.next();
        this.next();
        ops.push({ op: "not in", expr: this.sum() });
      } else break;
    }
    return ops.length > 0 ? { kind: "compare", first, ops, at } : first;
  }
  private sum(): Expr {
    let left = this.concat();
    while (this.current.type === "add" || this.current.type === "sub") {
      const { value, position: at } = this.next();
      left = { kind: "binary", op: value as MathOp, left, right: this.concat(), at };
    }
    return left;
  }
  private concat(): Expr {
    const at = this.current.position;
    const parts = [this.product()];
    while (this.skipIf("tilde")) parts.push(this.product());
    return parts.length === 1 ? (parts[0] as Expr) : { kind: "concat", parts, at };
  }
  private product(): Expr {
    let left = this.power();
    while (["mul", "div", "floordiv", "mod"].includes(this.current.type)) {
      const { value, position: at } = this.next();
      left = { kind: "binary", op: value as MathOp, left, right: this.power(), at };
    }
    return left;
  }
  private power(): Expr {
    let left = this.unary();
    while (this.current.type === "pow") {
      const at = this.next().position;
      left = { kind: "binary", op: "**", left, right: this.unary(), at };
    }
    return left;
  }
  private unary(withFilter = true): Expr {
    const { type, position: at } = this.current;
    let node: Expr;
    if (type === "sub" || type === "add") {
      this.next();
      node = { kind: "unary", op: type === "sub" ? "-" : "+", operand: this.unary(false), at };
    } else node = this.primary();
    node = this.postfix(node);
    return withFilter ? this.filtered(node) : node;
  }

  protected primary(withNamespace = false): Expr {
    const token = this.current;
    const at = token.position;
    switch (token.type) {
      case "name": {
        this.next();
        const constant = Object.hasOwn(constants, token.value) ? constants[token.value] : undefined;
        if (constant !== undefined) return { kind: "const", value: constant, at };
        if (withNamespace && this.skipIf("dot")) {
          return { kind: "nsref", name: token.value, attr: this.expect("name").value, at };
        }
        return { kind: "name", name: token.value, at };
      }
      case "string": {
        let value = this.next().value;
        while (this.current.type === "string") value += this.next().value;
        return { kind: "const", value, at };
      }
      case "integer":
        this.next();
        return { kind: "const", value: token.number as number | bigint, at };
      case "float":
        this.next();
        return { kind: "const", value: new PyFloat(token.number as number), at };
      case "lparen": {
        this.next();
        const inner = this.tuple({ explicit: true });
        this.expect("rparen");
        return inner;
      }
      case "lbracket":
        return this.list();
      case "lbrace":
        return this.dict();
      default:
        return this.fail(`unexpected '${describe(token)}'`, at);
    }
  }

  /** Expressions with commas between them; one without a comma is that expression. */
  tuple(
    options: {
      simplified?: boolean;
      withCondition?: boolean;
      ends?: string;
      explicit?: boolean;
      withNamespace?: boolean;
    } = {},
  ): Expr {
    const at = this.current.position;
    const items: Expr[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect("comma");
      const type = this.current.type;
      if (type === "variable_end" || type === "block_end" || type === "rparen") break;
      if (options.ends && this.test(options.ends)) break;
      items.push(
        options.simplified ? this.primary(options.withNamespace) : this.expression(options.withCondition ?? true),
      );
      if (this.current.type !== "comma") break;
      isTuple = true;
    }
    if (!isTuple) {
      if (items[0]) return items[0];
      if (!options.explicit) this.fail(`Expected an expression, got '${describe(this.current)}'`);
    }
    return { kind: "tuple", items, at };
  }

  private list(): Expr {
    const at = this.expect("lbracket").position;
    const items: Expr[] = [];
    while (this.current.type !== "rbracket") {
      if (items.length > 0) this.expect("comma");
      if (this.test("rbracket")) break;
      items.push(this.expression());
    }
    this.expect("rbracket");
    return { kind: "list", items, at };
  }
  private dict(): Expr {
    const at = this.expect("lbrace").position;
    const items: { key: Expr; value: Expr }[] = [];
    while (this.current.type !== "rbrace") {
      if (items.length > 0) this.expect("comma");
      if (this.test("rbrace")) break;
      const key = this.expression();
      this.expect("colon");
      items.push({ key, value: this.expression() });
    }
    this.expect("rbrace");
    return { kind: "dict", items, at };
  }

  private postfix(start: Expr): Expr {
    let node = start;
    for (;;) {
      const type = this.current.type;
      if (type === "dot" || type === "lbracket") node = this.subscript(node);
      else if (type === "lparen") node = this.call(node);
      else return node;
    }
  }
  private filtered(start: Expr): Expr {
    let node = start;
    for (;;) {
      const { type, value } = this.current;
      if (type === "pipe") node = this.filter(node);
      else if (type === "name" && value === "is") node = this.testExpression(node);
      else if (type === "lparen") node = this.call(node);
      else return node;
    }
  }
  private subscript(target: Expr): Expr {
    const { type, position: at } = this.next();
    if (type === "dot") {
      const attr = this.next();
      if (attr.type === "name") return { kind: "getattr", target, name: attr.value, at: attr.position };
      if (attr.type !== "integer") this.fail("expected name or number", attr.position);
      return { kind: "getitem", target, key: { kind: "const", value: attr.number as number, at: attr.position }, at };
    }
    const keys: Expr[] = [];
    while (this.current.type !== "rbracket") {
      if (keys.length > 0) this.expect("comma");
      keys.push(this.subscribed());
    }
    this.expect("rbracket");
    const key: Expr = keys.length === 1 ? (keys[0] as Expr) : { kind: "tuple", items: keys, at };
    return { kind: "getitem", target, key, at };
  }
  private subscribed(): Expr {
    const at = this.current.position;
    let start: Expr | undefined;
    if (this.current.type !== "colon") {
      start = this.expression();
      if (this.current.type !== "colon") return start;
    }
    this.next();
    const ended = () => ["rbracket", "comma", "colon"].includes(this.current.type);
    const stop = ended() ? undefined : this.expression();
    const step =
      this.skipIf("colon") && !["rbracket", "comma"].includes(this.current.type) ? this.expression() : undefined;
    return { kind: "slice", start, stop, step, at };
  }

  private call(callee: Expr): Expr {
    const at = callee.kind === "getattr" || callee.kind === "name" ? callee.at : this.current.position;
    return { kind: "call", callee, ...this.callArguments(), at };
  }
  private callArguments(): Arguments {
    const open = this.expect("lparen").position;
    const found: Arguments = { args: [], kwargs: [], dynArgs: undefined, dynKwargs: undefined };
    const ensure = (valid: boolean): void => {
      if (!valid) this.fail("invalid syntax for function call expression", open);
    };
    let comma = false;
    while (this.current.type !== "rparen") {
      if (comma) {
        this.expect("comma");
        if (this.test("rparen")) break;
      }
      if (this.test("mul")) {
        ensure(!found.dynArgs && !found.dynKwargs);
        this.next();
        found.dynArgs = this.expression();
      } else if (this.test("pow")) {
        ensure(!found.dynKwargs);
        this.next();
        found.dynKwargs = this.expression();
      } else if (this.test("name") && this.look().type === "assign") {
        ensure(!found.dynKwargs);
        const key = this.next().value;
        if (found.kwargs.some((k) => k.key === key)) this.fail(`keyword argument repeated: ${key}`, open);
        this.next();
        found.kwargs.push({ key, value: this.expression() });
      } else {
        ensure(!found.dynArgs && !found.dynKwargs && found.kwargs.length === 0);
        found.args.push(this.expression());
      }
      comma = true;
    }
    this.expect("rparen");
    return found;
  }
  private dotted(): { name: string; at: number } {
    const token = this.expect("name");
    let name = token.value;
    while (this.skipIf("dot")) name += `.${this.expect("name").value}`;
    return { name, at: token.position };
  }
  private optionalArguments(): Arguments {
    if (this.current.type === "lparen") return this.callArguments();
    return { args: [], kwargs: [], dynArgs: undefined, dynKwargs: undefined };
  }
  private filter(target: Expr): Expr {
    this.next();
    const { name, at } = this.dotted();
    return { kind: "filter", target, name, ...this.optionalArguments(), at };
  }
  /** A chain of filters without a value in front, as in `{% filter a|b %}`; `inline`: no `|` before the first. */
  protected filterChain(inline: boolean): Filter | undefined {
    let node: Filter | undefined;
    let start = inline;
    while (this.current.type === "pipe" || start) {
      if (!start) this.next();
      start = false;
      const { name, at } = this.dotted();
      node = { kind: "filter", target: node, name, ...this.optionalArguments(), at };
    }
    return node;
  }
  private testExpression(target: Expr): Expr {
    this.next();
    const negated = this.skipIf("name:not");
    const { name, at } = this.dotted();
    let found: Arguments = { args: [], kwargs: [], dynArgs: undefined, dynKwargs: undefined };
    const token = this.current;
    if (token.type === "lparen") found = this.callArguments();
    else if (testArgument.has(token.type) && !(token.type === "name" && ["else", "or", "and"].includes(token.value))) {
      if (this.test("name:is")) this.fail("You cannot chain multiple tests with is");
      found.args.push(this.postfix(this.primary()));
    }
    const node: Expr = { kind: "test", target, name, ...found, at };
    return negated ? { kind: "not", operand: node, at } : node;
  }

  target(options: { withTuple?: boolean; ends?: string; withNamespace?: boolean } = {}): Target {
    const node =
      options.withTuple === false
        ? this.primary(options.withNamespace)
        : this.tuple({
            simplified: true,
            ...(options.ends ? { ends: options.ends } : {}),
            ...(options.withNamespace ? { withNamespace: true } : {}),
          });
    return this.assignable(node);
  }
  private assignable(node: Expr): Target {
    if (node.kind === "name" || node.kind === "nsref") return node;
    if (node.kind === "tuple") {
      node.items.forEach((item) => this.tupleItem(item, node));
      return node;
    }
    return this.fail(`can't assign to '${node.kind === "getitem" ? "getitem" : node.kind}'`, node.at);
  }
  private tupleItem(item: Expr, tuple: Expr): void {
    if (item.kind === "tuple") item.items.forEach((inner) => this.tupleItem(inner, tuple));
    else if (item.kind !== "name" && item.kind !== "nsref") this.fail("can't assign to 'tuple'", tuple.at);
  }
}
